// SPDX-License-Identifier: Apache-2.0
/*
 * replay.c - see replay.h.
 */
#include "retriever/io/replay.h"

#include "common/base/mr_hash.h"
#include "retriever/context/context.h"
#include "retriever/search/load.h"
#include "retriever/search/search.h"

#define PROMPT_BYTES_MAX ((size_t)16 * 1024 * 1024)

static bool same_hash(struct mr_hash128 a, struct mr_hash128 b)
{
    return a.low == b.low && a.high == b.high;
}

static enum mr_code find_form(const struct replay_place *place,
                              const struct mr_event *event,
                              struct mr_arena *arena,
                              struct context_template *out, struct mr_err *err)
{
    if (event->kind != MR_EVENT_ANSWER || event->template_name.size == 0)
        return mr_fail(err, MR_E_INVALID,
                       "event %.*s has no prompt that could be made again: it "
                       "is %s",
                       MR_SPAN_ARG(event->id),
                       event->kind == MR_EVENT_ANSWER
                           ? "an answer without sources, or of an earlier build"
                           : "no answer");
    *out = *place->form;
    if (same_hash(out->hash, event->template_hash))
        return MR_OK;
    if (template_named(mr_arena_str(arena, event->template_name), out) &&
        same_hash(out->hash, event->template_hash))
        return MR_OK;
    return mr_fail(err, MR_E_CONFIG,
                   "the prompt was made by another template than there is: "
                   "\"%.*s\", as it was then; configure that again by "
                   "answer.template_file",
                   MR_SPAN_ARG(event->template_name));
}

/* The passages that the pieces are of, one each. */
static enum mr_code load(const struct replay_place *place,
                         const struct mr_event *event, struct mr_arena *arena,
                         struct shard_passage **out, struct mr_err *err)
{
    size_t count = event->piece_count;
    struct shard_hit *hits = mr_arena_calloc(arena, count, sizeof(*hits));
    struct fused_hit *fused = mr_arena_calloc(arena, count, sizeof(*fused));
    struct scatter scatter;
    enum mr_code code;

    for (size_t i = 0; i < count; i++) {
        hits[i] = (struct shard_hit){
            .document = event->pieces[i].document,
            .content_version = event->pieces[i].content_version,
            .passage = event->pieces[i].passage,
        };
        fused[i].hit = &hits[i];
    }
    scatter_hold(&scatter, place->peers, place->peer_count, SEARCH_WITHIN_MS,
                 arena);
    code = load_passages(&scatter, fused, count, out, err);
    if (code == MR_OK && scatter.away_count > 0)
        code = mr_fail(err, MR_E_UNAVAILABLE, "%s", scatter.problem.text);
    scatter_release(&scatter);
    return code;
}

static bool is_there(const struct mr_event_piece *piece,
                     const struct shard_passage *passage)
{
    return passage->found && passage->passage.start == piece->start &&
           passage->text.size >= piece->end - piece->start;
}

/* Why a piece is nowhere. */
static enum mr_code tell_lost(const struct mr_event_piece *piece,
                              const struct shard_record *record,
                              struct mr_err *err)
{
    unsigned long long version = piece->content_version;

    if (!record->found)
        return mr_fail(err, MR_E_LOST,
                       "\"%.*s\" in version %llu is not there any more: "
                       "nothing is known of the document",
                       MR_SPAN_ARG(piece->document), version);
    if (record->document.state != MR_STATE_LIVE)
        return mr_fail(err, MR_E_LOST,
                       "\"%.*s\" in version %llu is not there any more: the "
                       "document is %s",
                       MR_SPAN_ARG(piece->document), version,
                       mr_state_name(record->document.state));
    if (record->document.content_version != piece->content_version)
        return mr_fail(err, MR_E_LOST,
                       "\"%.*s\" in version %llu is not there any more: it "
                       "was replaced by version %llu",
                       MR_SPAN_ARG(piece->document), version,
                       (unsigned long long)record->document.content_version);
    return mr_fail(err, MR_E_LOST,
                   "\"%.*s\" in version %llu is there, but its passages are "
                   "cut otherwise now",
                   MR_SPAN_ARG(piece->document), version);
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

/* A piece out of the log, as a passage of its own. */
static enum mr_code load_earlier(const struct replay_place *place,
                                 const struct mr_event_piece *piece,
                                 struct mr_arena *arena,
                                 struct shard_passage *out, struct mr_err *err)
{
    struct retriever_document document;
    enum mr_code code;

    if (place->earlier == NULL)
        return MR_E_LOST;
    code = place->earlier(place->context, piece->document,
                          piece->content_version, arena, &document, err);
    if (code != MR_OK)
        return code;
    if (document.text.size < piece->end)
        return MR_E_LOST;
    *out = (struct shard_passage){
        .found = true,
        .document.title = document.title,
        .document.url = document.url,
        .passage.start = piece->start,
        .passage.end = piece->end,
        .passage.headings = headings_at(&document.passages, piece->start),
        .text = mr_span(document.text.data + piece->start,
                        piece->end - piece->start),
    };
    return MR_OK;
}

/* A piece that no shard has: replaced, cut otherwise, or gone. */
static enum mr_code recover(const struct replay_place *place,
                            const struct mr_event_piece *piece,
                            struct mr_arena *arena, struct shard_passage *out,
                            struct mr_err *err)
{
    uint32_t nth =
        mr_partition_of(piece->document, (uint32_t)place->peer_count);
    struct shard_record record;
    struct mr_err why = { 0 };
    enum mr_code code =
        peer_get(place->peers[nth], NULL, piece->document, arena, &record, err);

    if (code != MR_OK)
        return code;
    if (!record.found || record.document.state != MR_STATE_LIVE)
        return tell_lost(piece, &record, err);
    code = load_earlier(place, piece, arena, out, &why);
    if (code == MR_E_LOST)
        return tell_lost(piece, &record, err);
    return code == MR_OK ? MR_OK : mr_fail(err, code, "%s", why.text);
}

static enum mr_code write_prompt(const struct mr_event *event,
                                 const struct shard_passage *loaded,
                                 struct mr_arena *arena, struct replay *out,
                                 struct mr_err *err)
{
    size_t count = event->piece_count;
    struct context_passage *passages =
        mr_arena_calloc(arena, count, sizeof(*passages));
    struct context_piece *pieces =
        mr_arena_calloc(arena, count, sizeof(*pieces));
    struct mr_buf buf = mr_buf(PROMPT_BYTES_MAX);
    struct context context;
    enum mr_code code;

    for (size_t i = 0; i < count; i++) {
        const struct mr_event_piece *piece = &event->pieces[i];

        passages[i] = (struct context_passage){
            .document = piece->document,
            .start = loaded[i].passage.start,
            .end = loaded[i].passage.end,
            .text = loaded[i].text,
            .title = loaded[i].document.title,
            .url = loaded[i].document.url,
            .headings = loaded[i].passage.headings,
        };
        pieces[i] = (struct context_piece){ .source = piece->source,
                                            .passage = (uint32_t)i,
                                            .size = piece->end - piece->start };
    }
    code =
        context_restore(passages, count, pieces, count, arena, &context, err);
    if (code == MR_OK) {
        context_write(&out->form, event->query, passages, &context, arena,
                      &buf);
        out->prompt = mr_arena_copy(arena, mr_buf_bytes(&buf));
        out->hash = context_hash(&out->form, out->prompt, arena);
        out->same = same_hash(out->hash, event->prompt_hash);
    }
    mr_buf_deinit(&buf);
    return code;
}

enum mr_code replay_prompt(const struct replay_place *place,
                           const struct mr_event *event, struct mr_arena *arena,
                           struct replay *out, struct mr_err *err)
{
    struct shard_passage *loaded = NULL;
    enum mr_code code;

    *out = (struct replay){ .same = false };
    code = find_form(place, event, arena, &out->form, err);
    if (code == MR_OK)
        code = load(place, event, arena, &loaded, err);
    for (size_t i = 0; code == MR_OK && i < event->piece_count; i++) {
        if (is_there(&event->pieces[i], &loaded[i]))
            continue;
        code = recover(place, &event->pieces[i], arena, &loaded[i], err);
        out->from_log++;
    }
    if (code == MR_OK)
        code = write_prompt(event, loaded, arena, out, err);
    return code;
}

void replay_render(const struct replay *replay, const struct mr_event *event,
                   struct mr_json_out *out)
{
    char hash[33];

    mr_hash128_hex(replay->hash, hash);
    mr_json_object_begin(out);
    mr_json_key(out, "event");
    mr_json_put_text(out, event->id);
    mr_json_key(out, "template");
    mr_json_put_text(out, event->template_name);
    mr_json_key(out, "prompt");
    mr_json_put_text(out, replay->prompt);
    if (replay->form.system.size > 0) {
        mr_json_key(out, "system");
        mr_json_put_text(out, replay->form.system);
    }
    mr_json_key(out, "prompt_hash");
    mr_json_put_str(out, hash);
    mr_json_key(out, "from_log");
    mr_json_put_u64(out, replay->from_log);
    mr_json_key(out, "same");
    mr_json_put_bool(out, replay->same);
    mr_json_object_end(out);
}
