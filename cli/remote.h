// SPDX-License-Identifier: Apache-2.0
/*
 * remote.h - a call of a command to the server.
 *
 * Memory:  the reply is freed by remote_free().
 * I/O:     the network; what goes wrong is printed to standard error.
 */
#ifndef CLI_REMOTE_H
#define CLI_REMOTE_H

#include "common/base/mr_span.h"
#include "common/json/json.h"

#define REMOTE_DEFAULT "http://127.0.0.1:7700"

struct remote_reply {
    int exit_code; /* CLI_OK, or what the command is to end with */
    int status;
    struct mr_json *json; /* NULL when there is none */
    struct mr_span body;  /* as it came */
    void *inside;
};

/*
 * `server`: "http://HOST:PORT", also without "http://"; NULL: MILLRACE_SERVER
 * of the environment, else REMOTE_DEFAULT.  An answer that is no success is
 * printed.  `timeout_ms` 0: none.
 */
struct remote_reply remote_call(const char *server, const char *method,
                                const char *path, struct mr_span body,
                                long timeout_ms);

/* As above, but prints nothing. */
struct remote_reply remote_quiet(const char *server, const char *method,
                                 const char *path, struct mr_span body,
                                 long timeout_ms);

/* `text` percent-encoded as one segment of a path, freed by mr_free(). */
char *remote_segment(const char *text);

void remote_free(struct remote_reply *reply);

#endif
