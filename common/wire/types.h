// SPDX-License-Identifier: Apache-2.0
/*
 * types.h - what several messages have in common, as plain structs.
 *
 * A message on the bus is protobuf (proto/); in the program it is a plain
 * struct that was validated once, when it was parsed: sizes are within the
 * limits below, texts are UTF-8, enums are known, pairs are sorted.  Parsing
 * and encoding are the headers beside this one, one a topic:
 *
 *   X_encode()  appends nothing twice: one packed message into the arena.
 *               MR_E_INVALID, MR_E_LIMIT: the struct is not a message; words
 *               that tell of a failure are cut and made UTF-8 instead.
 *   X_parse()   spans point into the bytes that were parsed or the arena.
 *               MR_E_CORRUPT, MR_E_LIMIT: poison; MR_E_CONFIG: a later major
 *               version.  After a failure `out` means nothing.
 *
 * What was absent is absent after the way through a message, and so is a text
 * that was empty; only payloads and the texts of pairs keep the difference.
 *
 * Memory:  everything a struct points to lives as long as what it was built
 *          from: an arena, or the bytes of a record.
 * Threads: plain values.
 * I/O:     none.
 */
#ifndef COMMON_WIRE_TYPES_H
#define COMMON_WIRE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

/* The major version of all messages. A reader that meets a higher one stops
 * (MR_E_CONFIG); lower ones are read for ever. */
#define MR_WIRE_MAJOR 1u

#define MR_ID_BYTES_MAX        512u
#define MR_URL_BYTES_MAX       8192u
#define MR_TITLE_BYTES_MAX     4096u
#define MR_PAIRS_MAX           256u
#define MR_PAIR_BYTES_MAX      8192u
#define MR_ACL_MAX             256u
#define MR_PASSAGES_MAX        4096u
#define MR_INLINE_BYTES_MAX    (512u * 1024u) /* more goes to the blob store */
#define MR_SIGNATURE_BYTES_MAX (16u * 1024u)
#define MR_SOURCE_BYTES_MAX    64u  /* it is in every signature */
#define MR_NAME_BYTES_MAX      256u /* rules, modes, types, fingerprints, ... */
#define MR_ERROR_BYTES_MAX     512u /* an encoder cuts longer ones */
#define MR_SIGNALS_MAX         32u
#define MR_SIGNAL_BYTES_MAX    32u /* of its name */

/*
 * A document's version: epoch of `raw` (16 bits) and offset in it (48 bits).
 * Comparable within one id only; the newest wins.  0 is "none".
 */
static inline uint64_t mr_version(uint16_t epoch, uint64_t offset)
{
    return (uint64_t)epoch << 48 | (offset & 0xFFFFFFFFFFFFu);
}

/* Epochs begin at 1, so that no version is 0. */
#define MR_EPOCH_FIRST 1u

enum mr_kind {
    MR_KIND_PUT = 1,
    MR_KIND_DELETE = 2,
    MR_KIND_PATCH = 3,  /* metadata and access only */
    MR_KIND_FAILED = 4, /* on signatures: an input that was dead-lettered */
};

enum mr_doc_state {
    MR_STATE_LIVE = 1,
    MR_STATE_REJECTED = 2,
    MR_STATE_DUPLICATE = 3,
    MR_STATE_DELETED = 4,
    MR_STATE_FAILED = 5,
};

/* "live", "rejected", "duplicate", "deleted", "failed"; static. */
const char *mr_state_name(enum mr_doc_state state);

/* How soon somebody waits for it. */
enum mr_lane {
    MR_LANE_PUSH = 1, /* embedded at once */
    MR_LANE_BULK = 2, /* embedded when nothing was pushed */
};

enum mr_value_kind {
    MR_VALUE_TEXT = 1,
    MR_VALUE_NUMBER = 2,
    MR_VALUE_FLAG = 3,
    MR_VALUE_NULL = 4, /* in a patch: remove the key */
};

/* One value of metadata; a list is several pairs of one key. */
struct mr_pair {
    struct mr_span key;
    enum mr_value_kind kind;
    struct mr_span text;
    double number;
    bool flag;
};

/* Sorted by key as bytes; values of one key in their given order. */
struct mr_pairs {
    struct mr_pair *items;
    size_t count;
};

/* Stable sort by key. Encoders do it themselves, on a copy. */
void mr_pairs_sort(struct mr_pairs *pairs);

/* Who may see a document.  No principals: everybody. */
struct mr_access {
    struct mr_span owner; /* absent: nobody's */
    struct mr_span *principals;
    size_t principal_count;
};

/* 64 bits over owner and the set of principals: equal access, equal hash. */
uint64_t mr_access_hash(const struct mr_access *access);

/* A number that was measured on a document, such as "words". */
struct mr_signal {
    struct mr_span name;
    double value;
};

struct mr_signals {
    struct mr_signal *items;
    size_t count;
};

/*
 * Bytes that are in the message, or in the blob store when there are more than
 * MR_INLINE_BYTES_MAX.  runtime/effects.h moves them there and back.
 */
struct mr_payload {
    struct mr_span bytes; /* absent while they are only in the blob store */
    bool in_blob;
    struct mr_hash128 hash; /* when in_blob */
    uint64_t size;          /* when in_blob */
};

/* Why a document is not live. */
struct mr_reason {
    struct mr_span rule;  /* rejected: such as "empty" */
    struct mr_span value; /* rejected: what was measured; failed: the error */
    struct mr_span duplicate_of; /* duplicate: the id of the canonical */
    double similarity;           /* duplicate: 0..1, 1 for equal texts */
};

#endif
