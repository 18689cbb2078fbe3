// SPDX-License-Identifier: Apache-2.0
/*
 * language.h - which language a text is in, by CLD2.
 *
 * Memory:  none kept.
 * Threads: any.  I/O: none.
 * Limits:  of a text longer than CLEAN_LANGUAGE_BYTES three stretches of
 *          together as many bytes are looked at, from its beginning, middle
 *          and end.
 * Source:  Compact Language Detector 2 (github.com/CLD2Owners/cld2).
 */
#ifndef PREPROCESSOR_CLEAN_LANGUAGE_H
#define PREPROCESSOR_CLEAN_LANGUAGE_H

#include "common/base/mr_span.h"

/* More makes the answer no better, and asking is the dearest part of cleaning
 * a short text. */
#define CLEAN_LANGUAGE_BYTES 3072u

/*
 * The BCP 47 code, such as "en" or "zh-Hant"; NULL when the detector finds
 * none or says itself that it isn't sure.  `text` must be UTF-8.  `hint` is
 * what the document says of itself ("de-AT"), or absent; it only helps where
 * the text leaves doubt.  The code is static.
 */
const char *clean_language(struct mr_span text, struct mr_span hint);

#endif
