// SPDX-License-Identifier: Apache-2.0
/*
 * answer_replay.c - see answer_replay.h.
 */
#include "cli/answer_replay.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/fsck.h"
#include "cli/remote.h"
#include "cli/settings.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"
#include "retriever/io/event_find.h"
#include "retriever/io/replay.h"
#include "retriever/io/template_file.h"

#define TIMEOUT_MS     60000L
#define PATH_BYTES_MAX ((size_t)16 * 1024)
#define JSON_BYTES_MAX ((size_t)64 * 1024 * 1024)

static void print_span(struct mr_span text)
{
    (void)fwrite(text.data, 1, text.size, stdout);
}

/* The bytes of the prompt; on a terminal the next line begins below them. */
static int print_prompt(struct mr_span prompt, bool same)
{
    print_span(prompt);
    if (isatty(STDOUT_FILENO) == 1)
        (void)putchar('\n');
    if (same)
        return CLI_OK;
    (void)fflush(stdout);
    (void)fprintf(stderr, "millrace: the prompt is another than it was: its "
                          "hash differs from the event's\n");
    return CLI_FAILED;
}

static int ask_server(const struct answer_replay *replay)
{
    struct mr_buf path = mr_buf(PATH_BYTES_MAX);
    char *id = remote_segment(replay->event);
    struct remote_reply reply;
    bool same;
    int code;

    mr_buf_printf(&path, "/v1/events/%s/prompt", id);
    reply = remote_call(replay->server, "GET", mr_buf_text(&path),
                        (struct mr_span){ 0 }, TIMEOUT_MS);
    code = reply.exit_code;
    same = mr_json_bool(mr_json_get(reply.json, "same"), false);
    if (code == CLI_OK && replay->json) {
        print_span(reply.body);
        (void)putchar('\n');
        code = same ? CLI_OK : CLI_FAILED;
    } else if (code == CLI_OK) {
        code =
            print_prompt(mr_json_text(mr_json_get(reply.json, "prompt")), same);
    }
    remote_free(&reply);
    mr_free(id);
    mr_buf_deinit(&path);
    return code;
}

static int print_json(const struct replay *replay, const struct mr_event *event)
{
    struct mr_buf buf = mr_buf(JSON_BYTES_MAX);
    struct mr_json_out out = mr_json_out(&buf);

    replay_render(replay, event, &out);
    (void)printf("%s\n", mr_buf_text(&buf));
    mr_buf_deinit(&buf);
    return replay->same ? CLI_OK : CLI_FAILED;
}

/* The prompt of an event in the open folder. */
static enum mr_code make_again(const struct answer_replay *replay,
                               struct engine *engine,
                               const struct context_template *form,
                               struct mr_arena *arena, int *exit_code,
                               struct mr_err *err)
{
    struct shard *const *shards;
    size_t count = engine_shards(engine, &shards);
    struct index_peer **peers = mr_calloc(count, sizeof(*peers));
    struct replay_place place = { .peers = peers,
                                  .peer_count = count,
                                  .form = form,
                                  .earlier = engine_earlier,
                                  .context = engine };
    /* What the folder's shards have not read yet is on its log. */
    struct fsck fsck = { .place = engine_place(engine),
                         .shards = shards,
                         .shard_count = count };
    struct mr_event event;
    struct replay out;
    enum mr_code code = fsck_catch_up(&fsck, err);

    for (size_t i = 0; i < count; i++)
        peers[i] = index_peer_local(shards[i], (uint32_t)i);
    if (code == MR_OK)
        code = event_find(engine_place(engine), mr_span_str(replay->event),
                          arena, &event, err);
    if (code == MR_OK)
        code = replay_prompt(&place, &event, arena, &out, err);
    if (code == MR_OK)
        *exit_code = replay->json ? print_json(&out, &event)
                                  : print_prompt(out.prompt, out.same);
    for (size_t i = 0; i < count; i++)
        index_peer_local_free(peers[i]);
    mr_free(peers);
    return code;
}

static int run_on(const struct mr_config *config,
                  const struct answer_replay *replay)
{
    struct engine_options options = settings_engine(config, NULL);
    struct mr_arena *arena = mr_arena_new();
    struct engine *engine = NULL;
    struct context_template form;
    struct mr_err err = { 0 };
    char *text = NULL;
    int code = CLI_UNUSABLE;

    options.index.build_threads = 0;
    if (template_open(config->answer.form, config->answer.form_file, &form,
                      &text, &err) == MR_OK &&
        engine_open_offline(&options, &engine, &err) == MR_OK) {
        code = CLI_FAILED;
        (void)make_again(replay, engine, &form, arena, &code, &err);
        engine_close(engine);
    }
    if (err.code != MR_OK)
        (void)fprintf(stderr, "millrace: %s\n", err.text);
    if (err.code == MR_E_BUSY)
        (void)fprintf(stderr, "a server works on that folder: ask it, without "
                              "--data\n");
    mr_free(text);
    mr_arena_free(arena);
    return code;
}

int answer_replay(const struct cli_command *command,
                  const struct answer_replay *replay)
{
    struct mr_config *config;
    struct mr_err err = { 0 };
    int code = CLI_UNUSABLE;

    if (replay->data == NULL)
        return ask_server(replay);
    config = settings_load(replay->file != NULL ? replay->file
                                                : settings_default_file());
    if (config == NULL)
        return CLI_UNUSABLE;
    if (mr_config_set(config, "data", replay->data, &err) == MR_OK)
        code = run_on(config, replay);
    else
        (void)fprintf(stderr, "millrace %s: --data: %s\n", command->name,
                      err.text);
    mr_config_free(config);
    return code;
}
