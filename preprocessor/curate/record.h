// SPDX-License-Identifier: Apache-2.0
/*
 * record.h - what curation remembers of a document.
 *
 * One record an id, the key being the id.  About 330 bytes for a document
 * with text, about 20 for one that was deleted; those stay, so that a message
 * that comes late changes nothing.
 *
 *   record  := format:u8 (1)  kind:u8  state:u8  flags:u8
 *              version:varint  content_version:varint  time_ms:zigzag
 *              source:sized  rank:varint
 *              first_seen_ms:zigzag     when FIRST_SEEN
 *              content                  when CONTENT
 *              rule:sized value:sized   when REASON
 *              of:sized rows:u8         when state is duplicate
 *   content := access_hash:u64  text_hash:u64 u64
 *              minhash:u16[128]         when MINHASH
 *
 * Numbers are little-endian; sized is a varint and the bytes.  A record of
 * another format is MR_E_DAMAGED: state is made again from the log.
 *
 * Memory:  spans of a parsed record point into the bytes given.
 * Threads: plain values.
 * I/O:     none.
 */
#ifndef PREPROCESSOR_CURATE_RECORD_H
#define PREPROCESSOR_CURATE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/wire/signature.h"
#include "common/wire/types.h"

/* Which indexes of documents hold this one, see groups.h. */
enum curate_placed {
    CURATE_PLACED_TEXT = 1,  /* by its text hash */
    CURATE_PLACED_BANDS = 2, /* by the bands of its MinHash */
};

struct curate_record {
    struct mr_span id;       /* the key */
    enum mr_doc_state state; /* 0: nothing is known of this id */
    enum mr_kind kind;       /* of the newest message */
    uint64_t version;
    uint64_t content_version; /* of the last put, 0 for none */
    int64_t time_ms;          /* of the newest message */
    struct mr_span source;
    uint32_t source_rank;
    bool has_first_seen;
    int64_t first_seen_ms; /* of the first put after the last delete */

    /* What is compared; there for live documents and duplicates. */
    bool has_content;
    uint64_t access_hash;
    struct mr_hash128 text_hash;
    bool has_minhash;
    uint16_t minhash[MR_MINHASH_ROWS];

    struct mr_span rule;  /* rejected */
    struct mr_span value; /* rejected: what was measured; failed: the error */

    struct mr_span duplicate_of; /* duplicate */
    uint8_t rows;                /* that agree with it, of MR_MINHASH_ROWS */
    uint8_t placed;              /* bits of enum curate_placed */
};

/* True for a document that takes part in the search for duplicates. */
static inline bool curate_record_takes_part(const struct curate_record *record)
{
    return record->state == MR_STATE_LIVE ||
           record->state == MR_STATE_DUPLICATE;
}

/* Bytes in `arena`. */
struct mr_span curate_record_encode(const struct curate_record *record,
                                    struct mr_arena *arena);

/* MR_E_DAMAGED: the bytes are no record of this format. */
MR_MUST_CHECK enum mr_code curate_record_parse(struct mr_span id,
                                               struct mr_span bytes,
                                               struct curate_record *out,
                                               struct mr_err *err);

/* The priority of a document that takes part, in `arena`. */
struct mr_span curate_record_priority(const struct curate_record *record,
                                      struct mr_arena *arena);

#endif
