// SPDX-License-Identifier: Apache-2.0
/*
 * tls.h - a certificate and its key from PEM files, proved to fit.
 *
 * Memory:  freed by mr_tls_free(), which wipes the key.
 * Threads: any.
 * I/O:     the two files.
 */
#ifndef COMMON_HTTP_TLS_H
#define COMMON_HTTP_TLS_H

#include "common/base/mr_status.h"

struct mr_tls {
    char *cert; /* PEM: the certificate, and those that lead to its root */
    char *key;  /* PEM, without a passphrase; never logged */
};

/* MR_E_CONFIG: a file is not there or no PEM, or they do not fit. */
MR_MUST_CHECK enum mr_code mr_tls_load(const char *cert_file,
                                       const char *key_file, struct mr_tls *out,
                                       struct mr_err *err);

/* What was not loaded is nothing to free. */
void mr_tls_free(struct mr_tls *tls);

#endif
