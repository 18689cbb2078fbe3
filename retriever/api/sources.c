// SPDX-License-Identifier: Apache-2.0
/*
 * sources.c - see sources.h.
 */
#include "retriever/api/sources.h"

#include "common/base/mr_assert.h"

#define PROMPT_BYTES_MAX ((size_t)16 * 1024 * 1024)

static void set_passages(struct sources *sources, const struct ask *ask,
                         struct mr_arena *arena)
{
    sources->count = ask->result.count;
    sources->passages =
        mr_arena_calloc(arena, sources->count, sizeof(*sources->passages));
    for (size_t i = 0; i < sources->count; i++) {
        const struct search_hit *hit = &ask->result.hits[i];
        const struct shard_passage *from = &hit->passage;

        sources->passages[i] = (struct context_passage){
            .document = hit->fused.hit->document,
            .start = from->passage.start,
            .end = from->passage.end,
            .text = from->text,
            .title = from->document.title,
            .url = from->document.url,
            .headings = from->passage.headings,
        };
    }
}

static void count_fates(const struct sources *sources,
                        const struct retriever *retriever)
{
    for (size_t i = 0; i < sources->count; i++)
        mr_count(retriever->spec.telemetry, MR_M_CONTEXT_PASSAGES,
                 context_fate_name(sources->context.fates[i]), NULL, 1);
    mr_count(retriever->spec.telemetry, MR_M_CONTEXT_TOKENS, NULL, NULL,
             (double)sources->context.tokens);
}

void sources_begin(struct sources *sources, const struct ask *ask,
                   const struct mr_http_call *call)
{
    const struct retriever *retriever = api_retriever(call);

    *sources = (struct sources){ .form = &retriever->form,
                                 .prompt = mr_buf(PROMPT_BYTES_MAX) };
    set_passages(sources, ask, call->arena);
    if (context_build(sources->form, ask->request.query, sources->passages,
                      sources->count, retriever->prompt_tokens_max, call->arena,
                      &sources->context, &sources->problem) != MR_OK)
        return;
    context_write(sources->form, ask->request.query, sources->passages,
                  &sources->context, call->arena, &sources->prompt);
    if (sources->prompt.full) {
        (void)mr_fail(&sources->problem, MR_E_LIMIT,
                      "the prompt has more than %zu bytes", PROMPT_BYTES_MAX);
        return;
    }
    sources->hash = context_hash(sources->form, mr_buf_bytes(&sources->prompt),
                                 call->arena);
    count_fates(sources, retriever);
}

void sources_end(struct sources *sources)
{
    mr_buf_deinit(&sources->prompt);
}

bool sources_any(const struct sources *sources)
{
    return sources->problem.code == MR_OK && sources->context.source_count > 0;
}

void sources_event(const struct sources *sources, const struct ask *ask,
                   struct mr_arena *arena, struct mr_event *out)
{
    const struct context *context = &sources->context;

    if (sources->problem.code != MR_OK)
        return;
    MR_ASSERT(context->piece_count <= MR_EVENT_PIECES_MAX);
    out->prompt = mr_buf_bytes(&sources->prompt);
    out->template_name = mr_span_str(sources->form->name);
    out->template_hash = sources->form->hash;
    out->prompt_hash = sources->hash;
    out->prompt_tokens = (uint32_t)context->tokens;
    out->piece_count = context->piece_count;
    out->pieces =
        mr_arena_calloc(arena, context->piece_count, sizeof(*out->pieces));
    for (size_t i = 0; i < context->piece_count; i++) {
        const struct context_piece *piece = &context->pieces[i];
        const struct shard_hit *hit =
            ask->result.hits[piece->passage].fused.hit;
        uint32_t start = sources->passages[piece->passage].start;

        out->pieces[i] = (struct mr_event_piece){
            .document = hit->document,
            .content_version = hit->content_version,
            .passage = hit->passage,
            .source = piece->source,
            .start = start,
            .end = start + piece->size,
        };
    }
}

static void put_number(struct mr_json_out *out, const char *key,
                       uint64_t number)
{
    mr_json_key(out, key);
    mr_json_put_u64(out, number);
}

static void render_source(const struct sources *sources, size_t nth,
                          struct mr_json_out *out)
{
    const struct context_source *source = &sources->context.sources[nth];

    mr_json_object_begin(out);
    put_number(out, "number", nth + 1);
    mr_json_key(out, "document");
    mr_json_put_text(out,
                     sources->passages[source->pieces[0].passage].document);
    mr_json_key(out, "pieces");
    mr_json_array_begin(out);
    for (size_t i = 0; i < source->piece_count; i++) {
        const struct context_piece *piece = &source->pieces[i];
        uint32_t start = sources->passages[piece->passage].start;

        mr_json_object_begin(out);
        put_number(out, "hit", piece->passage);
        put_number(out, "start", start); /* bytes of the document's text */
        put_number(out, "end", start + piece->size);
        mr_json_object_end(out);
    }
    mr_json_array_end(out);
    mr_json_object_end(out);
}

/* Hits that are not in the prompt, and why. */
static void render_left_out(const struct sources *sources,
                            struct mr_json_out *out)
{
    const struct context *context = &sources->context;

    mr_json_array_begin(out);
    for (size_t i = 0; i < sources->count; i++) {
        enum context_fate fate = context->fates[i];

        if (fate == CONTEXT_TAKEN || fate == CONTEXT_CUT)
            continue;
        mr_json_object_begin(out);
        put_number(out, "hit", i);
        mr_json_key(out, "why");
        mr_json_put_str(out, context_fate_name(fate));
        if (fate == CONTEXT_SAME)
            put_number(out, "as", context->same_as[i]);
        mr_json_object_end(out);
    }
    mr_json_array_end(out);
}

static void put_hash(struct mr_json_out *out, const char *key,
                     struct mr_hash128 hash)
{
    char hex[33];

    mr_hash128_hex(hash, hex);
    mr_json_key(out, key);
    mr_json_put_str(out, hex);
}

void sources_render(const struct sources *sources, struct mr_json_out *out)
{
    if (sources->problem.code != MR_OK)
        return;
    mr_json_key(out, "prompt");
    mr_json_put_text(out, mr_buf_bytes(&sources->prompt));
    if (sources->form->system.size > 0) {
        mr_json_key(out, "system");
        mr_json_put_text(out, sources->form->system);
    }
    mr_json_key(out, "context");
    mr_json_object_begin(out);
    mr_json_key(out, "template");
    mr_json_put_str(out, sources->form->name);
    put_hash(out, "template_hash", sources->form->hash);
    put_hash(out, "prompt_hash", sources->hash);
    put_number(out, "tokens", sources->context.tokens);
    mr_json_key(out, "sources");
    mr_json_array_begin(out);
    for (size_t i = 0; i < sources->context.source_count; i++)
        render_source(sources, i, out);
    mr_json_array_end(out);
    mr_json_key(out, "left_out");
    render_left_out(sources, out);
    mr_json_object_end(out);
}
