// SPDX-License-Identifier: Apache-2.0
/*
 * members.c - see members.h.
 */
#include "retriever/shards/members.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

void member_set_init(struct member_set *set, uint32_t partition)
{
    *set =
        (struct member_set){ .partition = partition, .latency = latency_new() };
}

void member_set_deinit(struct member_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        member_drop(set->members[i]);
    mr_free(set->members);
    mr_free(set->info);
}

struct member *member_take(struct member *member)
{
    member->refs++;
    return member;
}

void member_drop(struct member *member)
{
    MR_ASSERT(member->refs > 0);
    if (--member->refs == 0)
        mr_free(member);
}

/* "http://host:port" of printable characters, and no more. */
static enum mr_code check_address(const char *address, struct mr_err *err)
{
    const char *host = strncmp(address, "http://", 7) == 0    ? address + 7
                       : strncmp(address, "https://", 8) == 0 ? address + 8
                                                              : "";
    bool good = *host != '\0' &&
                strlen(address) < sizeof(((struct member *)0)->address);

    for (const char *at = host; good && *at != '\0'; at++)
        good = *at > ' ' && *at < 0x7F && strchr("/?#@\\\"", *at) == NULL;
    if (good)
        return MR_OK;
    return mr_fail(err, MR_E_INVALID,
                   "replica: \"%.300s\" is no address such as "
                   "http://host:port",
                   address);
}

static struct member *find_by_address(const struct member_set *set,
                                      const char *address)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->members[i]->address, address) == 0)
            return set->members[i];
    }
    return NULL;
}

static struct member *make(const struct member_set *set,
                           const struct replica *replica, uint64_t *next_id)
{
    struct member *member = mr_calloc(1, sizeof(*member));

    member->id = ++*next_id;
    member->partition = set->partition;
    member->refs = 1;
    (void)snprintf(member->address, sizeof(member->address), "%s",
                   replica->address);
    return member;
}

static enum mr_code check_list(const struct replica *list, size_t count,
                               struct mr_err *err)
{
    enum mr_code code = MR_OK;

    if (count > PEER_REPLICAS_MAX)
        return mr_fail(err, MR_E_INVALID,
                       "replica: %zu of one partition, at most %u are used",
                       count, PEER_REPLICAS_MAX);
    for (size_t i = 0; code == MR_OK && i < count; i++)
        code = check_address(list[i].address, err);
    return code;
}

enum mr_code member_set_replace(struct member_set *set,
                                const struct replica *list, size_t count,
                                uint64_t *next_id, struct mr_err *err)
{
    struct member_set next = *set;
    enum mr_code code = check_list(list, count, err);

    if (code != MR_OK)
        return code;
    next.members = mr_calloc(count, sizeof(*next.members));
    next.count = 0;
    for (size_t i = 0; i < count; i++) {
        const char *name =
            list[i].name == NULL ? list[i].address : list[i].name;
        struct member *member = find_by_address(set, list[i].address);

        if (find_by_address(&next, list[i].address) != NULL)
            continue; /* named twice */
        member =
            member == NULL ? make(set, &list[i], next_id) : member_take(member);
        (void)snprintf(member->name, sizeof(member->name), "%.63s", name);
        next.members[next.count++] = member;
    }
    for (size_t i = 0; i < set->count; i++) {
        struct member *member = set->members[i];

        member->gone = find_by_address(&next, member->address) == NULL;
        member_drop(member);
    }
    mr_free(set->members);
    *set = next;
    return MR_OK;
}

static uint32_t bits_of(const struct member_set *set, const uint64_t *asked,
                        size_t asked_count)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < set->count; i++) {
        for (size_t k = 0; k < asked_count; k++) {
            if (set->members[i]->id == asked[k])
                bits |= UINT32_C(1) << i;
        }
    }
    return bits;
}

static void healths_of(const struct member_set *set,
                       const struct health *out[PEER_REPLICAS_MAX])
{
    for (size_t i = 0; i < set->count; i++)
        out[i] = &set->members[i]->health;
}

struct member *member_set_choose(struct member_set *set, const uint64_t *asked,
                                 size_t asked_count, uint64_t preferred,
                                 bool healthy)
{
    const struct health *healths[PEER_REPLICAS_MAX];
    uint32_t tried = bits_of(set, asked, asked_count);
    size_t wanted = CHOOSE_NONE;
    size_t nth;

    healths_of(set, healths);
    for (size_t i = 0; i < set->count; i++) {
        if (set->members[i]->id == preferred)
            wanted = i;
    }
    nth = healthy
              ? choose_healthy(healths, set->count, tried, &set->turn)
              : choose_replica(healths, set->count, tried, wanted, &set->turn);
    return nth == CHOOSE_NONE ? NULL : set->members[nth];
}

bool member_set_has_healthy(const struct member_set *set, const uint64_t *asked,
                            size_t asked_count)
{
    const struct health *healths[PEER_REPLICAS_MAX];
    size_t turn = 0;

    healths_of(set, healths);
    return choose_healthy(healths, set->count, bits_of(set, asked, asked_count),
                          &turn) != CHOOSE_NONE;
}

size_t member_set_best(const struct member_set *set, uint64_t but,
                       uint64_t out[PEER_REPLICAS_MAX])
{
    const struct health *healths[PEER_REPLICAS_MAX];
    size_t count = 0;

    healths_of(set, healths);
    for (size_t i = 0; i < set->count; i++) {
        if (set->members[i]->id != but &&
            choose_is_best(healths, set->count, i))
            out[count++] = set->members[i]->id;
    }
    return count;
}

struct member *member_set_find(const struct member_set *set, uint64_t id)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->members[i]->id == id)
            return set->members[i];
    }
    return NULL;
}

size_t member_set_describe(const struct member_set *set,
                           struct peer_replica *out, size_t room)
{
    size_t count = set->count < room ? set->count : room;

    for (size_t i = 0; i < count; i++) {
        const struct member *member = set->members[i];

        out[i] = (struct peer_replica){
            .healthy = health_good(&member->health),
            .lag_known = member->health.lag_known,
            .lag = member->health.lag,
            .outstanding = member->health.outstanding,
        };
        memcpy(out[i].address, member->address, sizeof(out[i].address));
        memcpy(out[i].name, member->name, sizeof(out[i].name));
    }
    return count;
}

void member_set_keep_info(struct member_set *set, struct mr_span bytes,
                          int64_t asked_us)
{
    if (set->info != NULL && asked_us < set->info_us)
        return;
    mr_free(set->info);
    set->info = mr_memdup(bytes.data, bytes.size);
    set->info_size = bytes.size;
    set->info_us = asked_us;
}

void member_set_forget_info(struct member_set *set)
{
    mr_free(set->info);
    set->info = NULL;
    set->info_size = 0;
}
