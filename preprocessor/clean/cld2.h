// SPDX-License-Identifier: Apache-2.0
/*
 * cld2.h - the one call of CLD2 that is used, for C.
 *
 * Memory:  none kept.  Threads: any.  I/O: none.
 */
#ifndef PREPROCESSOR_CLEAN_CLD2_H
#define PREPROCESSOR_CLEAN_CLD2_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* CLD2's code of the language of UTF-8 text; NULL when it finds none or says
 * itself that it isn't sure.  `hint` is a language code, or NULL.  Static. */
const char *clean_cld2(const char *text, int size, const char *hint);

#ifdef __cplusplus
}
#endif

#endif
