// SPDX-License-Identifier: Apache-2.0
/*
 * keys.c - see keys.h: making, holding and judging; keys_text.c is the file.
 */
#include "common/http/keys.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <sys/random.h>

#include "common/base/mr_assert.h"

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789_-"
#define PREFIX       "mr_"
#define PREFIX_SIZE  3u
#define ID_LETTERS   12u
#define LETTERS      43u /* 43 * log2(62) = 256.03 bits */

static_assert(MR_KEY_ID_SIZE == ID_LETTERS + 1, "an id and its zero");
static_assert(MR_KEY_SECRET_SIZE == PREFIX_SIZE + ID_LETTERS + 1 + LETTERS + 1,
              "a secret and its zero");

static const char letters[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const char *mr_key_verdict_name(enum mr_key_verdict verdict)
{
    switch (verdict) {
    case MR_KEY_GOOD:
        return "good";
    case MR_KEY_MISSING:
        return "missing";
    case MR_KEY_UNKNOWN:
        return "unknown";
    case MR_KEY_EXPIRED:
        return "expired";
    case MR_KEY_SCOPE:
        return "scope";
    case MR_KEY_COLLECTION:
        return "collection";
    }
    MR_UNREACHABLE();
}

bool mr_key_name_good(const char *name)
{
    size_t size = strlen(name);

    return size > 0 && size <= MR_KEY_NAME_MAX &&
           strspn(name, NAME_LETTERS) == size;
}

/* `count` letters, each of the 62 as likely: bytes above 4 * 62 are drawn
 * again. */
static enum mr_code draw(char *out, size_t count, struct mr_err *err)
{
    uint8_t bytes[64];
    size_t done = 0;

    while (done < count) {
        ssize_t got = getrandom(bytes, sizeof(bytes), 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return mr_fail_errno(err, MR_E_UNAVAILABLE, errno,
                                 "keys: no random bytes");
        for (size_t i = 0; i < (size_t)got && done < count; i++) {
            if (bytes[i] < 4 * 62)
                out[done++] = letters[bytes[i] % 62];
        }
    }
    explicit_bzero(bytes, sizeof(bytes));
    return MR_OK;
}

void mr_key_hash(struct mr_span secret, uint8_t hash[MR_KEY_HASH_SIZE])
{
    MR_ASSERT(gnutls_hash_fast(GNUTLS_DIG_SHA256, secret.data, secret.size,
                               hash) == 0);
}

enum mr_code mr_key_make(struct mr_key *key, char secret[MR_KEY_SECRET_SIZE],
                         struct mr_err *err)
{
    char *at = secret + PREFIX_SIZE;
    enum mr_code code = draw(at, ID_LETTERS, err);

    if (code == MR_OK)
        code = draw(at + ID_LETTERS + 1, LETTERS, err);
    if (code != MR_OK)
        return code;
    memcpy(secret, PREFIX, PREFIX_SIZE);
    at[ID_LETTERS] = '_';
    secret[MR_KEY_SECRET_SIZE - 1] = '\0';
    memcpy(key->id, at, ID_LETTERS);
    key->id[ID_LETTERS] = '\0';
    mr_key_hash(mr_span(secret, MR_KEY_SECRET_SIZE - 1), key->hash);
    return MR_OK;
}

void mr_keys_init(struct mr_keys *keys)
{
    *keys = (struct mr_keys){ .arena = mr_arena_new() };
    keys->items =
        mr_arena_calloc(keys->arena, MR_KEYS_MAX, sizeof(*keys->items));
}

void mr_keys_deinit(struct mr_keys *keys)
{
    mr_arena_free(keys->arena);
    *keys = (struct mr_keys){ 0 };
}

static const char *copy(struct mr_keys *keys, const char *text)
{
    return mr_arena_str(keys->arena, mr_span_str(text));
}

enum mr_code mr_keys_add(struct mr_keys *keys, const struct mr_key *key,
                         struct mr_err *err)
{
    struct mr_key *own = &keys->items[keys->count];

    MR_ASSERT(mr_key_name_good(key->name));
    MR_ASSERT(key->scope >= MR_SCOPE_READ);
    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->items[i].name, key->name) == 0)
            return mr_fail(err, MR_E_INVALID,
                           "there is a key \"%s\" already; revoke it first, "
                           "or take another name",
                           key->name);
        if (strcmp(keys->items[i].id, key->id) == 0)
            return mr_fail(err, MR_E_INVALID, "two keys have the id %s",
                           key->id);
    }
    if (keys->count == MR_KEYS_MAX)
        return mr_fail(err, MR_E_LIMIT,
                       "there are %u keys, and no more can be; revoke some",
                       MR_KEYS_MAX);
    *own = *key;
    own->name = copy(keys, key->name);
    own->collections = mr_arena_calloc(keys->arena, key->collection_count,
                                       sizeof(*own->collections));
    for (size_t i = 0; i < key->collection_count; i++)
        own->collections[i] = copy(keys, key->collections[i]);
    keys->count++;
    return MR_OK;
}

bool mr_keys_remove(struct mr_keys *keys, const char *name)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->items[i].name, name) != 0)
            continue;
        keys->count--;
        memmove(&keys->items[i], &keys->items[i + 1],
                (keys->count - i) * sizeof(keys->items[0]));
        return true;
    }
    return false;
}

static bool has_form(struct mr_span secret)
{
    return secret.size == MR_KEY_SECRET_SIZE - 1 &&
           memcmp(secret.data, PREFIX, PREFIX_SIZE) == 0 &&
           secret.data[PREFIX_SIZE + ID_LETTERS] == '_';
}

static const struct mr_key *find(const struct mr_keys *keys,
                                 struct mr_span secret)
{
    uint8_t hash[MR_KEY_HASH_SIZE];

    if (!has_form(secret))
        return NULL;
    for (size_t i = 0; i < keys->count; i++) {
        const struct mr_key *key = &keys->items[i];

        if (memcmp(key->id, secret.data + PREFIX_SIZE, ID_LETTERS) != 0)
            continue;
        mr_key_hash(secret, hash);
        return gnutls_memcmp(hash, key->hash, sizeof(hash)) == 0 ? key : NULL;
    }
    return NULL;
}

static bool is_for(const struct mr_key *key, struct mr_span collection)
{
    for (size_t i = 0; i < key->collection_count; i++) {
        if (mr_span_equal(mr_span_str(key->collections[i]), collection))
            return true;
    }
    return key->collection_count == 0;
}

enum mr_key_verdict mr_keys_judge(const struct mr_keys *keys,
                                  struct mr_span secret, enum mr_scope needed,
                                  struct mr_span collection, int64_t now_ms,
                                  const struct mr_key **key)
{
    MR_ASSERT(needed >= MR_SCOPE_OPEN);
    *key = NULL;
    if (needed == MR_SCOPE_OPEN)
        return MR_KEY_GOOD;
    if (secret.data == NULL)
        return MR_KEY_MISSING;
    *key = find(keys, secret);
    if (*key == NULL)
        return MR_KEY_UNKNOWN;
    if ((*key)->expires_ms != 0 && (*key)->expires_ms <= now_ms)
        return MR_KEY_EXPIRED;
    if (!is_for(*key, collection))
        return MR_KEY_COLLECTION;
    return (*key)->scope < needed ? MR_KEY_SCOPE : MR_KEY_GOOD;
}
