// SPDX-License-Identifier: Apache-2.0
/*
 * courier_replies.c - what came back from replicas; see courier.h.
 */
#include <stdio.h>

#include "common/base/mr_mem.h"
#include "retriever/shards/courier_state.h"

/* What a response means. */
enum outcome {
    OUTCOME_REPLY,
    OUTCOME_REFUSED, /* the request is wrong: it is so everywhere */
    OUTCOME_BEHIND,  /* it has not seen yet what is wanted: another may have */
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
    case 409:
        return OUTCOME_BEHIND;
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
        courier_failed(courier, member, false, call.err.text);
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
    courier_end(courier, errand);
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
        courier_now(courier) - attempt->began_us >= LATENCY_PATIENCE_US_MAX)
        courier_failed(courier, attempt->member, response->code == MR_E_TIMEOUT,
                       words);
    mr_count(courier->spec.telemetry, MR_M_SHARD_FAILURES, NULL, NULL, 1);
    if (errand == NULL)
        return;
    errand->running--;
    if (!courier_ask_one(courier, errand, false) && errand->running == 0)
        courier_end_failed(courier, errand, MR_E_UNAVAILABLE, words);
}

static void take_reply(struct courier *courier, struct attempt *attempt,
                       const struct mr_http_response *response)
{
    struct mr_span bytes = mr_span(response->body, response->body_size);

    if (!attempt->patient && attempt->verb != PEER_INFO)
        latency_took(&attempt->set->latency,
                     courier_now(courier) - attempt->began_us);
    if (attempt->verb == PEER_INFO && !keep_info(courier, attempt, bytes)) {
        if (attempt->errand == NULL)
            return;
        attempt->errand->running--;
        if (!courier_ask_one(courier, attempt->errand, false) &&
            attempt->errand->running == 0)
            courier_end_failed(courier, attempt->errand, MR_E_UNAVAILABLE,
                               "what answered is no shard");
        return;
    }
    courier_answered(courier, attempt->member);
    if (attempt->errand != NULL)
        deliver(courier, attempt->errand, attempt, response);
}

static void take_behind(struct courier *courier, struct attempt *attempt)
{
    struct errand *errand = attempt->errand;

    courier_answered(courier, attempt->member);
    if (errand == NULL)
        return;
    errand->running--;
    if (!courier_ask_one(courier, errand, false) && errand->running == 0)
        courier_end_failed(courier, errand, MR_E_UNAVAILABLE,
                           "no replica has seen yet what is to be found");
}

static void take_refusal(struct courier *courier, struct attempt *attempt,
                         const struct mr_http_response *response)
{
    char words[700];

    words_of(response, words, sizeof(words));
    courier_answered(courier, attempt->member);
    if (attempt->errand != NULL)
        courier_end_failed(courier, attempt->errand,
                           response->status == 413 ? MR_E_LIMIT : MR_E_INVALID,
                           words);
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
    else
        attempt->member->health.outstanding--;
    switch (outcome_of(response)) {
    case OUTCOME_REPLY:
        take_reply(courier, attempt, response);
        break;
    case OUTCOME_REFUSED:
        take_refusal(courier, attempt, response);
        break;
    case OUTCOME_BEHIND:
        take_behind(courier, attempt);
        break;
    case OUTCOME_FAILED:
        take_failure(courier, attempt, response);
        break;
    }
    member_drop(attempt->member);
    mr_free(attempt);
    mr_http_free_response(courier->spec.http, response);
}
