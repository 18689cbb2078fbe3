// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_up.c - `millrace up`.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
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

/* From an open engine to its end. */
static int serve(struct engine *engine)
{
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
    code = engine_run(engine, &err);
    atomic_store(&running, NULL);
    if (code == MR_OK)
        mr_log(telemetry, MR_EV_DRAINING, NULL,
               "told to stop; finishing what is in work");
    else
        mr_log(telemetry, MR_EV_FAILED, NULL, "%s", err.text);
    engine_close(engine);
    return code == MR_OK ? CLI_OK : CLI_FAILED;
}

static int run_with(const struct mr_config *config)
{
    struct engine_options options;
    struct engine *engine;
    struct mr_err err = { 0 };
    char *api_key = NULL;
    int code = CLI_UNUSABLE;

    if (mr_config_secret(config->generator.api_key_env,
                         config->generator.api_key_file, &api_key,
                         &err) == MR_OK) {
        options = settings_engine(config, api_key);
        if (engine_open(&options, &engine, &err) == MR_OK)
            code = serve(engine);
    }
    mr_free(api_key);
    if (err.code != MR_OK)
        (void)fprintf(stderr, "millrace: %s\n", err.text);
    return code;
}

/* What the command line says, over the file. */
static bool override(struct mr_config *config, const char *key,
                     const char *value)
{
    struct mr_err err = { 0 };

    if (value == NULL || mr_config_set(config, key, value, &err) == MR_OK)
        return true;
    /* The words begin with the key, which is the option's name. */
    (void)fprintf(stderr, "millrace up: --%s\n", err.text);
    return false;
}

int cli_run_up(const struct cli_command *command, int argc, char **argv)
{
    const char *file = NULL;
    const char *data = NULL;
    const char *listen = NULL;
    const struct cli_option options[] = {
        { "config", "FILE", "default ./millrace.yaml if it is there; also -c",
          &file, NULL },
        { "data", "DIR", "the data folder (default millrace-data)", &data,
          NULL },
        { "listen", "HOST:PORT", "default 127.0.0.1:7700", &listen, NULL },
        { 0 }
    };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    struct mr_config *config;
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    if (code < 0 && count > 0)
        code = cli_usage(command, "\"%s\" is one word too many", rest[0]);
    mr_free(rest);
    if (code >= 0)
        return code;
    config = settings_load(file != NULL ? file : settings_default_file());
    if (config == NULL)
        return CLI_UNUSABLE;
    code = CLI_UNUSABLE;
    if (override(config, "data", data) && override(config, "listen", listen))
        code = run_with(config);
    mr_config_free(config);
    return code;
}
