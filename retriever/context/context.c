// SPDX-License-Identifier: Apache-2.0
/*
 * context.c - sources, and the prompt of them; see context.h.  choose.c has
 * what is taken.
 */
#include "retriever/context/context.h"

#include <string.h>

#include "common/base/mr_assert.h"
#include "retriever/context/choose.h"

#define NUMBER_DIGITS_MAX 6u
/* Of roles and marks that a generator puts around the parts of a chat. */
#define CHAT_TOKENS 32u

const char *context_fate_name(enum context_fate fate)
{
    switch (fate) {
    case CONTEXT_TAKEN:
        return "taken";
    case CONTEXT_CUT:
        return "cut";
    case CONTEXT_SAME:
        return "same";
    case CONTEXT_NO_ROOM:
        return "no_room";
    }
    MR_UNREACHABLE();
}

/* The text of a source: pieces, a line end between two. */
static struct mr_span join(const struct context_passage *passages,
                           const struct context_source *source,
                           struct mr_arena *arena)
{
    const struct context_piece *pieces = source->pieces;
    size_t size = source->piece_count - 1;
    uint8_t *text;
    size_t at = 0;

    if (source->piece_count == 1)
        return mr_span(passages[pieces[0].passage].text.data, pieces[0].size);
    for (size_t i = 0; i < source->piece_count; i++)
        size += pieces[i].size;
    text = mr_arena_alloc(arena, size);
    for (size_t i = 0; i < source->piece_count; i++) {
        const struct mr_span *from = &passages[pieces[i].passage].text;

        if (i > 0)
            text[at++] = '\n';
        if (pieces[i].size > 0)
            memcpy(text + at, from->data, pieces[i].size);
        at += pieces[i].size;
    }
    return mr_span(text, size);
}

/* Of pieces that are by source. */
static void make_sources(const struct context_passage *passages,
                         struct mr_arena *arena, struct context *out)
{
    out->sources =
        mr_arena_calloc(arena, out->piece_count, sizeof(*out->sources));
    for (size_t i = 0; i < out->piece_count; i++) {
        const struct context_piece *piece = &out->pieces[i];
        struct context_source *source = &out->sources[piece->source - 1];

        if (source->piece_count++ == 0) {
            source->pieces = piece;
            out->source_count++;
        }
    }
    for (size_t i = 0; i < out->source_count; i++)
        out->sources[i].text = join(passages, &out->sources[i], arena);
}

/* Tokens of a prompt without any source. */
static size_t tokens_of_frame(const struct context_template *form,
                              struct mr_span question)
{
    struct mr_buf buf = mr_buf(TEMPLATE_BYTES_MAX + question.size);
    size_t tokens;

    template_write(form, NULL, 0, question, &buf);
    tokens = CHAT_TOKENS + context_tokens(mr_buf_bytes(&buf)) +
             context_tokens(form->system);
    mr_buf_deinit(&buf);
    return tokens;
}

enum mr_code context_build(const struct context_template *form,
                           struct mr_span question,
                           const struct context_passage *passages, size_t count,
                           size_t tokens_max, struct mr_arena *arena,
                           struct context *out, struct mr_err *err)
{
    size_t frame = tokens_of_frame(form, question);
    size_t tokens_left;

    *out = (struct context){
        .pieces = mr_arena_calloc(arena, count, sizeof(*out->pieces)),
        .fates = mr_arena_calloc(arena, count, sizeof(*out->fates)),
        .same_as = mr_arena_calloc(arena, count, sizeof(*out->same_as)),
    };
    if (frame > tokens_max)
        return mr_fail(err, MR_E_LIMIT,
                       "the question has about %zu tokens with its prompt, and "
                       "answer.generator.window leaves %zu",
                       frame, tokens_max);
    tokens_left =
        context_choose(form, passages, count, tokens_max - frame, arena, out);
    out->tokens = tokens_max - tokens_left;
    make_sources(passages, arena, out);
    return MR_OK;
}

enum mr_code context_restore(const struct context_passage *passages,
                             size_t count, const struct context_piece *pieces,
                             size_t piece_count, struct mr_arena *arena,
                             struct context *out, struct mr_err *err)
{
    uint32_t number = 0;

    *out = (struct context){
        .pieces = mr_arena_calloc(arena, piece_count, sizeof(*out->pieces)),
        .piece_count = piece_count,
    };
    for (size_t i = 0; i < piece_count; i++) {
        const struct context_piece *piece = &pieces[i];

        if (piece->source != number && piece->source != number + 1)
            return mr_fail(err, MR_E_CORRUPT, "source %u follows on source %u",
                           piece->source, number);
        if (piece->source == 0 || piece->passage >= count ||
            piece->size > passages[piece->passage].text.size)
            return mr_fail(err, MR_E_CORRUPT,
                           "piece %zu is no part of its passage", i);
        number = piece->source;
        out->pieces[i] = *piece;
    }
    make_sources(passages, arena, out);
    return MR_OK;
}

void context_write(const struct context_template *form, struct mr_span question,
                   const struct context_passage *passages,
                   const struct context *context, struct mr_arena *arena,
                   struct mr_buf *out)
{
    struct template_source *sources =
        mr_arena_calloc(arena, context->source_count, sizeof(*sources));

    for (size_t i = 0; i < context->source_count; i++) {
        const struct context_source *source = &context->sources[i];
        const struct context_passage *first =
            &passages[source->pieces[0].passage];

        sources[i] = (struct template_source){
            .number = i + 1,
            .title = first->title,
            .url = first->url,
            .headings = first->headings,
            .text = source->text,
        };
    }
    template_write(form, sources, context->source_count, question, out);
}

struct mr_hash128 context_hash(const struct context_template *form,
                               struct mr_span user, struct mr_arena *arena)
{
    size_t system = form->system.size;
    uint8_t *bytes = mr_arena_alloc(arena, system + 1 + user.size);

    if (system > 0)
        memcpy(bytes, form->system.data, system);
    bytes[system] = '\0';
    if (user.size > 0)
        memcpy(bytes + system + 1, user.data, user.size);
    return mr_hash128(mr_span(bytes, system + 1 + user.size));
}

/* The number of "[12]" that begins at `at`, and *end behind it; or 0. */
static size_t citation_at(struct mr_span text, size_t at, size_t *end)
{
    size_t number = 0;
    size_t next = at + 1;

    while (next < text.size && next - at <= NUMBER_DIGITS_MAX &&
           text.data[next] >= '0' && text.data[next] <= '9')
        number = number * 10 + text.data[next++] - '0';
    if (next == at + 1 || next == text.size || text.data[next] != ']')
        return 0;
    *end = next + 1;
    return number;
}

size_t context_citations(struct mr_span text, bool *cited, size_t count)
{
    size_t found = 0;

    for (size_t at = 0; at < text.size; at++) {
        size_t end = at;
        size_t number = 0;

        if (text.data[at] == '[')
            number = citation_at(text, at, &end);
        if (number == 0 || number > count || cited[number - 1])
            continue;
        cited[number - 1] = true;
        found++;
    }
    return found;
}
