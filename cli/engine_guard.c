// SPDX-License-Identifier: Apache-2.0
/*
 * engine_guard.c - who may call: the holders of keys; or, where there are no
 * keys yet, whoever is on this machine.
 *
 * Without keys a request must name this machine, as Host and as Origin: a web
 * page of somebody else cannot write into a server on it.  With keys that is
 * not asked: the page would have to know one.
 *
 * Nothing is slowed down for calls with wrong keys: 256 bits are not guessed,
 * and whoever sits behind the same address would be slowed along.  They are
 * counted, and logged once a minute and address.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "cli/engine_parts.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_time.h"
#include "common/http/handler.h"

#define LOG_EVERY_US INT64_C(60000000)

/* The host in "http://host:port". */
static bool is_own_origin(struct mr_span origin)
{
    static const char *const prefixes[] = { "http://", "https://" };

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t size = strlen(prefixes[i]);

        if (mr_span_starts(origin, mr_span_str(prefixes[i])))
            return engine_is_loopback(
                mr_span(origin.data + size, origin.size - size));
    }
    return false;
}

static bool names_us(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct mr_span host = mr_http_call_header(call, "Host");
    struct mr_span origin = mr_http_call_header(call, "Origin");

    if (host.data != NULL && !engine_is_loopback(host)) {
        mr_http_reply_error(reply, 403, "foreign_host",
                            "this server answers to loopback names only, not "
                            "to \"%.*s\"",
                            MR_SPAN_ARG(host));
        return false;
    }
    if (origin.data != NULL && !is_own_origin(origin)) {
        mr_http_reply_error(reply, 403, "foreign_origin",
                            "pages of \"%.*s\" may not talk to this server",
                            MR_SPAN_ARG(origin));
        return false;
    }
    return true;
}

static struct mr_span trim(struct mr_span text)
{
    while (text.size > 0 && isspace(text.data[text.size - 1]))
        text.size--;
    while (text.size > 0 && isspace(text.data[0]))
        text = mr_span(text.data + 1, text.size - 1);
    return text;
}

/* Absent when there is none; an empty one is a wrong one. */
static struct mr_span secret_of(const struct mr_http_call *call)
{
    static const char scheme[] = "Bearer ";
    struct mr_span given = mr_http_call_header(call, "Authorization");

    if (given.size >= sizeof(scheme) - 1 &&
        strncasecmp((const char *)given.data, scheme, sizeof(scheme) - 1) == 0)
        return trim(mr_span(given.data + sizeof(scheme) - 1,
                            given.size - sizeof(scheme) + 1));
    return trim(mr_http_call_header(call, "X-API-Key"));
}

/* Whether a line may be written about the address, and of how many refusals;
 * a few addresses share a place, and so their lines. */
static bool may_log(struct engine *engine, const char *address,
                    unsigned long *refusals)
{
    int64_t now_us = mr_clock_mono_us(mr_system_clock_port(engine->clock));
    struct engine_refusals *place =
        &engine->refusals[mr_hash64(mr_span_str(address), 0) % ENGINE_REFUSALS];
    bool due;

    (void)pthread_mutex_lock(&engine->lock);
    *refusals = ++place->count;
    due = place->logged_us == 0 || now_us - place->logged_us >= LOG_EVERY_US;
    if (due)
        *place = (struct engine_refusals){ .logged_us = now_us };
    (void)pthread_mutex_unlock(&engine->lock);
    return due;
}

static void count_refusal(struct engine *engine, const char *reason,
                          const struct mr_http_call *call,
                          const struct mr_http_peer *peer)
{
    unsigned long refusals;

    mr_count(engine->telemetry, MR_M_AUTH_FAILURES, reason, NULL, 1);
    if (may_log(engine, peer->address, &refusals))
        mr_log(engine->telemetry, MR_EV_AUTH_REFUSED, NULL,
               "%s was refused, %s %.200s, key: %s; %lu of the "
               "address since the last such line",
               peer->address, call->method, call->path, reason, refusals);
}

static void refuse(const struct mr_http_call *call,
                   const struct mr_key_answer *answer, const char *collection,
                   struct mr_http_reply *reply)
{
    const char *needed = mr_scope_name(call->scope);
    char time[MR_TIME_TEXT_SIZE];

    switch (answer->verdict) {
    case MR_KEY_GOOD:
        MR_UNREACHABLE();
    case MR_KEY_MISSING:
        mr_http_reply_error(reply, 401, "no_key",
                            "this server wants an API key, as the header "
                            "\"Authorization: Bearer KEY\"; whoever runs it "
                            "makes one with `millrace key create`");
        mr_http_reply_header(reply, "WWW-Authenticate",
                             "Bearer realm=\"millrace\"");
        return;
    case MR_KEY_UNKNOWN:
        mr_http_reply_error(reply, 401, "bad_key",
                            "no such API key: it was revoked, or is not "
                            "written as it was given");
        break;
    case MR_KEY_EXPIRED:
        mr_time_text(answer->expires_ms, time);
        mr_http_reply_error(reply, 401, "expired_key",
                            "the API key \"%s\" expired at %s", answer->name,
                            time);
        break;
    case MR_KEY_SCOPE:
        mr_http_reply_error(reply, 403, "scope",
                            "this needs an API key of scope %s; \"%s\" is of "
                            "scope %s",
                            needed, answer->name, mr_scope_name(answer->scope));
        mr_http_reply_header(reply, "WWW-Authenticate",
                             "Bearer realm=\"millrace\", "
                             "error=\"insufficient_scope\", scope=\"%s\"",
                             needed);
        return;
    case MR_KEY_COLLECTION:
        mr_http_reply_error(reply, 403, "other_collection",
                            "the API key \"%s\" is not for the collection "
                            "\"%s\"",
                            answer->name, collection);
        return;
    }
    mr_http_reply_header(reply, "WWW-Authenticate",
                         "Bearer realm=\"millrace\", error=\"invalid_token\"");
}

/* Once for each change of the file. */
static void tell_change(struct engine *engine, enum mr_code code,
                        const struct mr_key_answer *answer,
                        const struct mr_err *err)
{
    if (!answer->changed)
        return;
    if (code != MR_OK)
        mr_log(engine->telemetry, MR_EV_KEYS_DAMAGED, NULL, "%s", err->text);
    else if (answer->count > 0 || atomic_load(&engine->had_keys))
        mr_log(engine->telemetry, MR_EV_KEYS_READ, NULL,
               "%zu API keys are in force", answer->count);
    if (code != MR_OK || answer->count > 0)
        atomic_store(&engine->had_keys, true);
}

/* Whether the peer needs no key. */
static bool is_open(const struct engine *engine, enum mr_code code, size_t keys,
                    const struct mr_http_peer *peer)
{
    if (peer->loopback && engine->options.http.loopback_open)
        return true;
    return code == MR_OK && keys == 0 &&
           engine_is_loopback(mr_span_str(engine->options.listen));
}

/* The collection that is meant, as a text. */
static const char *collection_of(const struct engine *engine,
                                 const struct mr_http_call *call)
{
    struct mr_span named = mr_http_collection(call);

    return named.data == NULL ? engine->place.collection
                              : mr_arena_str(call->arena, named);
}

bool engine_guard(void *context, struct mr_http_call *call,
                  struct mr_http_reply *reply)
{
    struct engine *engine = context;
    struct mr_http_peer peer = mr_http_call_peer(call);
    const char *collection = collection_of(engine, call);
    const struct mr_key_ask ask = {
        .secret = secret_of(call),
        .needed = call->scope,
        .collection = mr_span_str(collection),
        .now_ms = mr_clock_wall_ms(mr_system_clock_port(engine->clock)),
    };
    struct mr_key_answer answer;
    struct mr_err err = { 0 };
    enum mr_code code = mr_key_store_judge(engine->keys, &ask, &answer, &err);

    tell_change(engine, code, &answer, &err);
    if (is_open(engine, code, answer.count, &peer))
        return names_us(call, reply);
    if (call->scope == MR_SCOPE_OPEN)
        return true;
    if (code == MR_OK && answer.verdict == MR_KEY_GOOD)
        return true;
    count_refusal(
        engine, code == MR_OK ? mr_key_verdict_name(answer.verdict) : "damaged",
        call, &peer);
    if (code == MR_OK)
        refuse(call, &answer, collection, reply);
    else
        mr_http_reply_error(reply, 503, "keys_damaged",
                            "the server's file of API keys is damaged, so "
                            "nobody is let in; its log says what is wrong");
    return false;
}
