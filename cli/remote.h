// SPDX-License-Identifier: Apache-2.0
/*
 * remote.h - calls of a command to the server: one, or many at once over
 * connections that are kept.
 *
 * Memory:  the reply is freed by remote_free().
 * Threads: one at a time.
 * I/O:     the network; what goes wrong is printed to standard error.
 */
#ifndef CLI_REMOTE_H
#define CLI_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mr_span.h"
#include "common/json/json.h"

#define REMOTE_DEFAULT "http://127.0.0.1:7700"

/* What all calls of the process are made with, each NULL where the environment
 * or nothing is to count.  A key on the command line can be seen by others for
 * a moment, until it is taken from there. */
struct remote_access {
    const char *key;      /* else MILLRACE_KEY */
    const char *key_file; /* else MILLRACE_KEY_FILE */
    const char *ca_file;  /* else MILLRACE_CACERT */
};

extern struct remote_access remote_access;

/* Rows of a command's options; `server` is its const char *. */
#define REMOTE_OPTIONS(server)                                           \
    { "server", "URL", "default " REMOTE_DEFAULT ", or MILLRACE_SERVER", \
      &(server), NULL },                                                 \
        { "key-file", "FILE",                                            \
          "a file with an API key; or MILLRACE_KEY, MILLRACE_KEY_FILE",  \
          &remote_access.key_file, NULL },                               \
        { "key", "KEY",                                                  \
          "the key itself; better a file: others see command lines",     \
          &remote_access.key, NULL },                                    \
    {                                                                    \
        "cacert", "FILE",                                                \
            "PEM of the server's own certificate; or MILLRACE_CACERT",   \
            &remote_access.ca_file, NULL                                 \
    }

struct remote_reply {
    int exit_code; /* CLI_OK, or what the command is to end with */
    int status;
    struct mr_json *json; /* NULL when there is none */
    struct mr_span body;  /* as it came */
    void *tag;            /* of remote_begin() */
    void *inside;
};

/*
 * `server`: "http[s]://HOST:PORT", also without "http://"; NULL:
 * MILLRACE_SERVER of the environment, else REMOTE_DEFAULT.  An answer that is
 * no success is printed.  `timeout_ms` 0: none.
 */
struct remote_reply remote_call(const char *server, const char *method,
                                const char *path, struct mr_span body,
                                long timeout_ms);

/* As above, but prints nothing. */
struct remote_reply remote_quiet(const char *server, const char *method,
                                 const char *path, struct mr_span body,
                                 long timeout_ms);

/* Many calls.  Freed by remote_close(), after all replies. */
struct remote;

struct remote *remote_open(const char *server, uint32_t at_once);

/* Begins a call; all of it is copied.  False: the address is none, which was
 * printed. */
bool remote_begin(struct remote *remote, const char *method, const char *path,
                  struct mr_span body, long timeout_ms, void *tag);

/* Waits for one that ended; prints nothing.  There must be one under way. */
struct remote_reply remote_next(struct remote *remote);

/* NULL does nothing. */
void remote_close(struct remote *remote);

/* Prints what a reply without success means; remote_call() has done so. */
void remote_print(const struct remote_reply *reply, const char *server,
                  const char *path);

/* The server's words of a refusal; absent when there are none. */
struct mr_span remote_words(const struct remote_reply *reply);

/* `text` percent-encoded as one segment of a path, freed by mr_free(). */
char *remote_segment(const char *text);

void remote_free(struct remote_reply *reply);

#endif
