// SPDX-License-Identifier: Apache-2.0
/*
 * replay.c - see replay.h.
 */
#include "retriever/io/replay.h"

#include "common/base/mr_hash.h"
#include "retriever/context/context.h"
#include "retriever/io/recover.h"
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
    if (code == MR_OK)
        code = recover_pieces(place, event, arena, loaded, &out->from_log, err);
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
