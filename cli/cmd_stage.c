// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_stage.c - `millrace stage NAME`: a stage's inside as a filter, one JSON
 * object a line in and out, in the order of the input.
 *
 * A line that is no JSON object, or lacks what the stage needs, gives
 * {"error": ...} in its place; the rest goes on and the exit code is 1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "common/base/mr_arena.h"
#include "common/base/mr_mem.h"
#include "common/json/json.h"
#include "embedder/embedder.h"
#include "preprocessor/clean/clean.h"

#define LINE_BYTES_MAX ((size_t)256 << 20)

/* What a filter works with; opened when the stage needs it. */
struct tools {
    struct mr_model *model;
    struct embedder_tokenizer *tokenizer;
    struct clean_config clean;
};

/* Writes the members of the answer to `in`; false with words in `err`. */
typedef bool filter(struct tools *tools, const struct mr_json *in,
                    struct mr_arena *arena, struct mr_json_out *out,
                    struct mr_err *err);

static bool text_of(const struct mr_json *in, const char *key,
                    struct mr_span *out, struct mr_err *err)
{
    *out = mr_json_text(mr_json_get(in, key));
    if (out->data != NULL)
        return true;
    (void)mr_fail(err, MR_E_INVALID, "\"%s\" should be a text", key);
    return false;
}

static void put_text(struct mr_json_out *out, const char *key,
                     struct mr_span text)
{
    mr_json_key(out, key);
    mr_json_put_text(out, text);
}

static bool do_extract(struct tools *tools, const struct mr_json *in,
                       struct mr_arena *arena, struct mr_json_out *out,
                       struct mr_err *err)
{
    struct clean_source source = {
        .content_type = mr_span_str("text/html"),
        .charset = mr_span_str("utf-8"),
        .url = mr_json_text(mr_json_get(in, "url")),
    };
    struct clean_text text;

    (void)tools;
    if (!text_of(in, "html", &source.body, err))
        return false;
    if (source.body.size > CLEAN_BODY_BYTES_MAX) {
        (void)mr_fail(err, MR_E_LIMIT, "\"html\" has %zu bytes, at most %zu",
                      source.body.size, CLEAN_BODY_BYTES_MAX);
        return false;
    }
    clean_extract(&source, arena, &text);
    put_text(out, "text", text.text);
    put_text(out, "title", text.title);
    put_text(out, "language", text.language);
    put_text(out, "canonical", text.canonical);
    mr_json_key(out, "noindex");
    mr_json_put_bool(out, text.noindex);
    return true;
}

/* The document that "text" or "html" makes. */
static bool read_document(struct tools *tools, const struct mr_json *in,
                          struct mr_arena *arena, struct clean_document *out,
                          struct mr_err *err)
{
    struct mr_span html = mr_json_text(mr_json_get(in, "html"));
    struct mr_span id = mr_json_text(mr_json_get(in, "id"));
    struct clean_source source = {
        .body = html,
        .content_type =
            mr_span_str(html.data != NULL ? "text/html" : "text/plain"),
        .charset = mr_span_str("utf-8"),
        .url = mr_json_text(mr_json_get(in, "url")),
    };

    if (html.data == NULL && !text_of(in, "text", &source.body, err))
        return false;
    clean_document(&tools->clean, id.data == NULL ? mr_span_str("") : id,
                   mr_json_text(mr_json_get(in, "title")), &source, arena, out);
    return true;
}

static void put_passages(struct mr_json_out *out,
                         const struct clean_document *document)
{
    mr_json_key(out, "passages");
    mr_json_array_begin(out);
    for (size_t i = 0; i < document->passages.count; i++) {
        const struct mr_passage *passage = &document->passages.items[i];

        mr_json_object_begin(out);
        mr_json_key(out, "start");
        mr_json_put_u64(out, passage->start);
        mr_json_key(out, "end");
        mr_json_put_u64(out, passage->end);
        put_text(out, "headings", passage->headings);
        put_text(out, "text",
                 mr_span(document->text.text.data + passage->start,
                         passage->end - passage->start));
        mr_json_object_end(out);
    }
    mr_json_array_end(out);
}

static bool do_passages(struct tools *tools, const struct mr_json *in,
                        struct mr_arena *arena, struct mr_json_out *out,
                        struct mr_err *err)
{
    struct clean_document document;

    if (!read_document(tools, in, arena, &document, err))
        return false;
    put_passages(out, &document);
    return true;
}

static bool do_clean(struct tools *tools, const struct mr_json *in,
                     struct mr_arena *arena, struct mr_json_out *out,
                     struct mr_err *err)
{
    struct clean_document document;

    if (!read_document(tools, in, arena, &document, err))
        return false;
    put_text(out, "text", document.text.text);
    put_text(out, "title", document.title);
    put_text(out, "language", document.language);
    put_text(out, "reject_rule", mr_span_str(document.reject_rule));
    put_text(out, "reject_value", document.reject_value);
    mr_json_key(out, "signals");
    mr_json_object_begin(out);
    for (size_t i = 0; i < document.signals.count; i++) {
        mr_json_key_span(out, document.signals.items[i].name);
        mr_json_put_number(out, document.signals.items[i].value);
    }
    mr_json_object_end(out);
    put_passages(out, &document);
    return true;
}

static bool do_tokenize(struct tools *tools, const struct mr_json *in,
                        struct mr_arena *arena, struct mr_json_out *out,
                        struct mr_err *err)
{
    int32_t ids[EMBEDDER_IDS_MAX];
    struct mr_span text;
    size_t count;

    (void)arena;
    if (!text_of(in, "text", &text, err))
        return false;
    count = embedder_tokenize(tools->tokenizer, text, ids);
    mr_json_key(out, "ids");
    mr_json_array_begin(out);
    for (size_t i = 0; i < count; i++)
        mr_json_put_i64(out, ids[i]);
    mr_json_array_end(out);
    return true;
}

static bool do_embed(struct tools *tools, const struct mr_json *in,
                     struct mr_arena *arena, struct mr_json_out *out,
                     struct mr_err *err)
{
    uint32_t dimension = tools->model->dimension;
    float *vector = mr_arena_alloc(arena, dimension * sizeof(*vector));
    struct mr_span text;

    if (!text_of(in, "text", &text, err) ||
        mr_model_embed(tools->model, MR_MODEL_BULK, &text, 1, vector, err) !=
            MR_OK)
        return false;
    mr_json_key(out, "vector");
    mr_json_array_begin(out);
    for (uint32_t i = 0; i < dimension; i++)
        mr_json_put_number(out, (double)vector[i]);
    mr_json_array_end(out);
    return true;
}

/* One line in, one line out; false when it was an error. */
static bool do_line(struct tools *tools, filter *apply, struct mr_span line,
                    struct mr_arena *arena)
{
    struct mr_buf buf = mr_buf(LINE_BYTES_MAX);
    struct mr_json_out out = mr_json_out(&buf);
    struct mr_json *in = NULL;
    struct mr_err err = { 0 };
    bool good = mr_json_parse(line, &in, &err) == MR_OK;

    mr_json_object_begin(&out);
    good = good && apply(tools, in, arena, &out, &err);
    if (!good) {
        mr_buf_reset(&buf);
        out = mr_json_out(&buf);
        mr_json_object_begin(&out);
        put_text(&out, "error", mr_span_str(err.text));
    }
    mr_json_object_end(&out);
    mr_buf_byte(&buf, '\n');
    (void)fwrite(buf.data, 1, buf.size, stdout);
    mr_json_free(in);
    mr_buf_deinit(&buf);
    return good;
}

static int do_all(struct tools *tools, filter *apply)
{
    struct mr_arena *arena = mr_arena_new();
    char *line = NULL;
    size_t room = 0;
    size_t number = 0;
    size_t bad = 0;
    ssize_t size;

    while ((size = getline(&line, &room, stdin)) > 0) {
        number++;
        if (!do_line(tools, apply, mr_span(line, (size_t)size), arena)) {
            bad++;
            (void)fprintf(stderr,
                          "millrace stage: line %zu is not right, see "
                          "its \"error\"\n",
                          number);
        }
        mr_arena_reset(arena);
    }
    free(line);
    mr_arena_free(arena);
    return bad == 0 && fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

static const struct {
    const char *name;
    filter *apply;
    bool model;
    bool tokenizer;
} stages[] = {
    { "extract", do_extract, false, false },
    { "clean", do_clean, false, false },
    { "passages", do_passages, false, false },
    { "tokenize", do_tokenize, false, true },
    { "embed", do_embed, true, false },
};

static int run(size_t nth, const char *folder)
{
    struct embedder_model_spec spec = { .folder = folder };
    struct tools tools = { .clean = clean_config_default(NULL) };
    struct mr_err err = { 0 };
    enum mr_code code = MR_OK;
    int result = CLI_UNUSABLE;

    if (stages[nth].model)
        code = embedder_model_open(&spec, &tools.model, &err);
    else if (stages[nth].tokenizer)
        code = embedder_tokenizer_open(folder, &tools.tokenizer, &err);
    if (code == MR_OK)
        result = do_all(&tools, stages[nth].apply);
    else
        (void)fprintf(stderr, "millrace stage: %s\n", err.text);
    embedder_tokenizer_close(tools.tokenizer);
    embedder_model_close(tools.model);
    return result;
}

int cli_run_stage(const struct cli_command *command, int argc, char **argv)
{
    const char *folder = NULL;
    const struct cli_option options[] = {
        { "model", "DIR", "the model's folder (default: beside the program)",
          &folder, NULL },
        { 0 }
    };
    const char *names[sizeof(stages) / sizeof(stages[0])];
    size_t known = sizeof(stages) / sizeof(stages[0]);
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    for (size_t i = 0; i < known; i++)
        names[i] = stages[i].name;
    if (code < 0 && count != 1)
        code = cli_usage(command, "which stage: %s", command->args);
    for (size_t i = 0; code < 0 && i < known; i++) {
        if (strcmp(rest[0], stages[i].name) == 0)
            code = run(i, folder);
    }
    if (code < 0) {
        const char *near = cli_nearest(rest[0], names, known);

        code = cli_usage(command, "there is no stage \"%s\"%s%s", rest[0],
                         near == NULL ? "" : "; did you mean ",
                         near == NULL ? "" : near);
    }
    mr_free(rest);
    return code;
}
