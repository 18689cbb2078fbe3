// SPDX-License-Identifier: Apache-2.0
/*
 * serve.c - see serve.h.
 */
#include "cli/serve.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "cli/settings.h"
#include "common/base/mr_mem.h"

/* For the signal handlers, which know nothing else. */
static _Atomic(struct engine *) running;

static void on_signal(int number)
{
    struct engine *engine = atomic_load(&running);

    (void)number;
    if (engine != NULL)
        engine_stop(engine);
}

static void catch_signals(void)
{
    struct sigaction action = { .sa_handler = on_signal };

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
}

struct watching {
    struct engine *engine;
    const struct serve_watch *watch;
};

static void *run_watch(void *context)
{
    const struct watching *watching = context;

    watching->watch->watch(watching->engine, watching->watch->context);
    return NULL;
}

/* From an open engine to its end. */
static int serve(struct engine *engine, const struct serve_watch *watch)
{
    struct watching watching = { engine, watch };
    pthread_t thread;
    bool watched;
    struct mr_telemetry *telemetry = engine_telemetry(engine);
    struct mr_err err = { 0 };
    enum mr_code code;

    atomic_store(&running, engine);
    catch_signals();
    (void)printf("millrace is ready at %s://%s\n", engine_scheme(engine),
                 engine_address(engine));
    (void)fflush(stdout);
    mr_log(telemetry, MR_EV_READY, NULL, "ready at %s://%s",
           engine_scheme(engine), engine_address(engine));
    watched = watch != NULL &&
              pthread_create(&thread, NULL, run_watch, &watching) == 0;
    code = engine_run(engine, &err);
    atomic_store(&running, NULL);
    if (watched)
        (void)pthread_join(thread, NULL);
    if (code == MR_OK)
        mr_log(telemetry, MR_EV_DRAINING, NULL,
               "told to stop; finishing what is in work");
    else
        mr_log(telemetry, MR_EV_FAILED, NULL, "%s", err.text);
    engine_close(engine);
    if (code == MR_E_FENCED)
        return CLI_FENCED;
    return code == MR_OK ? CLI_OK : CLI_FAILED;
}

int serve_config(const struct mr_config *config,
                 const struct engine_member *member, unsigned roles)
{
    return serve_watched(config, member, roles, NULL);
}

int serve_watched(const struct mr_config *config,
                  const struct engine_member *member, unsigned roles,
                  const struct serve_watch *watch)
{
    struct engine_options options;
    struct engine *engine;
    struct mr_err err = { 0 };
    char folder[4200];
    char *api_key = NULL;
    int code = CLI_UNUSABLE;

    if (member != NULL)
        (void)snprintf(folder, sizeof(folder), "%s/%s", config->data,
                       member->name);

    if (mr_config_secret(config->generator.api_key_env,
                         config->generator.api_key_file, &api_key,
                         &err) == MR_OK) {
        options = settings_engine(config, api_key);
        options.member = member;
        options.roles = roles;
        options.from = watch == NULL ? NULL : watch->from;
        if (member != NULL) {
            options.shared = config->data;
            options.data = folder;
        }
        if (engine_open(&options, &engine, &err) == MR_OK)
            code = serve(engine, watch);
    }
    mr_free(api_key);
    if (err.code != MR_OK)
        (void)fprintf(stderr, "millrace: %s\n", err.text);
    return code;
}

bool serve_override(const struct cli_command *command, struct mr_config *config,
                    const char *key, const char *value)
{
    struct mr_err err = { 0 };

    if (value == NULL || mr_config_set(config, key, value, &err) == MR_OK)
        return true;
    /* The words begin with the key, which is the option's name. */
    (void)fprintf(stderr, "millrace %s: --%s\n", command->name, err.text);
    return false;
}
