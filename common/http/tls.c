// SPDX-License-Identifier: Apache-2.0
/*
 * tls.c - see tls.h.
 */
#include "common/http/tls.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

#define PEM_BYTES_MAX ((size_t)256 * 1024)

static enum mr_code load(const char *what, const char *path, char **out,
                         struct mr_err *err)
{
    FILE *file = fopen(path, "rbe");
    char *text;
    size_t size;

    if (file == NULL)
        return mr_fail_errno(err, MR_E_CONFIG, errno, "%s: %.350s", what, path);
    text = mr_calloc(1, PEM_BYTES_MAX + 1);
    size = fread(text, 1, PEM_BYTES_MAX, file);
    (void)fclose(file);
    *out = text;
    if (size == 0 || size == PEM_BYTES_MAX)
        return mr_fail(err, MR_E_CONFIG,
                       "%s: %.350s is empty, or too long for a PEM file", what,
                       path);
    return MR_OK;
}

static enum mr_code check(const char *cert_file, const char *key_file,
                          const struct mr_tls *tls, struct mr_err *err)
{
    union {
        char *from;
        unsigned char *to;
    } cert_text = { .from = tls->cert }, key_text = { .from = tls->key };
    gnutls_datum_t cert = { cert_text.to, (unsigned)strlen(tls->cert) };
    gnutls_datum_t key = { key_text.to, (unsigned)strlen(tls->key) };
    gnutls_certificate_credentials_t pair;
    int result;

    MR_ASSERT(gnutls_certificate_allocate_credentials(&pair) == 0);
    result = gnutls_certificate_set_x509_key_mem(pair, &cert, &key,
                                                 GNUTLS_X509_FMT_PEM);
    gnutls_certificate_free_credentials(pair);
    if (result >= 0)
        return MR_OK;
    return mr_fail(err, MR_E_CONFIG,
                   "http.tls_cert and http.tls_key: %.350s and %.350s are no "
                   "certificate and its key in PEM, without a passphrase: %s",
                   cert_file, key_file, gnutls_strerror(result));
}

enum mr_code mr_tls_load(const char *cert_file, const char *key_file,
                         struct mr_tls *out, struct mr_err *err)
{
    enum mr_code code;

    *out = (struct mr_tls){ 0 };
    code = load("http.tls_cert", cert_file, &out->cert, err);
    if (code == MR_OK)
        code = load("http.tls_key", key_file, &out->key, err);
    if (code == MR_OK)
        code = check(cert_file, key_file, out, err);
    if (code != MR_OK)
        mr_tls_free(out);
    return code;
}

void mr_tls_free(struct mr_tls *tls)
{
    if (tls->key != NULL)
        explicit_bzero(tls->key, PEM_BYTES_MAX);
    mr_free(tls->key);
    mr_free(tls->cert);
    *tls = (struct mr_tls){ 0 };
}
