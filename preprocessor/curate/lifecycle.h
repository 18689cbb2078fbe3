// SPDX-License-Identifier: Apache-2.0
/*
 * lifecycle.h - what one message makes of a document, duplicates aside.
 *
 *   put      rejected if clean says so; else a candidate, live or a duplicate
 *   patch    raises the version; new access makes a candidate be judged again
 *   delete   deleted, whatever it was
 *   sweep    deleted, if its source owns the document and the document is
 *            older than the sweep's beginning
 *   failed   failed
 *
 * The newest version wins: a message that is not newer than what is known
 * changes nothing.  A patch of what is deleted, or was never put, leaves it
 * deleted; of what failed, failed.  A put after a deletion is seen for the
 * first time again; a failure between two puts is no deletion.
 *
 * Memory:  the new record borrows from the old one and from the message.
 * Threads: plain values.
 * I/O:     none.
 */
#ifndef PREPROCESSOR_CURATE_LIFECYCLE_H
#define PREPROCESSOR_CURATE_LIFECYCLE_H

#include "common/wire/signature.h"
#include "preprocessor/curate/record.h"

enum lifecycle_change {
    LIFECYCLE_NONE,    /* the record stays as it is */
    LIFECYCLE_RECORD,  /* a new record; who is similar to it stays */
    LIFECYCLE_CONTENT, /* the old one leaves its group; the new one is to be
                          judged if it takes part, and is live until then */
};

/* `old` has state 0 when the id is unknown. *out is set in every case. */
enum lifecycle_change lifecycle_apply(const struct curate_record *old,
                                      const struct mr_signature *message,
                                      struct curate_record *out);

#endif
