// SPDX-License-Identifier: Apache-2.0
/*
 * serve.h - a process that serves until it is told to stop: `millrace up` and
 * `millrace worker`.
 */
#ifndef CLI_SERVE_H
#define CLI_SERVE_H

#include "cli/command.h"
#include "cli/engine.h"
#include "common/runtime/config.h"

/* Runs an engine until SIGTERM, Ctrl-C or its end; gives the exit code, and
 * says why on standard error.  `member` NULL: alone, with the data folder
 * itself; else with a folder of its name in it. */
int serve_config(const struct mr_config *config,
                 const struct engine_member *member, unsigned roles);

/* Called on a thread of its own while the engine runs. */
struct serve_watch {
    const struct mr_origin_wish *from; /* of the engine's options */
    void (*watch)(struct engine *engine, const void *context);
    const void *context;
};

/* As above; `watch` may be NULL. */
int serve_watched(const struct mr_config *config,
                  const struct engine_member *member, unsigned roles,
                  const struct serve_watch *watch);

/* What the command line says, over the file; false: it cannot be, and that was
 * said. */
bool serve_override(const struct cli_command *command, struct mr_config *config,
                    const char *key, const char *value);

#endif
