// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_key.c - `millrace key create|list|revoke`: who may talk to the server.
 *
 * Works on the file in the data folder, whether a server runs or not.  A new
 * secret stands alone on standard output, so that a script can take it, and
 * what is to be said of it on standard error.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/command.h"
#include "cli/settings.h"
#include "common/base/mr_mem.h"
#include "common/base/mr_time.h"
#include "common/http/key_store.h"
#include "common/json/json.h"

#define OUTPUT_MAX ((size_t)4 << 20)
#define DAYS_MAX   36500.0

struct wishes {
    const char *data;
    const char *scope;
    const char *expires;
    const char *collections[MR_KEY_COLLECTIONS_MAX];
    size_t collection_count;
    bool json;
};

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int refuse(const struct mr_err *err)
{
    (void)fprintf(stderr, "millrace: %s\n", err->text);
    return err->code == MR_E_INVALID || err->code == MR_E_LIMIT ? CLI_FAILED
                                                                : CLI_UNUSABLE;
}

/* "90 d", "12h", "30 min", "10 s"; 0: it is none. */
static int64_t duration_ms(const char *text)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {
        { "s", 1e3 }, { "min", 6e4 }, { "h", 3.6e6 }, { "d", 8.64e7 }
    };
    char *end;
    double number = strtod(text, &end);

    if (strspn(text, "0123456789.") != (size_t)(end - text) || !(number > 0))
        return 0;
    end += strspn(end, " ");
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(end, units[i].name) == 0 &&
            number * units[i].ms <= DAYS_MAX * 8.64e7)
            return (int64_t)(number * units[i].ms);
    }
    return 0;
}

/* cli_parse() keeps the last of an option only; these are all of them. */
static int collect(const struct cli_command *command, int argc, char **argv,
                   struct wishes *wishes)
{
    static const char option[] = "--collection";
    size_t size = sizeof(option) - 1;

    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *value = NULL;

        if (strcmp(argv[i], option) == 0)
            value = argv[++i];
        else if (strncmp(argv[i], "--collection=", size + 1) == 0)
            value = argv[i] + size + 1;
        if (value == NULL)
            continue;
        if (!mr_key_name_good(value))
            return cli_usage(
                command, "--collection %s: should be a-z, 0-9, _ and -", value);
        if (wishes->collection_count == MR_KEY_COLLECTIONS_MAX)
            return cli_usage(command, "a key is for %u collections at most",
                             MR_KEY_COLLECTIONS_MAX);
        wishes->collections[wishes->collection_count++] = value;
    }
    return -1;
}

static void put_time(struct mr_json_out *out, const char *name, int64_t time_ms)
{
    char text[MR_TIME_TEXT_SIZE];

    mr_time_text(time_ms, text);
    mr_json_key(out, name);
    mr_json_put_str(out, time_ms == 0 ? NULL : text);
}

/* `secret` NULL: it is not known any more. */
static void put_key(struct mr_json_out *out, const struct mr_key *key,
                    const char *secret)
{
    mr_json_object_begin(out);
    mr_json_key(out, "name");
    mr_json_put_str(out, key->name);
    mr_json_key(out, "id");
    mr_json_put_str(out, key->id);
    mr_json_key(out, "scope");
    mr_json_put_str(out, mr_scope_name(key->scope));
    mr_json_key(out, "collections");
    mr_json_array_begin(out);
    for (size_t i = 0; i < key->collection_count; i++)
        mr_json_put_str(out, key->collections[i]);
    mr_json_array_end(out);
    put_time(out, "created", key->created_ms);
    put_time(out, "expires", key->expires_ms);
    mr_json_key(out, "expired");
    mr_json_put_bool(out, key->expires_ms != 0 && key->expires_ms <= now_ms());
    if (secret != NULL) {
        mr_json_key(out, "secret");
        mr_json_put_str(out, secret);
    }
    mr_json_object_end(out);
}

/* "main, notes", or "all collections". */
static void join_collections(const struct mr_key *key, struct mr_buf *out)
{
    for (size_t i = 0; i < key->collection_count; i++)
        mr_buf_printf(out, "%s%s", i == 0 ? "" : ", ", key->collections[i]);
    if (key->collection_count == 0)
        mr_buf_str(out, "all collections");
}

static void print_created(const struct mr_key *key, const char *secret,
                          bool json)
{
    struct mr_buf buf = mr_buf(OUTPUT_MAX);
    struct mr_json_out out = mr_json_out(&buf);
    char until[MR_TIME_TEXT_SIZE];

    if (json) {
        put_key(&out, key, secret);
        (void)printf("%s\n", mr_buf_text(&buf));
    } else {
        mr_time_text(key->expires_ms, until);
        join_collections(key, &buf);
        (void)fprintf(stderr,
                      "The key \"%s\": scope %s, %s, %s%s.\nIt is shown only "
                      "now; a running server takes it at once.\n",
                      key->name, mr_scope_name(key->scope), mr_buf_text(&buf),
                      key->expires_ms == 0 ? "without end" : "until ",
                      key->expires_ms == 0 ? "" : until);
        (void)printf("%s\n", secret);
    }
    mr_buf_deinit(&buf);
}

static int create(const struct cli_command *command,
                  const struct wishes *wishes, const char *name)
{
    union {
        const char *const *from;
        const char **to;
    } collections = { .from = wishes->collections };
    struct mr_key key = { .name = name,
                          .scope = MR_SCOPE_READ,
                          .collections = collections.to,
                          .collection_count = wishes->collection_count,
                          .created_ms = now_ms() };
    int64_t life_ms =
        wishes->expires == NULL ? 0 : duration_ms(wishes->expires);
    char secret[MR_KEY_SECRET_SIZE];
    struct mr_err err = { 0 };

    if (!mr_key_name_good(name))
        return cli_usage(command, "\"%s\" should be a-z, 0-9, _ and -", name);
    if (wishes->scope != NULL &&
        !mr_scope_parse(mr_span_str(wishes->scope), &key.scope))
        return cli_usage(command, "--scope %s: should be read, write or admin",
                         wishes->scope);
    if (wishes->expires != NULL && life_ms == 0)
        return cli_usage(command,
                         "--expires %s: should be a duration such as 90d, 12h "
                         "or 30min",
                         wishes->expires);
    key.expires_ms = life_ms == 0 ? 0 : key.created_ms + life_ms;
    if (mkdir(wishes->data, 0755) != 0 && errno != EEXIST) {
        (void)mr_fail_errno(&err, MR_E_CONFIG, errno, "data: cannot make %s",
                            wishes->data);
        return refuse(&err);
    }
    if (mr_key_make(&key, secret, &err) != MR_OK ||
        mr_key_file_add(wishes->data, &key, &err) != MR_OK)
        return refuse(&err);
    print_created(&key, secret, wishes->json);
    explicit_bzero(secret, sizeof(secret));
    return CLI_OK;
}

static void print_key(const struct mr_key *key)
{
    struct mr_buf buf = mr_buf(OUTPUT_MAX);
    char created[MR_TIME_TEXT_SIZE];
    char expires[MR_TIME_TEXT_SIZE];

    mr_time_text(key->created_ms, created);
    mr_time_text(key->expires_ms, expires);
    join_collections(key, &buf);
    (void)printf("%-20s %-6s %s, since %.10s, ", key->name,
                 mr_scope_name(key->scope), mr_buf_text(&buf), created);
    if (key->expires_ms == 0)
        (void)printf("without end\n");
    else if (key->expires_ms <= now_ms())
        (void)printf("expired at %s\n", expires);
    else
        (void)printf("until %s\n", expires);
    mr_buf_deinit(&buf);
}

static void print_json(const struct mr_keys *keys)
{
    struct mr_buf buf = mr_buf(OUTPUT_MAX);
    struct mr_json_out out = mr_json_out(&buf);

    mr_json_object_begin(&out);
    mr_json_key(&out, "keys");
    mr_json_array_begin(&out);
    for (size_t i = 0; i < keys->count; i++)
        put_key(&out, &keys->items[i], NULL);
    mr_json_array_end(&out);
    mr_json_object_end(&out);
    (void)printf("%s\n", mr_buf_text(&buf));
    mr_buf_deinit(&buf);
}

static int list(const struct wishes *wishes)
{
    struct mr_err err = { 0 };
    struct mr_keys keys;
    int code = CLI_OK;

    mr_keys_init(&keys);
    if (mr_key_file_read(wishes->data, &keys, &err) != MR_OK)
        code = refuse(&err);
    else if (wishes->json)
        print_json(&keys);
    for (size_t i = 0; code == CLI_OK && !wishes->json && i < keys.count; i++)
        print_key(&keys.items[i]);
    if (code == CLI_OK && !wishes->json && keys.count == 0)
        (void)printf("no keys in %s: only this machine may ask, without one\n",
                     wishes->data);
    mr_keys_deinit(&keys);
    return code;
}

/* All are tried; the first failure is the exit code. */
static int revoke(const struct wishes *wishes, char **names)
{
    int code = CLI_OK;

    for (; *names != NULL; names++) {
        struct mr_err err = { 0 };
        int here = CLI_OK;

        if (mr_key_file_remove(wishes->data, *names, &err) != MR_OK)
            here = refuse(&err);
        else if (!wishes->json)
            (void)printf("\"%s\" is revoked; a running server refuses it from "
                         "now on\n",
                         *names);
        else
            (void)printf("{\"revoked\":\"%s\"}\n", *names);
        code = code == CLI_OK ? here : code;
    }
    return code;
}

static int run_verb(const struct cli_command *command,
                    const struct wishes *wishes, char **rest, int count)
{
    const char *verb = count > 0 ? rest[0] : "";

    if (strcmp(verb, "list") == 0 && count == 1)
        return list(wishes);
    if (strcmp(verb, "create") == 0 && count == 2)
        return create(command, wishes, rest[1]);
    if (strcmp(verb, "revoke") == 0 && count > 1)
        return revoke(wishes, rest + 1);
    return cli_usage(command, "say create NAME, list or revoke NAME");
}

int cli_run_key(const struct cli_command *command, int argc, char **argv)
{
    struct wishes wishes = { 0 };
    const char *file = NULL;
    const char *data = NULL;
    const char *last; /* see collect() */
    const struct cli_option options[] = {
        { "scope", "SCOPE", "create: read (default), write or admin",
          &wishes.scope, NULL },
        { "collection", "NAME",
          "create: only for this one; can be given several times", &last,
          NULL },
        { "expires", "DURATION", "create: such as 90d or 12h; default never",
          &wishes.expires, NULL },
        { "data", "DIR", "the data folder", &data, NULL },
        { "config", "FILE", "default ./millrace.yaml if it is there; also -c",
          &file, NULL },
        { "json", NULL, "print an object", NULL, &wishes.json },
        { 0 }
    };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    struct mr_config *config = NULL;
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    if (code < 0)
        code = collect(command, argc, argv, &wishes);
    if (code < 0) {
        config = settings_load(file != NULL ? file : settings_default_file());
        code = config == NULL ? CLI_UNUSABLE : -1;
    }
    if (code < 0) {
        wishes.data = data != NULL ? data : config->data;
        code = run_verb(command, &wishes, rest, count);
    }
    mr_config_free(config);
    mr_free(rest);
    return code;
}
