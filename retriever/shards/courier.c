// SPDX-License-Identifier: Apache-2.0
/*
 * courier.c - see courier.h.
 *
 * An attempt is one HTTP request.  It outlives its errand when another attempt
 * was quicker; it then counts against its replica until it ends.
 */
#include "retriever/shards/courier.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/wire/shard.h"
#include "retriever/shards/members.h"

#define URL_BYTES 512u

struct attempt {
    struct attempt *next;
    struct errand *errand; /* NULL: a probe, or its errand has ended */
    struct member *member;
    struct member_set *set;
    enum peer_verb verb;
    bool probe;
    bool patient;
    bool slow; /* it was told of as hanging */
    int64_t began_us;
};

struct courier {
    struct courier_spec spec;
    char *authorization;     /* "Bearer ..." or NULL */
    struct member_set *sets; /* one a partition */
    struct errand *queue;    /* sent, not yet looked at; newest first */
    struct errand *running;
    struct attempt *attempts;
    struct mr_arena *arena; /* of one probe */
    uint64_t next_id;
};

static int64_t now_of(const struct courier *courier)
{
    return mr_clock_mono_us(courier->spec.clock);
}

struct courier *courier_new(const struct courier_spec *spec)
{
    struct courier *courier = mr_calloc(1, sizeof(*courier));

    courier->spec = *spec;
    courier->arena = mr_arena_new();
    courier->sets = mr_calloc(spec->partitions, sizeof(*courier->sets));
    for (uint32_t i = 0; i < spec->partitions; i++)
        member_set_init(&courier->sets[i], i);
    if (spec->api_key != NULL) {
        size_t size = strlen(spec->api_key) + sizeof("Bearer ");

        courier->authorization = mr_malloc(size);
        (void)snprintf(courier->authorization, size, "Bearer %s",
                       spec->api_key);
    }
    return courier;
}

void courier_free(struct courier *courier)
{
    if (courier == NULL)
        return;
    while (courier->attempts != NULL) {
        struct attempt *attempt = courier->attempts;

        courier->attempts = attempt->next;
        member_drop(attempt->member);
        mr_free(attempt);
    }
    for (uint32_t i = 0; i < courier->spec.partitions; i++)
        member_set_deinit(&courier->sets[i]);
    mr_free(courier->sets);
    mr_free(courier->authorization);
    mr_arena_free(courier->arena);
    mr_free(courier);
}

enum mr_code courier_set(struct courier *courier, uint32_t partition,
                         const struct replica *list, size_t count,
                         struct mr_err *err)
{
    MR_ASSERT(partition < courier->spec.partitions);
    return member_set_replace(&courier->sets[partition], list, count,
                              &courier->next_id, err);
}

size_t courier_replicas(const struct courier *courier, uint32_t partition,
                        struct peer_replica *out, size_t room)
{
    return member_set_describe(&courier->sets[partition], out, room);
}

struct mr_span courier_info(const struct courier *courier, uint32_t partition)
{
    const struct member_set *set = &courier->sets[partition];

    if (set->info == NULL || now_of(courier) - set->info_us > COURIER_INFO_US)
        return (struct mr_span){ 0 };
    return mr_span(set->info, set->info_size);
}

void courier_forget(struct courier *courier, uint32_t partition)
{
    member_set_forget_info(&courier->sets[partition]);
}

void courier_send(struct courier *courier, struct errand *errand)
{
    MR_ASSERT(errand->partition < courier->spec.partitions);
    errand->done = false;
    errand->code = MR_OK;
    errand->reply = NULL;
    errand->reply_size = 0;
    errand->replica = 0;
    errand->running = 0;
    errand->next = courier->queue;
    courier->queue = errand;
}

static void tell_away(const struct courier *courier,
                      const struct member *member, const char *words)
{
    mr_log(courier->spec.telemetry, MR_EV_REPLICA_AWAY, "retriever",
           "shard %u: replica %s at %s: %.700s", member->partition,
           member->name, member->address, words);
}

/* The first failure of a row is told, not each. */
static void failed(const struct courier *courier, struct member *member,
                   bool hung, const char *words)
{
    bool was_good = health_good(&member->health);
    int64_t now_us = now_of(courier);

    health_failed(&member->health, hung, now_us);
    member->probe_us = member->health.away_until_us;
    if (was_good)
        tell_away(courier, member, words);
}

static void answered(const struct courier *courier, struct member *member)
{
    bool was_good = health_good(&member->health);

    health_answered(&member->health);
    if (!was_good)
        mr_log(courier->spec.telemetry, MR_EV_REPLICA_BACK, "retriever",
               "shard %u: replica %s at %s answers again", member->partition,
               member->name, member->address);
}

void courier_was_garbage(struct courier *courier, const struct errand *errand,
                         const char *words)
{
    struct member *member =
        member_set_find(&courier->sets[errand->partition], errand->replica);

    if (member != NULL)
        failed(courier, member, false, words);
}

/* Starts a request; what cannot even be started has failed. */
static bool start(struct courier *courier, struct member_set *set,
                  struct member *member, struct errand *errand,
                  enum peer_verb verb, struct mr_span body, int64_t total_ms)
{
    const struct mr_http_header headers[] = {
        { "Content-Type", "application/x-protobuf" },
        { "Authorization", courier->authorization },
    };
    struct attempt *attempt = mr_calloc(1, sizeof(*attempt));
    struct mr_err err = { 0 };
    char url[URL_BYTES];
    struct mr_http_request request = {
        .method = "POST",
        .url = url,
        .headers = headers,
        .header_count = courier->authorization == NULL ? 1 : 2,
        .body = body,
        .bytes_max = MR_SHARD_REPLY_BYTES_MAX,
        .total_ms = total_ms < 1 ? 1 : total_ms,
        .allow_private = true,
        .tag = attempt,
    };

    (void)snprintf(url, sizeof(url), "%s/v1/shards/%u/%s", member->address,
                   member->partition, peer_verb_name(verb));
    if (mr_http_start(courier->spec.http, &request, &err) != MR_OK) {
        failed(courier, member, false, err.text);
        mr_free(attempt);
        return false;
    }
    *attempt = (struct attempt){ .next = courier->attempts,
                                 .errand = errand,
                                 .member = member_take(member),
                                 .set = set,
                                 .verb = verb,
                                 .probe = errand == NULL,
                                 .patient = errand != NULL && errand->patient,
                                 .began_us = now_of(courier) };
    courier->attempts = attempt;
    member->health.outstanding++;
    return true;
}

static void end(struct courier *courier, struct errand *errand)
{
    struct errand **link = &courier->running;

    while (*link != errand)
        link = &(*link)->next;
    *link = errand->next;
    for (struct attempt *one = courier->attempts; one != NULL; one = one->next)
        one->errand = one->errand == errand ? NULL : one->errand;
    errand->done = true;
    courier->spec.done(courier->spec.context, errand);
}

static void end_failed(struct courier *courier, struct errand *errand,
                       enum mr_code code, const char *words)
{
    errand->code = mr_fail(&errand->err, code, "shard %u: %.700s",
                           errand->partition, words);
    end(courier, errand);
}

/* Asks one more replica.  False: there is none that was not asked. */
static bool ask_one(struct courier *courier, struct errand *errand,
                    bool healthy)
{
    struct member_set *set = &courier->sets[errand->partition];
    int64_t left_ms = (errand->deadline_us - now_of(courier)) / 1000;
    bool started = false;

    while (!started) {
        struct member *member =
            member_set_choose(set, errand->asked, errand->asked_count,
                              errand->preferred, healthy);

        if (member == NULL || errand->asked_count == PEER_REPLICAS_MAX)
            return false;
        errand->asked[errand->asked_count++] = member->id;
        started = start(courier, set, member, errand, errand->verb,
                        errand->body, left_ms);
    }
    errand->running++;
    errand->began_us = now_of(courier);
    errand->patience_us =
        errand->patient ? INT64_MAX
                        : errand->began_us + latency_patience_us(&set->latency);
    return true;
}

/* It is called: its members are to be known better than while it was not. */
static void wake_set(struct member_set *set, int64_t now_us)
{
    for (size_t i = 0;
         now_us - set->called_us > COURIER_IDLE_US && i < set->count; i++) {
        struct member *member = set->members[i];

        if (health_good(&member->health))
            member->probe_us = now_us;
    }
    set->called_us = now_us;
}

static void begin(struct courier *courier, struct errand *errand)
{
    struct member_set *set = &courier->sets[errand->partition];

    errand->next = courier->running;
    courier->running = errand;
    wake_set(set, now_of(courier));
    latency_call(&set->latency);
    if (!ask_one(courier, errand, false)) {
        end_failed(courier, errand, MR_E_UNAVAILABLE,
                   set->count == 0 ? "no replica of it is known"
                                   : "none of its replicas answers");
        return;
    }
    errand->hedge_us = errand->patient
                           ? INT64_MAX
                           : errand->began_us + latency_hedge_us(&set->latency);
}

/* Its last attempt is silent for so long that its replica is taken for one
 * that hangs, if another one can be asked instead. */
static void lose_patience(struct courier *courier, struct errand *errand)
{
    errand->patience_us = INT64_MAX;
    if (!ask_one(courier, errand, true))
        return;
    for (struct attempt *one = courier->attempts; one != NULL;
         one = one->next) {
        if (one->errand != errand || one->slow ||
            one->began_us == errand->began_us)
            continue;
        one->slow = true;
        failed(courier, one->member, true, "it is silent");
    }
}

static void hedge(struct courier *courier, struct errand *errand)
{
    struct member_set *set = &courier->sets[errand->partition];
    int64_t patience_us = errand->patience_us;

    errand->hedge_us = INT64_MAX;
    if (!member_set_has_healthy(set, errand->asked, errand->asked_count) ||
        !latency_may_hedge(&set->latency) || !ask_one(courier, errand, true))
        return;
    /* The first one's silence still counts from its own beginning. */
    errand->patience_us = patience_us;
    mr_count(courier->spec.telemetry, MR_M_SHARD_HEDGES, NULL, NULL, 1);
}

/* When the errand wants to be looked at again; it may have ended. */
static int64_t look_after(struct courier *courier, struct errand *errand,
                          int64_t now_us)
{
    if (now_us >= errand->deadline_us) {
        end_failed(courier, errand, MR_E_TIMEOUT,
                   "no replica answered in time");
        return INT64_MAX;
    }
    if (now_us >= errand->patience_us)
        lose_patience(courier, errand);
    else if (now_us >= errand->hedge_us)
        hedge(courier, errand);
    now_us = errand->deadline_us;
    now_us = errand->patience_us < now_us ? errand->patience_us : now_us;
    return errand->hedge_us < now_us ? errand->hedge_us : now_us;
}

static void probe(struct courier *courier, struct member_set *set,
                  struct member *member)
{
    struct peer_call call = { .verb = PEER_INFO, .arena = courier->arena };
    struct mr_span body;

    mr_arena_reset(courier->arena);
    if (peer_call_encode(&call, COURIER_PROBE_MS, courier->arena, &body,
                         NULL) != MR_OK)
        return;
    member->probing =
        start(courier, set, member, NULL, PEER_INFO, body, COURIER_PROBE_MS);
}

/* Probes that are due; gives when the next one is. */
static int64_t probe_all(struct courier *courier, int64_t now_us)
{
    int64_t next_us = INT64_MAX;

    for (uint32_t i = 0; i < courier->spec.partitions; i++) {
        struct member_set *set = &courier->sets[i];
        bool idle = now_us - set->called_us > COURIER_IDLE_US;

        for (size_t k = 0; k < set->count; k++) {
            struct member *member = set->members[k];

            if (!member->probing && now_us >= member->probe_us) {
                member->probe_us =
                    now_us + (idle ? COURIER_PROBE_IDLE_US : COURIER_PROBE_US);
                probe(courier, set, member);
            }
            if (!member->probing && member->probe_us < next_us)
                next_us = member->probe_us;
        }
    }
    return next_us;
}

int courier_turn(struct courier *courier)
{
    int64_t now_us = now_of(courier);
    int64_t next_us;
    struct errand *errand;

    while ((errand = courier->queue) != NULL) {
        courier->queue = errand->next;
        begin(courier, errand);
    }
    next_us = probe_all(courier, now_us);
    for (struct errand *after = courier->running; after != NULL;) {
        int64_t due_us;

        errand = after;
        after = errand->next; /* it may end, and is another's then */
        due_us = look_after(courier, errand, now_us);
        next_us = due_us < next_us ? due_us : next_us;
    }
    next_us = next_us == INT64_MAX ? COURIER_WAIT_MS_MAX
                                   : (next_us - now_of(courier) + 999) / 1000;
    return next_us < 0                     ? 0
           : next_us > COURIER_WAIT_MS_MAX ? COURIER_WAIT_MS_MAX
                                           : (int)next_us;
}

/* What a response means. */
enum outcome {
    OUTCOME_REPLY,
    OUTCOME_REFUSED, /* the request is wrong: it is so everywhere */
    OUTCOME_FAILED,
};

static enum outcome outcome_of(const struct mr_http_response *response)
{
    if (response->code != MR_OK)
        return OUTCOME_FAILED;
    switch (response->status) {
    case 200:
        return OUTCOME_REPLY;
    case 400:
    case 413:
        return OUTCOME_REFUSED;
    default:
        return OUTCOME_FAILED;
    }
}

/* A state that a replica told: for the calls, and for choosing. */
static bool keep_info(struct courier *courier, struct attempt *attempt,
                      struct mr_span bytes)
{
    struct peer_call call = { .verb = PEER_INFO, .arena = courier->arena };
    struct member *member = attempt->member;

    mr_arena_reset(courier->arena);
    if (peer_call_parse(&call, bytes, &call.err) != MR_OK) {
        failed(courier, member, false, call.err.text);
        return false;
    }
    member->health.lag_known = true;
    member->health.lag =
        call.info.status.keyword_lag + call.info.status.dense_lag;
    if (!member->gone)
        member_set_keep_info(attempt->set, bytes, attempt->began_us);
    return true;
}

static void words_of(const struct mr_http_response *response, char *out,
                     size_t room)
{
    int shown = response->body_size < 300 ? (int)response->body_size : 300;

    if (response->code != MR_OK)
        (void)snprintf(out, room, "%.600s", response->err.text);
    else
        (void)snprintf(out, room, "it answered with status %d: %.*s",
                       response->status, shown, (const char *)response->body);
}

static void deliver(struct courier *courier, struct errand *errand,
                    const struct attempt *attempt,
                    const struct mr_http_response *response)
{
    errand->reply = mr_memdup(response->body, response->body_size);
    errand->reply_size = response->body_size;
    errand->replica = attempt->member->id;
    end(courier, errand);
}

static void take_failure(struct courier *courier, struct attempt *attempt,
                         const struct mr_http_response *response)
{
    struct errand *errand = attempt->errand;
    char words[700];

    words_of(response, words, sizeof(words));
    /* An attempt that was given up early, or cut by a short deadline, says
     * nothing of its replica. */
    if (response->code != MR_E_TIMEOUT || attempt->slow || attempt->probe ||
        now_of(courier) - attempt->began_us >= LATENCY_PATIENCE_US_MAX)
        failed(courier, attempt->member, response->code == MR_E_TIMEOUT, words);
    mr_count(courier->spec.telemetry, MR_M_SHARD_FAILURES, NULL, NULL, 1);
    if (errand == NULL)
        return;
    errand->running--;
    if (!ask_one(courier, errand, false) && errand->running == 0)
        end_failed(courier, errand, MR_E_UNAVAILABLE, words);
}

static void take_reply(struct courier *courier, struct attempt *attempt,
                       const struct mr_http_response *response)
{
    struct mr_span bytes = mr_span(response->body, response->body_size);

    if (!attempt->patient && attempt->verb != PEER_INFO)
        latency_took(&attempt->set->latency,
                     now_of(courier) - attempt->began_us);
    if (attempt->verb == PEER_INFO && !keep_info(courier, attempt, bytes)) {
        if (attempt->errand == NULL)
            return;
        attempt->errand->running--;
        if (!ask_one(courier, attempt->errand, false) &&
            attempt->errand->running == 0)
            end_failed(courier, attempt->errand, MR_E_UNAVAILABLE,
                       "what answered is no shard");
        return;
    }
    answered(courier, attempt->member);
    if (attempt->errand != NULL)
        deliver(courier, attempt->errand, attempt, response);
}

static void take_refusal(struct courier *courier, struct attempt *attempt,
                         const struct mr_http_response *response)
{
    char words[700];

    words_of(response, words, sizeof(words));
    answered(courier, attempt->member);
    if (attempt->errand != NULL)
        end_failed(courier, attempt->errand,
                   response->status == 413 ? MR_E_LIMIT : MR_E_INVALID, words);
}

void courier_took(struct courier *courier, struct mr_http_response *response)
{
    struct attempt *attempt = response->tag;
    struct attempt **link = &courier->attempts;

    while (*link != attempt)
        link = &(*link)->next;
    *link = attempt->next;
    if (attempt->probe)
        attempt->member->probing = false;
    attempt->member->health.outstanding--;
    switch (outcome_of(response)) {
    case OUTCOME_REPLY:
        take_reply(courier, attempt, response);
        break;
    case OUTCOME_REFUSED:
        take_refusal(courier, attempt, response);
        break;
    case OUTCOME_FAILED:
        take_failure(courier, attempt, response);
        break;
    }
    member_drop(attempt->member);
    mr_free(attempt);
    mr_http_free_response(courier->spec.http, response);
}
