// SPDX-License-Identifier: Apache-2.0
/*
 * template_file.h - the template that the configuration names.
 *
 * Memory:  *text, if it is not NULL, holds the template's parts; it is freed by
 *          mr_free().
 * Threads: any.
 * I/O:     reads the file.
 */
#ifndef RETRIEVER_IO_TEMPLATE_FILE_H
#define RETRIEVER_IO_TEMPLATE_FILE_H

#include "retriever/context/template.h"

/* The file's, or with `file` NULL the built-in one of that name.  MR_E_CONFIG:
 * there is none, or it is wrong; the message says where. */
MR_MUST_CHECK enum mr_code template_open(const char *name, const char *file,
                                         struct context_template *out,
                                         char **text, struct mr_err *err);

#endif
