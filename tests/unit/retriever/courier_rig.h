// SPDX-License-Identifier: Apache-2.0
/*
 * courier_rig.h - a courier with a clock that moves when told and an HTTP port
 * whose requests end when told, for the tests of courier.h.
 *
 * Memory: static.  Threads: one.  I/O: none.
 */
#ifndef TESTS_UNIT_RETRIEVER_COURIER_RIG_H
#define TESTS_UNIT_RETRIEVER_COURIER_RIG_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/backends/memory/mr_virtual_clock.h"
#include "common/base/mr_mem.h"
#include "common/wire/shard.h"
#include "retriever/shards/choose.h"
#include "retriever/shards/courier.h"
#include "retriever/shards/latency.h"

#define REQUESTS_MAX 64u

struct request {
    char url[128];
    void *tag;
    int64_t total_ms;
    bool ended;
};

struct port {
    struct mr_http http;
    struct request requests[REQUESTS_MAX];
    size_t count;
};

static struct mr_virtual_clock *clock_of;
static struct port port;
static struct courier *courier;
static unsigned done;

static inline enum mr_code port_start(struct mr_http *http,
                                      const struct mr_http_request *request,
                                      struct mr_err *err)
{
    struct request *to = &port.requests[port.count++];

    (void)http;
    (void)err;
    ck_assert_uint_le(port.count, REQUESTS_MAX);
    ck_assert_uint_eq(request->header_count, 2);
    ck_assert_str_eq(request->headers[0].value, "application/x-protobuf");
    ck_assert_str_eq(request->headers[1].name, "Authorization");
    ck_assert_str_eq(request->headers[1].value, "Bearer mr_secret");
    *to =
        (struct request){ .tag = request->tag, .total_ms = request->total_ms };
    (void)snprintf(to->url, sizeof(to->url), "%s", request->url);
    return MR_OK;
}

static inline enum mr_code port_poll(struct mr_http *http, int wait_ms,
                                     struct mr_http_response **out,
                                     struct mr_err *err)
{
    (void)http;
    (void)wait_ms;
    (void)err;
    *out = NULL;
    return MR_OK;
}

static inline void port_free(struct mr_http *http,
                             struct mr_http_response *response)
{
    (void)http;
    mr_free(response->body);
    mr_free(response);
}

static inline void on_done(void *context, struct errand *errand)
{
    (void)context;
    ck_assert(errand->done);
    done++;
}

static inline void setup(void)
{
    static const struct mr_http_ops ops = { .start = port_start,
                                            .poll = port_poll,
                                            .free_response = port_free };
    struct courier_spec spec = { .http = &port.http,
                                 .partitions = 1,
                                 .api_key = "mr_secret",
                                 .done = on_done };

    port = (struct port){ .http = { &ops } };
    clock_of = mr_virtual_clock_new(1000000, false);
    mr_virtual_clock_advance(clock_of, 60000);
    spec.clock = mr_virtual_clock_port(clock_of);
    courier = courier_new(&spec);
    done = 0;
}

static inline void teardown(void)
{
    courier_free(courier);
    mr_virtual_clock_free(clock_of);
}

static inline int64_t now_us(void)
{
    return mr_clock_mono_us(mr_virtual_clock_port(clock_of));
}

/* The request that was sent to this host last and runs still, or NULL. */
static inline struct request *running(const char *host, const char *verb)
{
    for (size_t i = port.count; i-- > 0;) {
        struct request *request = &port.requests[i];

        if (!request->ended && strstr(request->url, host) != NULL &&
            strstr(request->url, verb) != NULL)
            return request;
    }
    return NULL;
}

static inline void end(struct request *request, enum mr_code code, int status,
                       struct mr_span body)
{
    struct mr_http_response *response = mr_calloc(1, sizeof(*response));

    ck_assert_ptr_nonnull(request);
    request->ended = true;
    response->tag = request->tag;
    response->code = code;
    response->status = status;
    if (code != MR_OK)
        (void)mr_fail(&response->err, code, "the words of the port");
    response->body = mr_memdup(body.data, body.size);
    response->body_size = body.size;
    courier_took(courier, response);
}

static inline void answer(struct request *request)
{
    end(request, MR_OK, 200, mr_span_str("a reply"));
}

/* The state of a replica, with its lag. */
static inline void answer_probe(const char *host, uint64_t lag)
{
    struct mr_shard_reply reply = { .verb = MR_SHARD_INFO,
                                    .version = 1,
                                    .counts = { .keyword_lag = lag } };
    struct mr_arena *arena = mr_arena_new();
    struct mr_span bytes;

    ck_assert_int_eq(mr_shard_reply_encode(&reply, arena, &bytes, NULL), MR_OK);
    end(running(host, "/info"), MR_OK, 200, bytes);
    mr_arena_free(arena);
}

static inline struct errand *send(void)
{
    static struct errand errand;

    errand = (struct errand){ .verb = PEER_SEARCH,
                              .body = mr_span_str("x"),
                              .deadline_us = now_us() + 5000000 };
    courier_send(courier, &errand);
    (void)courier_turn(courier);
    return &errand;
}

static inline void settle(struct errand *errand)
{
    mr_free(errand->reply);
    errand->reply = NULL;
}

static inline void answer_errand(struct errand *errand)
{
    answer(running("", "search"));
    ck_assert_int_eq(errand->code, MR_OK);
    settle(errand);
}

/* Replicas at http://aa, http://bb, ...; all of them healthy, probed and not
 * idle. */
static inline void know(size_t count)
{
    struct replica list[3] = { { "http://aa:1", "a" },
                               { "http://bb:1", "b" },
                               { "http://cc:1", "c" } };

    ck_assert_int_eq(courier_set(courier, 0, list, count, NULL), MR_OK);
    answer_errand(send());
    for (size_t i = 0; i < count; i++)
        answer_probe(list[i].address, 0);
    done = 0;
}

static inline void advance(int64_t ms)
{
    mr_virtual_clock_advance(clock_of, ms);
    (void)courier_turn(courier);
}

static inline bool is_healthy(size_t nth)
{
    struct peer_replica replicas[3];

    ck_assert_uint_gt(courier_replicas(courier, 0, replicas, 3), nth);
    return replicas[nth].healthy;
}

#endif
