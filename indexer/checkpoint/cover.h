// SPDX-License-Identifier: Apache-2.0
/*
 * cover.h - what every blob of a checkpoint begins with.
 *
 *   0xFF "MRCP"  version:u8  kind:u8  index sized  partition:u32  then the body
 *
 * No document's body can be it: nobody outside knows the index's name, which
 * holds the topic's id.
 *
 * Memory:  borrows.
 * Threads: any.
 * I/O:     none.
 */
#ifndef INDEXER_CHECKPOINT_COVER_H
#define INDEXER_CHECKPOINT_COVER_H

#include "common/base/mr_buf.h"
#include "indexer/checkpoint.h"

#define COVER_BYTES_MAX 1024u

enum cover_kind {
    COVER_PIECE = 'p',
    COVER_MANIFEST = 'm',
};

void cover_put(const struct checkpoint_spec *spec, enum cover_kind kind,
               struct mr_buf *out);

/* What is behind it.  MR_E_DAMAGED: it begins otherwise. */
MR_MUST_CHECK enum mr_code cover_take(const struct checkpoint_spec *spec,
                                      enum cover_kind kind, struct mr_span blob,
                                      struct mr_span *out, struct mr_err *err);

#endif
