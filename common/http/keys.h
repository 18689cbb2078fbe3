// SPDX-License-Identifier: Apache-2.0
/*
 * keys.h - API keys: how they are made, written down and judged.
 *
 * A secret is "mr_", a public id of 12 letters, "_" and 43 letters, drawn
 * evenly out of 62 by getrandom(): 256 bits.  Only its SHA-256 is written
 * down.  A slow or keyed hash would add nothing: it protects secrets that can
 * be guessed, as people's passwords can, and nobody goes through 2^256; but it
 * would cost its time at every request.
 *
 * The file is lines of JSON, the first {"millrace_keys": 1, "count": N}, so
 * that a file that lost lines is not taken for one with fewer keys:
 *   {"name": "web", "id": "...", "sha256": "64 hexadecimal digits",
 *    "scope": "read", "collections": ["main"], "created": "2026-...",
 *    "expires": "2027-..." or null}
 * Anything else in it, and the whole file is damaged: nobody is let in.
 *
 * Memory:  keys lie in their arena; mr_keys_deinit() frees all of it.
 * Threads: any, while nobody changes them.
 * I/O:     mr_key_make() asks the kernel for random bytes; nothing else.
 */
#ifndef COMMON_HTTP_KEYS_H
#define COMMON_HTTP_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"
#include "common/http/scope.h"

/* More are a user database, which this is not; it bounds the file, too. */
#define MR_KEYS_MAX            1000u
#define MR_KEYS_BYTES_MAX      ((size_t)4 * 1024 * 1024)
#define MR_KEY_NAME_MAX        64u /* as names of collections */
#define MR_KEY_COLLECTIONS_MAX 16u

#define MR_KEY_ID_SIZE     13u /* with its zero, as below */
#define MR_KEY_SECRET_SIZE 60u
#define MR_KEY_HASH_SIZE   32u

struct mr_key {
    const char *name; /* a-z, 0-9, _ and - */
    char id[MR_KEY_ID_SIZE];
    uint8_t hash[MR_KEY_HASH_SIZE]; /* SHA-256 of the whole secret */
    enum mr_scope scope;
    const char **collections; /* none: all of them */
    size_t collection_count;
    int64_t created_ms;
    int64_t expires_ms; /* 0: never */
};

struct mr_keys {
    struct mr_arena *arena;
    struct mr_key *items;
    size_t count;
};

/* What a call without, or with this or that key is told. */
enum mr_key_verdict {
    MR_KEY_GOOD,
    MR_KEY_MISSING,
    MR_KEY_UNKNOWN, /* never made here, revoked, or mistyped */
    MR_KEY_EXPIRED,
    MR_KEY_SCOPE,      /* it does not reach that far */
    MR_KEY_COLLECTION, /* it is for others */
};

/* "good", "missing", ...: the label of the metric; static. */
const char *mr_key_verdict_name(enum mr_key_verdict verdict);

/* Whether it may be a key's or a collection's name. */
bool mr_key_name_good(const char *name);

/* Draws a secret, and fills id and hash of `key` from it.  MR_E_UNAVAILABLE:
 * the kernel gave no random bytes. */
MR_MUST_CHECK enum mr_code mr_key_make(struct mr_key *key,
                                       char secret[MR_KEY_SECRET_SIZE],
                                       struct mr_err *err);

/* SHA-256 of the bytes. */
void mr_key_hash(struct mr_span secret, uint8_t hash[MR_KEY_HASH_SIZE]);

/* No keys; what is empty is freed as well. */
void mr_keys_init(struct mr_keys *keys);
void mr_keys_deinit(struct mr_keys *keys);

/* Adds a copy.  MR_E_INVALID: there is one of that name.  MR_E_LIMIT: there
 * are MR_KEYS_MAX. */
MR_MUST_CHECK enum mr_code mr_keys_add(struct mr_keys *keys,
                                       const struct mr_key *key,
                                       struct mr_err *err);

/* False when there is none of that name. */
bool mr_keys_remove(struct mr_keys *keys, const char *name);

/* Into keys that are init'ed and empty.  MR_E_DAMAGED, with the number of the
 * line: it is no such file; then they are empty still. */
MR_MUST_CHECK enum mr_code mr_keys_parse(struct mr_span text,
                                         struct mr_keys *keys,
                                         struct mr_err *err);

/* What mr_keys_parse() reads. */
void mr_keys_encode(const struct mr_keys *keys, struct mr_buf *out);

/*
 * Whether `secret` (absent: none was sent) may do what needs `needed` in
 * `collection` at `now_ms`.  *key is the key that it is of, or NULL.  Hashes
 * are compared in constant time; ids, which are public, find the one.
 */
enum mr_key_verdict mr_keys_judge(const struct mr_keys *keys,
                                  struct mr_span secret, enum mr_scope needed,
                                  struct mr_span collection, int64_t now_ms,
                                  const struct mr_key **key);

#endif
