// SPDX-License-Identifier: Apache-2.0
/*
 * answer_replay.h - `millrace answer --replay`: the prompt of an earlier answer
 * once more, from a server or from a data folder on which none runs.
 *
 * Prints the prompt's bytes and nothing else; with `json` what GET
 * /v1/events/{id}/prompt answers with.  The exit code is CLI_FAILED when a
 * record is not there any more, or the prompt is another than it was.
 */
#ifndef CLI_ANSWER_REPLAY_H
#define CLI_ANSWER_REPLAY_H

#include "cli/command.h"

struct answer_replay {
    const char *event;
    const char *server;
    const char *data; /* a folder; or NULL, then the server is asked */
    const char *file; /* of the configuration; or NULL */
    bool json;
};

int answer_replay(const struct cli_command *command,
                  const struct answer_replay *replay);

#endif
