// SPDX-License-Identifier: Apache-2.0
/*
 * courier_attempts.c - errands and the attempts to run them; see courier.h.
 */
#include <stdio.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/wire/shard.h"
#include "retriever/shards/courier_state.h"

#define URL_BYTES 512u

int64_t courier_now(const struct courier *courier)
{
    return mr_clock_mono_us(courier->spec.clock);
}

static void tell_away(const struct courier *courier,
                      const struct member *member, const char *words)
{
    mr_log(courier->spec.telemetry, MR_EV_REPLICA_AWAY, "retriever",
           "shard %u: replica %s at %s: %.700s", member->partition,
           member->name, member->address, words);
}

/* The first failure of a row is told, not each. */
void courier_failed(const struct courier *courier, struct member *member,
                    bool hung, const char *words)
{
    bool was_good = health_good(&member->health);
    int64_t now_us = courier_now(courier);

    health_failed(&member->health, hung, now_us);
    member->probe_us = member->health.away_until_us;
    if (was_good)
        tell_away(courier, member, words);
}

void courier_answered(const struct courier *courier, struct member *member)
{
    bool was_good = health_good(&member->health);

    health_answered(&member->health);
    if (!was_good)
        mr_log(courier->spec.telemetry, MR_EV_REPLICA_BACK, "retriever",
               "shard %u: replica %s at %s answers again", member->partition,
               member->name, member->address);
}

bool courier_start(struct courier *courier, struct member_set *set,
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
        courier_failed(courier, member, false, err.text);
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
                                 .began_us = courier_now(courier) };
    courier->attempts = attempt;
    member->health.outstanding += errand != NULL; /* a probe is nobody's */
    return true;
}

void courier_end(struct courier *courier, struct errand *errand)
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

void courier_end_failed(struct courier *courier, struct errand *errand,
                        enum mr_code code, const char *words)
{
    errand->code = mr_fail(&errand->err, code, "shard %u: %.700s",
                           errand->partition, words);
    courier_end(courier, errand);
}

/* The next that may be asked, or NULL. */
static struct member *next_of(struct courier *courier, struct errand *errand,
                              bool healthy)
{
    struct member_set *set = &courier->sets[errand->partition];

    if (errand->asked_count == PEER_REPLICAS_MAX)
        return NULL;
    if (errand->only != 0)
        return errand->asked_count > 0 ? NULL
                                       : member_set_find(set, errand->only);
    return member_set_choose(set, errand->asked, errand->asked_count,
                             errand->preferred, healthy);
}

bool courier_ask_one(struct courier *courier, struct errand *errand,
                     bool healthy)
{
    struct member_set *set = &courier->sets[errand->partition];
    int64_t left_ms = (errand->deadline_us - courier_now(courier)) / 1000;
    bool started = false;

    while (!started) {
        struct member *member = next_of(courier, errand, healthy);

        if (member == NULL)
            return false;
        errand->asked[errand->asked_count++] = member->id;
        started = courier_start(courier, set, member, errand, errand->verb,
                                errand->body, left_ms);
    }
    errand->running++;
    errand->began_us = courier_now(courier);
    errand->patience_us =
        errand->patient ? INT64_MAX
                        : errand->began_us + latency_patience_us(&set->latency);
    return true;
}
