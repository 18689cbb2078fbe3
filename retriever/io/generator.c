// SPDX-License-Identifier: Apache-2.0
/*
 * generator.c - see generator.h.
 */
#include "retriever/io/generator.h"

#include "common/http/client.h"
#include "common/json/json.h"

#define ANSWER_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define BODY_BYTES_MAX   ((size_t)64 * 1024 * 1024)

static void write_message(struct mr_json_out *out, const char *role,
                          struct mr_span content)
{
    mr_json_object_begin(out);
    mr_json_key(out, "role");
    mr_json_put_str(out, role);
    mr_json_key(out, "content");
    mr_json_put_text(out, content);
    mr_json_object_end(out);
}

static void write_body(const struct generator_config *config,
                       struct mr_span system, struct mr_span prompt,
                       struct mr_buf *buf)
{
    struct mr_json_out out = mr_json_out(buf);

    mr_json_object_begin(&out);
    mr_json_key(&out, "model");
    mr_json_put_str(&out, config->model);
    mr_json_key(&out, "messages");
    mr_json_array_begin(&out);
    if (system.size > 0)
        write_message(&out, "system", system);
    write_message(&out, "user", prompt);
    mr_json_array_end(&out);
    mr_json_key(&out, "max_tokens");
    mr_json_put_u64(&out, config->tokens_max);
    mr_json_key(&out, "temperature");
    mr_json_put_number(&out, 0);
    mr_json_object_end(&out);
}

/* choices[0].message.content */
static enum mr_code read_answer(struct mr_span body, struct mr_arena *arena,
                                struct mr_span *out, struct mr_err *err)
{
    const struct mr_json *choice;
    struct mr_json *root;
    enum mr_code code = mr_json_parse(body, &root, err);

    if (code != MR_OK)
        return code;
    choice = mr_json_at(mr_json_get(root, "choices"), 0);
    *out = mr_arena_copy(
        arena,
        mr_json_text(mr_json_get(mr_json_get(choice, "message"), "content")));
    mr_json_free(root);
    if (out->data != NULL)
        return MR_OK;
    return mr_fail(err, MR_E_CORRUPT,
                   "generator: the answer has no choices[0].message.content");
}

static enum mr_code judge(const struct mr_http_response *response,
                          const struct generator_config *config,
                          struct mr_err *err)
{
    if (response->code != MR_OK)
        return mr_fail(err, response->code, "generator: %.350s",
                       response->err.text);
    if (response->status == 200)
        return MR_OK;
    return mr_fail(err, MR_E_UNAVAILABLE, "generator: %s answered %d: %.350s",
                   config->url, response->status,
                   response->body_size > 0 ? (const char *)response->body
                                           : "nothing");
}

enum mr_code generator_ask(const struct generator_config *config,
                           struct mr_span system, struct mr_span prompt,
                           struct mr_arena *arena, struct mr_span *out,
                           struct mr_err *err)
{
    struct mr_buf body = mr_buf(BODY_BYTES_MAX);
    struct mr_http *http = mr_http_client_new(
        &(struct mr_http_client_spec){ .user_agent = "millrace" });
    struct mr_http_response *response = NULL;
    struct mr_http_header headers[2] = {
        { "Content-Type", "application/json" },
    };
    struct mr_http_request request = {
        .method = "POST",
        .url = mr_arena_printf(arena, "%s/chat/completions", config->url),
        .headers = headers,
        .header_count = 1,
        .bytes_max = ANSWER_BYTES_MAX,
        .total_ms = config->timeout_ms,
        .allow_private = true, /* the operator names it, not a document */
    };
    enum mr_code code;

    write_body(config, system, prompt, &body);
    request.body = mr_buf_bytes(&body);
    if (config->api_key != NULL)
        headers[request.header_count++] =
            (struct mr_http_header){ "Authorization",
                                     mr_arena_printf(arena, "Bearer %s",
                                                     config->api_key) };
    code = mr_http_call_once(http, &request, &response, err);
    if (code == MR_OK)
        code = judge(response, config, err);
    if (code == MR_OK)
        code = read_answer(mr_span(response->body, response->body_size), arena,
                           out, err);
    mr_http_free_response(http, response);
    mr_http_client_free(http);
    mr_buf_deinit(&body);
    return code;
}
