// SPDX-License-Identifier: Apache-2.0
/*
 * answer.c - POST /v1/answer.
 *
 * The hits' passages and the question make the prompt.  A configured generator
 * is asked with it; without one, or when it fails, the answer is taken out of
 * the passages (answer/extract.h), and the reply says which it was.
 *
 * An answer of a generator that was shown numbered sources stands on those that
 * it cites as [n]; else on all of them.
 */
#include "retriever/answer/extract.h"
#include "retriever/api/ask.h"
#include "retriever/api/sources.h"
#include "retriever/io/generator.h"

static const char nothing_found[] = "nothing found in the sources";

struct citation {
    size_t number; /* as the answer has it */
    uint32_t hit;  /* position in the hits */
    struct mr_span text;
    uint32_t start; /* byte range in the document's text */
    uint32_t end;
};

struct answer {
    struct mr_span text;
    const char *generator; /* "extractive", or the model's name */
    bool found;
    struct citation *citations;
    size_t citation_count;
    struct mr_err problem; /* why the generator did not answer */
};

/* A sentence on one line: runs of white space are a space. */
static const char *one_line(struct mr_arena *arena, const uint8_t *from,
                            size_t size)
{
    char *line = mr_arena_alloc(arena, size + 1);
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        bool space = from[i] <= ' ';

        if (!space)
            line[used++] = (char)from[i];
        else if (used > 0 && line[used - 1] != ' ')
            line[used++] = ' ';
    }
    line[used] = '\0';
    return line;
}

/* Sentences of the passages, in their order, each with its number. */
static void extractive(const struct ask *ask, struct mr_arena *arena,
                       struct answer *out)
{
    struct extract_sentence sentences[EXTRACT_SENTENCES_MAX];
    size_t count = ask->result.count;
    struct extract_passage *passages =
        mr_arena_calloc(arena, count, sizeof(*passages));
    char *text = NULL;

    for (size_t i = 0; i < count; i++) {
        const struct shard_passage *passage = &ask->result.hits[i].passage;

        passages[i].text = passage->text;
        passages[i].language = mr_arena_str(arena, passage->document.language);
    }
    out->citation_count = extract_answer(ask->result.query, &ask->result.stats,
                                         passages, count, arena, sentences);
    out->citations =
        mr_arena_calloc(arena, out->citation_count, sizeof(*out->citations));
    for (size_t i = 0; i < out->citation_count; i++) {
        const struct extract_sentence *sentence = &sentences[i];
        const uint8_t *from = passages[sentence->passage].text.data;
        uint32_t start =
            ask->result.hits[sentence->passage].passage.passage.start;

        out->citations[i] = (struct citation){
            .number = i + 1,
            .hit = sentence->passage,
            .text = mr_span(from + sentence->start,
                            sentence->end - sentence->start),
            .start = start + sentence->start,
            .end = start + sentence->end,
        };
        text = mr_arena_printf(arena, "%s%s%s [%zu]", text == NULL ? "" : text,
                               text == NULL ? "" : " ",
                               one_line(arena, from + sentence->start,
                                        sentence->end - sentence->start),
                               i + 1);
    }
    out->generator = "extractive";
    out->found = out->citation_count > 0;
    out->text = mr_span_str(out->found ? text : nothing_found);
}

static struct citation cite(const struct sources *sources, size_t nth)
{
    const struct context_source *source = &sources->context.sources[nth];
    const struct context_piece *first = &source->pieces[0];
    const struct context_piece *last = first + source->piece_count - 1;

    return (struct citation){
        .number = nth + 1,
        .hit = first->passage,
        .text = source->text,
        .start = sources->passages[first->passage].start,
        .end = sources->passages[last->passage].start + last->size,
    };
}

/* What a generator's answer stands on. */
static void cite_sources(const struct sources *sources, struct mr_arena *arena,
                         struct answer *out)
{
    size_t count = sources->context.source_count;
    bool *cited = mr_arena_calloc(arena, count, sizeof(*cited));
    bool all = !sources->form->numbered;

    (void)context_citations(out->text, cited, count);
    out->citations = mr_arena_calloc(arena, count, sizeof(*out->citations));
    for (size_t i = 0; i < count; i++) {
        if (all || cited[i])
            out->citations[out->citation_count++] = cite(sources, i);
    }
    out->found = out->citation_count > 0 ||
                 !mr_span_starts(out->text, mr_span_str(nothing_found));
}

static void find_answer(const struct ask *ask, struct mr_http_call *call,
                        const struct sources *sources, struct answer *out)
{
    const struct retriever_spec *spec = &api_retriever(call)->spec;
    const struct generator_config *generator = &spec->config.generator;

    *out = (struct answer){ 0 };
    if (generator->url != NULL && sources_any(sources)) {
        out->generator = generator->model;
        if (generator_ask(generator, sources->form->system,
                          mr_buf_bytes(&sources->prompt), call->arena,
                          &out->text, &out->problem) == MR_OK) {
            cite_sources(sources, call->arena, out);
            return;
        }
        mr_log(spec->telemetry, MR_EV_GENERATOR_FAILED, "retriever", "%s",
               out->problem.text);
    }
    if (sources->problem.code != MR_OK)
        out->problem = sources->problem;
    extractive(ask, call->arena, out);
}

static void render_citation(struct mr_json_out *out, const struct ask *ask,
                            const struct citation *citation)
{
    const struct search_hit *hit = &ask->result.hits[citation->hit];
    const struct shard_passage *passage = &hit->passage;
    char id[33];

    mr_hash128_hex(passage->passage.id, id);
    mr_json_object_begin(out);
    mr_json_key(out, "number");
    mr_json_put_u64(out, citation->number);
    mr_json_key(out, "hit");
    mr_json_put_u64(out, citation->hit);
    mr_json_key(out, "document");
    mr_json_put_text(out, hit->fused.hit->document);
    mr_json_key(out, "passage");
    mr_json_put_str(out, id);
    mr_json_key(out, "title");
    mr_json_put_text(out, passage->document.title);
    mr_json_key(out, "url");
    mr_json_put_text(out, passage->document.url);
    mr_json_key(out, "text");
    mr_json_put_text(out, citation->text);
    mr_json_key(out, "start"); /* bytes of the document's text */
    mr_json_put_u64(out, citation->start);
    mr_json_key(out, "end");
    mr_json_put_u64(out, citation->end);
    mr_json_object_end(out);
}

static void render_answer(const struct ask *ask, struct mr_http_call *call,
                          const struct answer *answer,
                          const struct sources *sources,
                          struct mr_json_out *out)
{
    mr_json_object_begin(out);
    mr_json_key(out, "answer");
    mr_json_put_text(out, answer->text);
    mr_json_key(out, "found");
    mr_json_put_bool(out, answer->found);
    mr_json_key(out, "generator");
    mr_json_put_str(out, answer->generator);
    if (answer->problem.code != MR_OK) {
        mr_json_key(out, "generator_problem");
        mr_json_put_str(out, answer->problem.text);
    }
    mr_json_key(out, "citations");
    mr_json_array_begin(out);
    for (size_t i = 0; i < answer->citation_count; i++)
        render_citation(out, ask, &answer->citations[i]);
    mr_json_array_end(out);
    sources_render(sources, out);
    ask_render(ask, call, out);
    mr_json_key(out, "event");
    mr_json_put_str(out, ask->id);
    mr_json_object_end(out);
}

static void reply_answer(struct ask *ask, struct mr_http_call *call,
                         struct mr_http_reply *reply)
{
    struct mr_json_out out = mr_json_out(&reply->body);
    struct sources sources;
    struct mr_err err = { 0 };
    struct answer answer;
    struct mr_event event;

    sources_begin(&sources, ask, call);
    find_answer(ask, call, &sources, &answer);
    mr_observe(api_retriever(call)->spec.telemetry, MR_M_ANSWER_SECONDS,
               answer.generator, NULL, ask_took_ms(ask, call) / 1000.0);
    ask_event(ask, call, MR_EVENT_ANSWER, &event);
    sources_event(&sources, ask, call->arena, &event);
    event.answer = answer.text;
    event.generator = mr_span_str(answer.generator);
    if (event_log_append(api_retriever(call)->events, &event, call->arena,
                         &err) == MR_OK)
        render_answer(ask, call, &answer, &sources, &out);
    else
        mr_http_fail(reply, &err);
    sources_end(&sources);
}

void api_answer(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct ask ask;

    if (ask_begin(&ask, call, reply))
        reply_answer(&ask, call, reply);
    ask_end(&ask);
}
