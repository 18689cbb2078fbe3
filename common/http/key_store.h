// SPDX-License-Identifier: Apache-2.0
/*
 * key_store.h - the file of API keys (keys.h) in a data folder: changed by a
 * command, looked at by a server that runs.
 *
 * A change is made under a lock on the folder, so that two commands do not
 * lose each other's, and takes the file's place at once.  A server looks at the
 * file's time, size and inode with every request, which costs a microsecond:
 * what is revoked is out at once, and nobody has to be told.
 *
 * The file is 0600, of the folder's owner also when root makes it.  One that
 * others may write is as good as a damaged one.
 *
 * Memory:  a store keeps the keys of the file as it was last.
 * Threads: a store is asked by any.
 * I/O:     the file.
 */
#ifndef COMMON_HTTP_KEY_STORE_H
#define COMMON_HTTP_KEY_STORE_H

#include "common/base/mr_status.h"
#include "common/http/keys.h"

#define MR_KEY_FILE "keys" /* its name in the data folder */

/* Reads it into keys that are init'ed and empty; no file: no keys.
 * MR_E_DAMAGED: it cannot be read or understood; the words name it. */
MR_MUST_CHECK enum mr_code mr_key_file_read(const char *folder,
                                            struct mr_keys *keys,
                                            struct mr_err *err);

/* Adds a key to the file in a folder that is there.  MR_E_INVALID, MR_E_LIMIT:
 * as mr_keys_add().  MR_E_UNAVAILABLE: it cannot be written. */
MR_MUST_CHECK enum mr_code mr_key_file_add(const char *folder,
                                           const struct mr_key *key,
                                           struct mr_err *err);

/* Takes one out.  MR_E_INVALID: there is none of that name. */
MR_MUST_CHECK enum mr_code mr_key_file_remove(const char *folder,
                                              const char *name,
                                              struct mr_err *err);

struct mr_key_store;

/* Reads nothing yet.  Closed by mr_key_store_close(), to which NULL is
 * nothing. */
struct mr_key_store *mr_key_store_open(const char *folder);
void mr_key_store_close(struct mr_key_store *store);

struct mr_key_ask {
    struct mr_span secret; /* absent: none was sent */
    enum mr_scope needed;
    struct mr_span collection;
    int64_t now_ms;
};

struct mr_key_answer {
    enum mr_key_verdict verdict;
    size_t count; /* of the keys that there are */
    bool changed; /* the file was read anew */
    /* Of the key, when it is known: */
    char name[MR_KEY_NAME_MAX + 1];
    enum mr_scope scope;
    int64_t expires_ms;
};

/* Judges by the file as it is now.  MR_E_DAMAGED, with `changed` set: nobody
 * may be let in. */
MR_MUST_CHECK enum mr_code mr_key_store_judge(struct mr_key_store *store,
                                              const struct mr_key_ask *ask,
                                              struct mr_key_answer *answer,
                                              struct mr_err *err);

#endif
