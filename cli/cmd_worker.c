// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_worker.c - `millrace worker`: one process of a deployment on Kafka.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/serve.h"
#include "cli/settings.h"
#include "common/base/mr_mem.h"

#define NAME_ROOM   128u
#define LISTEN_ROOM 300u

static const struct role {
    const char *name;
    enum engine_role role;
    unsigned port; /* of its first member */
    bool single;   /* there is one of it */
} roles[] = {
    { "ingestor", ENGINE_INGESTOR, 7710, true },
    { "preprocessor", ENGINE_PREPROCESSOR, 7720, false },
    { "embedder", ENGINE_EMBEDDER, 7730, false },
    { "indexer", ENGINE_INDEXER, 7740, false },
    { "retriever", ENGINE_RETRIEVER, 7700, false },
};

#define ROLES (sizeof(roles) / sizeof(roles[0]))

static const struct role *role_of(const char *name)
{
    for (size_t i = 0; i < ROLES; i++) {
        if (strcmp(roles[i].name, name) == 0)
            return &roles[i];
    }
    return NULL;
}

/* "0/2"; NULL is 0/1. */
static bool read_member(const char *text, struct engine_member *out)
{
    char *end;
    unsigned long number, members;

    out->number = 0;
    out->members = 1;
    if (text == NULL)
        return true;
    number = strtoul(text, &end, 10);
    if (end == text || *end != '/' || end[1] < '0' || end[1] > '9')
        return false;
    members = strtoul(end + 1, &end, 10);
    if (*end != '\0' || members == 0 || members > MR_PARTITIONS_MAX ||
        number >= members)
        return false;
    out->number = (uint32_t)number;
    out->members = (uint32_t)members;
    return true;
}

/* A port for each role and member, where none is named, so that all of them
 * can be tried out on one machine. */
static bool choose_listen(const struct cli_command *command,
                          struct mr_config *config, const struct role *role,
                          const struct engine_member *member,
                          const char *listen)
{
    char text[LISTEN_ROOM];
    const char *colon = strrchr(config->listen, ':');

    if (listen == NULL) {
        (void)snprintf(text, sizeof(text), "%.*s:%u",
                       (int)(colon - config->listen), config->listen,
                       role->port + member->number % 10);
        listen = text;
    }
    return serve_override(command, config, "listen", listen);
}

static int run_role(const struct cli_command *command, struct mr_config *config,
                    const struct role *role, struct engine_member *member)
{
    char *api_key = NULL;
    struct mr_err err = { 0 };
    int code = CLI_UNUSABLE;

    if (strcmp(config->bus, "kafka") != 0) {
        (void)fprintf(stderr,
                      "millrace %s: several processes need `bus: kafka` in the "
                      "configuration; with the embedded bus `millrace up` runs "
                      "everything in one\n",
                      command->name);
        return CLI_UNUSABLE;
    }
    member->role = role->name;
    member->advertise = config->cluster.advertise;
    member->ca_file = config->cluster.ca_file;
    if (mr_config_secret(NULL, config->cluster.api_key_file, &api_key, &err) ==
        MR_OK) {
        member->api_key = api_key;
        code = serve_config(config, member, role->role);
    } else {
        (void)fprintf(stderr, "millrace: %s\n", err.text);
    }
    mr_free(api_key);
    return code;
}

static bool is_name(const char *text)
{
    return text[0] != '\0' && strlen(text) < NAME_ROOM &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_") ==
               strlen(text);
}

static int check(const struct cli_command *command, const struct role *role,
                 const char *word, const char *place,
                 struct engine_member *member)
{
    if (role == NULL) {
        const char *names[ROLES];

        for (size_t i = 0; i < ROLES; i++)
            names[i] = roles[i].name;
        return cli_usage(
            command, "\"%s\" is no worker; did you mean %s?", word,
            cli_nearest(word, names, ROLES) == NULL
                ? "ingestor, preprocessor, embedder, indexer or retriever"
                : cli_nearest(word, names, ROLES));
    }
    if (!read_member(place, member))
        return cli_usage(command,
                         "--member \"%s\" is not of the form I/N, such as "
                         "0/2, 1/2",
                         place);
    if (role->single && member->members > 1)
        return cli_usage(command, "there is one %s in a deployment",
                         role->name);
    if (member->name != NULL && !is_name(member->name))
        return cli_usage(command,
                         "--name \"%s\" may hold a-z, 0-9, - and _ only",
                         member->name);
    return -1;
}

int cli_run_worker(const struct cli_command *command, int argc, char **argv)
{
    const char *file = NULL;
    const char *data = NULL;
    const char *listen = NULL;
    const char *place = NULL;
    struct engine_member member = { 0 };
    const struct cli_option options[] = {
        { "config", "FILE", "default ./millrace.yaml if it is there; also -c",
          &file, NULL },
        { "data", "DIR", "the data folder (default millrace-data)", &data,
          NULL },
        { "listen", "HOST:PORT",
          "default 127.0.0.1 and a port of the role and member", &listen,
          NULL },
        { "member", "I/N", "which of N with this role (default 0/1)", &place,
          NULL },
        { "name", "NAME", "unique on the cluster (default ROLE-I)",
          &member.name, NULL },
        { 0 }
    };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    const struct role *role = NULL;
    char name[NAME_ROOM];
    struct mr_config *config;
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    if (code < 0 && count != 1)
        code = cli_usage(command,
                         count == 0 ? "which worker?" : "one worker a process");
    if (code < 0) {
        role = role_of(rest[0]);
        code = check(command, role, rest[0], place, &member);
    }
    mr_free(rest);
    if (code >= 0)
        return code;
    if (member.name == NULL) {
        (void)snprintf(name, sizeof(name), "%s-%u", role->name, member.number);
        member.name = name;
    }
    config = settings_load(file != NULL ? file : settings_default_file());
    if (config == NULL)
        return CLI_UNUSABLE;
    code = CLI_UNUSABLE;
    if (serve_override(command, config, "data", data) &&
        choose_listen(command, config, role, &member, listen))
        code = run_role(command, config, role, &member);
    mr_config_free(config);
    return code;
}
