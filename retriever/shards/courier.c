// SPDX-License-Identifier: Apache-2.0
/*
 * courier.c - see courier.h.
 */
#include "retriever/shards/courier_state.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

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

    if (set->info == NULL ||
        courier_now(courier) - set->info_us > COURIER_INFO_US)
        return (struct mr_span){ 0 };
    return mr_span(set->info, set->info_size);
}

size_t courier_others(const struct courier *courier, uint32_t partition,
                      uint64_t but, uint64_t out[PEER_REPLICAS_MAX])
{
    return member_set_best(&courier->sets[partition], but, out);
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

void courier_was_garbage(struct courier *courier, const struct errand *errand,
                         const char *words)
{
    struct member *member =
        member_set_find(&courier->sets[errand->partition], errand->replica);

    if (member != NULL)
        courier_failed(courier, member, false, words);
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
    wake_set(set, courier_now(courier));
    latency_call(&set->latency);
    if (!courier_ask_one(courier, errand, false)) {
        courier_end_failed(courier, errand, MR_E_UNAVAILABLE,
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
    if (!courier_ask_one(courier, errand, true))
        return;
    for (struct attempt *one = courier->attempts; one != NULL;
         one = one->next) {
        if (one->errand != errand || one->slow ||
            one->began_us == errand->began_us)
            continue;
        one->slow = true;
        courier_failed(courier, one->member, true, "it is silent");
    }
}

static void hedge(struct courier *courier, struct errand *errand)
{
    struct member_set *set = &courier->sets[errand->partition];
    int64_t patience_us = errand->patience_us;

    errand->hedge_us = INT64_MAX;
    if (!member_set_has_healthy(set, errand->asked, errand->asked_count) ||
        !latency_may_hedge(&set->latency) ||
        !courier_ask_one(courier, errand, true))
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
        courier_end_failed(courier, errand, MR_E_TIMEOUT,
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
    member->probing = courier_start(courier, set, member, NULL, PEER_INFO, body,
                                    COURIER_PROBE_MS);
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
    int64_t now_us = courier_now(courier);
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
    next_us = next_us == INT64_MAX
                  ? COURIER_WAIT_MS_MAX
                  : (next_us - courier_now(courier) + 999) / 1000;
    return next_us < 0                     ? 0
           : next_us > COURIER_WAIT_MS_MAX ? COURIER_WAIT_MS_MAX
                                           : (int)next_us;
}
