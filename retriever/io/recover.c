// SPDX-License-Identifier: Apache-2.0
/*
 * recover.c - see recover.h.
 */
#include "retriever/io/recover.h"

#include <stdio.h>

#include "common/base/mr_hash.h"

/* A document that was looked for in the log, once for all of its pieces. */
struct looked_for {
    struct mr_span id;
    uint64_t version;
    struct mr_err lost; /* MR_OK: it is here */
    struct retriever_document document;
};

struct recovery {
    const struct replay_place *place;
    struct mr_arena *arena;
    struct looked_for *documents;
    size_t count;
};

static bool is_there(const struct mr_event_piece *piece,
                     const struct shard_passage *passage)
{
    return passage->found && passage->passage.start == piece->start &&
           passage->text.size >= piece->end - piece->start;
}

/* Why a piece is nowhere. */
static void tell_lost(const struct mr_event_piece *piece,
                      const struct shard_record *record, struct mr_err *out)
{
    const struct mr_document *now = &record->document;
    const char *fate;
    char words[64];

    if (!record->found) {
        fate = "nothing is known of the document";
    } else if (now->state != MR_STATE_LIVE) {
        (void)snprintf(words, sizeof(words), "the document is %s",
                       mr_state_name(now->state));
        fate = words;
    } else if (now->content_version != piece->content_version) {
        (void)snprintf(words, sizeof(words), "it was replaced by version %llu",
                       (unsigned long long)now->content_version);
        fate = words;
    } else {
        fate = "its passages are cut otherwise now";
    }
    (void)mr_fail(out, MR_E_LOST,
                  "\"%.*s\" in version %llu is not there any more: %s",
                  MR_SPAN_ARG(piece->document),
                  (unsigned long long)piece->content_version, fate);
}

/* The headings of what stood at a place, however passages are cut now. */
static struct mr_span headings_at(const struct mr_passages *passages,
                                  uint32_t start)
{
    struct mr_span headings = { 0 };

    for (size_t i = 0; i < passages->count; i++) {
        if (passages->items[i].start <= start)
            headings = passages->items[i].headings;
    }
    return headings;
}

/* Sets what became of it. */
static enum mr_code look_for(const struct recovery *r,
                             const struct mr_event_piece *piece,
                             struct looked_for *out, struct mr_err *err)
{
    const struct replay_place *place = r->place;
    uint32_t nth =
        mr_partition_of(piece->document, (uint32_t)place->peer_count);
    struct shard_record record;
    struct mr_err why = { 0 };
    enum mr_code code = peer_get(place->peers[nth], NULL, piece->document,
                                 r->arena, &record, err);

    if (code != MR_OK)
        return code;
    code = MR_E_LOST;
    if (record.found && record.document.state == MR_STATE_LIVE &&
        place->earlier != NULL)
        code = place->earlier(place->context, piece->document,
                              piece->content_version, r->arena, &out->document,
                              &why);
    if (code == MR_E_LOST)
        tell_lost(piece, &record, &out->lost);
    if (code == MR_OK || code == MR_E_LOST)
        return MR_OK;
    return mr_fail(err, code, "%s", why.text);
}

static enum mr_code find(struct recovery *r, const struct mr_event_piece *piece,
                         struct looked_for **out, struct mr_err *err)
{
    for (size_t i = 0; i < r->count; i++) {
        *out = &r->documents[i];
        if ((*out)->version == piece->content_version &&
            mr_span_equal((*out)->id, piece->document))
            return MR_OK;
    }
    *out = &r->documents[r->count++];
    **out = (struct looked_for){ .id = piece->document,
                                 .version = piece->content_version };
    return look_for(r, piece, *out, err);
}

/* A piece of the text, as a passage of its own. */
static struct shard_passage slice(const struct mr_event_piece *piece,
                                  const struct retriever_document *document)
{
    return (struct shard_passage){
        .found = true,
        .document.title = document->title,
        .document.url = document->url,
        .passage.start = piece->start,
        .passage.end = piece->end,
        .passage.headings = headings_at(&document->passages, piece->start),
        .text = mr_span(document->text.data + piece->start,
                        piece->end - piece->start),
    };
}

/* The words about the documents that are nowhere, or MR_OK. */
static enum mr_code sum_up(const struct recovery *r, struct mr_err *err)
{
    const struct mr_err *first = NULL;
    size_t more = 0;

    for (size_t i = 0; i < r->count; i++) {
        if (r->documents[i].lost.code == MR_OK)
            continue;
        more += first != NULL;
        if (first == NULL)
            first = &r->documents[i].lost;
    }
    if (first == NULL)
        return MR_OK;
    if (more == 0)
        return mr_fail(err, MR_E_LOST, "%s", first->text);
    return mr_fail(err, MR_E_LOST, "%.350s (and %zu more)", first->text, more);
}

enum mr_code recover_pieces(const struct replay_place *place,
                            const struct mr_event *event,
                            struct mr_arena *arena,
                            struct shard_passage *loaded, size_t *from_log,
                            struct mr_err *err)
{
    struct recovery r = {
        .place = place,
        .arena = arena,
        .documents =
            mr_arena_calloc(arena, event->piece_count, sizeof(*r.documents)),
    };

    *from_log = 0;
    for (size_t i = 0; i < event->piece_count; i++) {
        const struct mr_event_piece *piece = &event->pieces[i];
        struct looked_for *one;
        enum mr_code code;

        if (is_there(piece, &loaded[i]))
            continue;
        code = find(&r, piece, &one, err);
        if (code != MR_OK)
            return code;
        if (one->lost.code != MR_OK)
            continue;
        if (one->document.text.size < piece->end)
            return mr_fail(err, MR_E_LOST,
                           "\"%.*s\" in version %llu has no byte %u: it is "
                           "cleaned otherwise now",
                           MR_SPAN_ARG(piece->document),
                           (unsigned long long)piece->content_version,
                           piece->end);
        loaded[i] = slice(piece, &one->document);
        ++*from_log;
    }
    return sum_up(&r, err);
}
