// SPDX-License-Identifier: Apache-2.0
/*
 * lifecycle.c - see lifecycle.h.
 */
#include "preprocessor/curate/lifecycle.h"

#include <string.h>

#include "common/base/mr_assert.h"

static void forget_content(struct curate_record *record)
{
    record->has_content = false;
    record->has_minhash = false;
    record->rule = mr_span(NULL, 0);
    record->value = mr_span(NULL, 0);
    record->duplicate_of = mr_span(NULL, 0);
    record->rows = 0;
    record->placed = 0;
}

static bool same_content(const struct curate_record *a,
                         const struct curate_record *b)
{
    return curate_record_takes_part(a) && a->source_rank == b->source_rank &&
           a->access_hash == b->access_hash &&
           a->text_hash.low == b->text_hash.low &&
           a->text_hash.high == b->text_hash.high &&
           a->has_minhash == b->has_minhash &&
           (!a->has_minhash ||
            memcmp(a->minhash, b->minhash, sizeof(a->minhash)) == 0);
}

/* What a put says of the document, with the state that clean gave it. */
static void put_content(const struct mr_signature *put,
                        struct curate_record *out)
{
    forget_content(out);
    out->content_version = put->version;
    out->source = put->source;
    out->source_rank = put->source_rank;
    if (!out->has_first_seen)
        out->first_seen_ms = put->time_ms;
    out->has_first_seen = true;
    if (put->reject_rule.data != NULL) {
        out->state = MR_STATE_REJECTED;
        out->rule = put->reject_rule;
        out->value = put->reject_value;
        return;
    }
    out->state = MR_STATE_LIVE;
    out->has_content = true;
    out->access_hash = put->access_hash;
    out->text_hash = put->text_hash;
    out->has_minhash = put->has_minhash;
    memcpy(out->minhash, put->minhash, sizeof(out->minhash));
}

static enum lifecycle_change put(const struct curate_record *old,
                                 const struct mr_signature *message,
                                 struct curate_record *out)
{
    put_content(message, out);
    if (out->state == MR_STATE_REJECTED || !same_content(old, out))
        return LIFECYCLE_CONTENT;
    /* Crawled again and unchanged: its place in the group stays. */
    out->state = old->state;
    out->duplicate_of = old->duplicate_of;
    out->rows = old->rows;
    out->placed = old->placed;
    return LIFECYCLE_RECORD;
}

static enum lifecycle_change patch(const struct curate_record *old,
                                   const struct mr_signature *message,
                                   struct curate_record *out)
{
    if (old->state == 0)
        out->state = MR_STATE_DELETED; /* there is nothing to patch */
    if (!curate_record_takes_part(old) || !message->has_access ||
        message->access_hash == old->access_hash)
        return LIFECYCLE_RECORD;
    out->access_hash = message->access_hash;
    out->state = MR_STATE_LIVE;
    out->duplicate_of = mr_span(NULL, 0);
    out->rows = 0;
    out->placed = 0;
    return LIFECYCLE_CONTENT;
}

static bool sweep_touches(const struct curate_record *old,
                          const struct mr_signature *message)
{
    return old->state != 0 && old->state != MR_STATE_DELETED &&
           mr_span_equal(old->source, message->sweep_source) &&
           old->version < message->sweep_before;
}

static enum lifecycle_change delete (struct curate_record *out) {
    forget_content(out); out->state = MR_STATE_DELETED;
        out->source = mr_span(NULL, 0); out->source_rank = 0;
        out->has_first_seen = false; out->first_seen_ms = 0;
        return LIFECYCLE_CONTENT;
}

static enum lifecycle_change failed(const struct mr_signature *message,
                                    struct curate_record *out)
{
    forget_content(out);
    out->state = MR_STATE_FAILED;
    out->value = message->error;
    if (message->source.size > 0)
        out->source = message->source;
    return LIFECYCLE_CONTENT;
}

enum lifecycle_change lifecycle_apply(const struct curate_record *old,
                                      const struct mr_signature *message,
                                      struct curate_record *out)
{
    *out = *old;
    if (message->version <= old->version)
        return LIFECYCLE_NONE;
    if (message->kind == MR_KIND_DELETE && message->sweep_source.size > 0 &&
        !sweep_touches(old, message))
        return LIFECYCLE_NONE;
    out->version = message->version;
    out->kind = message->kind;
    out->time_ms = message->time_ms;
    switch (message->kind) {
    case MR_KIND_PUT:
        return put(old, message, out);
    case MR_KIND_PATCH:
        return patch(old, message, out);
    case MR_KIND_DELETE:
        return delete (out);
    case MR_KIND_FAILED:
        return failed(message, out);
    }
    MR_UNREACHABLE();
}
