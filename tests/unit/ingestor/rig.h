// SPDX-License-Identifier: Apache-2.0
/*
 * rig.h - a place in memory, a clock that moves when somebody sleeps, and a
 * site behind the http port whose pages a test writes down.
 */
#ifndef TESTS_UNIT_INGESTOR_RIG_H
#define TESTS_UNIT_INGESTOR_RIG_H

#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/backends/memory/mr_memory.h"
#include "common/base/mr_mem.h"
#include "common/ports/clock.h"
#include "common/ports/http.h"
#include "common/runtime/place.h"
#include "common/wire/raw.h"
#include "ingestor/ingestor.h"
#include "ingestor/io/progress.h"

#define RIG_WALL_MS    1700000000000
#define RIG_PAGES_MAX  64u
#define RIG_PARTITIONS 3u

/* What the site answers to a URL. */
struct rig_page {
    const char *url;
    int status;          /* 0: `code` */
    const char *headers; /* "name: value\n..." */
    const char *body;    /* NULL: "<html>URL</html>"-like */
    enum mr_code code;
    unsigned times; /* answers so only so often, then 200 or `then` */
    int then;
};

struct rig {
    struct mr_memory *memory;
    struct mr_place place;
    struct mr_clock clock;
    atomic_llong now_us;
    struct mr_http http;
    struct rig_page pages[RIG_PAGES_MAX];
    size_t page_count;
    struct mr_buf asked; /* URLs in order, a line each; "?" before those with
                            a condition */
    struct mr_http_response *ready[256]; /* a queue */
    size_t ready_from;
    size_t ready_to;
    size_t stop_after; /* requests until `stop` is set; 0: never */
    size_t requests;
    int64_t took_us; /* what a request takes */
    struct ingestor_spec spec;
    struct progress *progress;
    atomic_bool stop;
    uint64_t seen[RIG_PARTITIONS]; /* raw read so far */
    struct mr_arena *arena;
};

static struct rig rig;

static inline int64_t rig_wall_ms(struct mr_clock *clock)
{
    (void)clock;
    return RIG_WALL_MS + atomic_load(&rig.now_us) / 1000;
}

static inline int64_t rig_mono_us(struct mr_clock *clock)
{
    (void)clock;
    return atomic_load(&rig.now_us);
}

static inline void rig_sleep_ms(struct mr_clock *clock, int64_t ms)
{
    (void)clock;
    atomic_fetch_add(&rig.now_us, (ms > 0 ? ms : 1) * 1000);
}

static inline struct rig_page *rig_find(const char *url)
{
    for (size_t i = rig.page_count; i > 0; i--) {
        if (strcmp(rig.pages[i - 1].url, url) == 0)
            return &rig.pages[i - 1];
    }
    return NULL;
}

static inline const char *rig_request_header(
    const struct mr_http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    }
    return NULL;
}

static inline void rig_add_header(struct mr_http_response *response,
                                  const char *line, size_t size)
{
    const char *colon = memchr(line, ':', size);
    size_t at = (size_t)(colon - line);
    char *name = mr_calloc(1, size);
    char *value = mr_calloc(1, size);

    memcpy(name, line, at);
    memcpy(value, colon + 2, size - at - 2);
    response->headers =
        mr_realloc_array(response->headers, response->header_count + 1,
                         sizeof(*response->headers));
    response->headers[response->header_count++] =
        (struct mr_http_header){ name, value };
}

static inline void rig_fill(struct mr_http_response *response,
                            const struct mr_http_request *request)
{
    struct rig_page *page = rig_find(request->url);
    const char *condition = rig_request_header(request, "If-None-Match");
    const char *at;

    response->status = page == NULL ? 404 : page->status;
    if (page == NULL)
        return;
    if (page->times > 0 && --page->times == 0) {
        page->status = page->then > 0 ? page->then : 200;
        page->code = MR_OK;
    }
    if (response->status == 0) {
        response->code = mr_fail(&response->err, page->code, "no such luck");
        return;
    }
    for (at = page->headers; at != NULL && *at != '\0';) {
        size_t size = strcspn(at, "\n");

        rig_add_header(response, at, size);
        at += size + (at[size] == '\n');
    }
    if (page->headers == NULL || strstr(page->headers, "content-type") == NULL)
        rig_add_header(response, "content-type: text/html", 23);
    if (condition != NULL && page->headers != NULL &&
        strstr(page->headers, condition) != NULL) {
        response->status = 304;
        return;
    }
    at = page->body != NULL ? page->body : page->url;
    response->body = mr_memdup(at, strlen(at) + 1);
    response->body_size = strlen(at);
}

static inline enum mr_code rig_start(struct mr_http *http,
                                     const struct mr_http_request *request,
                                     struct mr_err *err)
{
    struct mr_http_response *response = mr_calloc(1, sizeof(*response));
    bool condition = rig_request_header(request, "If-None-Match") != NULL ||
                     rig_request_header(request, "If-Modified-Since") != NULL;

    (void)http;
    (void)err;
    mr_buf_printf(&rig.asked, "%s%s\n", condition ? "?" : "", request->url);
    response->tag = request->tag;
    rig_fill(response, request);
    rig.ready[rig.ready_to++ % 256] = response;
    ck_assert_uint_le(rig.ready_to - rig.ready_from, 256);
    if (++rig.requests == rig.stop_after)
        atomic_store(&rig.stop, true);
    return MR_OK;
}

static inline enum mr_code rig_poll(struct mr_http *http, int wait_ms,
                                    struct mr_http_response **out,
                                    struct mr_err *err)
{
    (void)http;
    (void)err;
    *out = NULL;
    if (rig.ready_from == rig.ready_to) {
        atomic_fetch_add(&rig.now_us, wait_ms * 1000);
        return MR_OK;
    }
    atomic_fetch_add(&rig.now_us, rig.took_us);
    *out = rig.ready[rig.ready_from++ % 256];
    return MR_OK;
}

static inline void rig_free_response(struct mr_http *http,
                                     struct mr_http_response *response)
{
    (void)http;
    for (size_t i = 0; i < response->header_count; i++) {
        union {
            const char *from;
            char *to;
        } name = { .from = response->headers[i].name },
          value = { .from = response->headers[i].value };

        mr_free(name.to);
        mr_free(value.to);
    }
    mr_free(response->headers);
    mr_free(response->body);
    mr_free(response);
}

static inline void rig_open(void)
{
    static const struct mr_clock_ops clock_ops = { .wall_ms = rig_wall_ms,
                                                   .mono_us = rig_mono_us,
                                                   .sleep_ms = rig_sleep_ms };
    static const struct mr_http_ops http_ops = {
        .start = rig_start, .poll = rig_poll, .free_response = rig_free_response
    };
    struct mr_err err = { 0 };
    struct mr_place_spec spec = { .collection = "main",
                                  .generation = 1,
                                  .model = "m",
                                  .partitions = RIG_PARTITIONS };

    rig = (struct rig){ .clock = { .ops = &clock_ops },
                        .http = { .ops = &http_ops },
                        .asked = mr_buf(1u << 20),
                        .took_us = 1000 };
    rig.arena = mr_arena_new();
    rig.memory = mr_memory_new(&rig.clock);
    spec.bus = mr_memory_bus(rig.memory);
    spec.store = mr_memory_store(rig.memory);
    spec.blob = mr_memory_blob(rig.memory);
    spec.clock = &rig.clock;
    ck_assert_msg(mr_place_init(&rig.place, &spec, &err) == MR_OK, "%s",
                  err.text);
    rig.spec.place = &rig.place;
    rig.progress = progress_new("site", NULL);
}

/* Responses that nobody took, as when a process dies. */
static inline void rig_drop_responses(void)
{
    while (rig.ready_from < rig.ready_to)
        rig_free_response(NULL, rig.ready[rig.ready_from++ % 256]);
}

static inline void rig_close(void)
{
    rig_drop_responses();
    progress_free(rig.progress);
    mr_buf_deinit(&rig.asked);
    mr_arena_free(rig.arena);
    mr_memory_free(rig.memory);
}

/* The site answers so from now on. */
static inline struct rig_page *rig_page(const char *url, int status,
                                        const char *headers, const char *body)
{
    struct rig_page *page = rig_find(url);

    if (page == NULL) {
        ck_assert_uint_lt(rig.page_count, RIG_PAGES_MAX);
        page = &rig.pages[rig.page_count++];
    }
    *page = (struct rig_page){
        .url = url, .status = status, .headers = headers, .body = body
    };
    return page;
}

/* The URLs asked for since the last call, a line each. */
static inline const char *rig_asked(void)
{
    const char *text = mr_arena_str(
        rig.arena, mr_span(mr_buf_text(&rig.asked), rig.asked.size));

    mr_buf_reset(&rig.asked);
    return text;
}

static inline int rig_by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline char *rig_line(const struct mr_record *record)
{
    struct mr_raw raw;

    ck_assert_int_eq(mr_raw_parse(record->value, rig.arena, &raw, NULL), MR_OK);
    ck_assert(mr_span_equal(raw.id, record->key));
    if (raw.kind == MR_KIND_DELETE)
        return mr_arena_printf(
            rig.arena, "delete %.*s of %.*s before %llu", MR_SPAN_ARG(raw.id),
            MR_SPAN_ARG(raw.del.source),
            (unsigned long long)(raw.del.before & 0xFFFFFFFFFFFF));
    return mr_arena_printf(rig.arena, "put %.*s", MR_SPAN_ARG(raw.id));
}

/* What was appended to raw since the last call: sorted lines. */
static inline const char *rig_raw(void)
{
    struct mr_buf out = mr_buf(1u << 20);
    char *lines[4096];
    size_t count = 0;
    const char *text;

    for (uint32_t p = 0; p < RIG_PARTITIONS; p++) {
        uint64_t begin;
        uint64_t end;

        ck_assert_int_eq(mr_bus_bounds(rig.place.bus,
                                       rig.place.topics[MR_TOPIC_RAW], p,
                                       &begin, &end, NULL),
                         MR_OK);
        for (; rig.seen[p] < end; rig.seen[p]++) {
            struct mr_record record;

            ck_assert_int_eq(
                mr_bus_fetch(rig.place.bus, rig.place.topics[MR_TOPIC_RAW], p,
                             rig.seen[p], rig.arena, &record, NULL),
                MR_OK);
            ck_assert_uint_lt(count, 4096);
            lines[count++] = rig_line(&record);
        }
    }
    qsort(lines, count, sizeof(*lines), rig_by_text);
    for (size_t i = 0; i < count; i++)
        mr_buf_printf(&out, "%s\n", lines[i]);
    text = mr_arena_str(rig.arena, mr_span(mr_buf_text(&out), out.size));
    mr_buf_deinit(&out);
    return text;
}

/* The newest record of an id, parsed. */
static inline struct mr_raw rig_newest(const char *id)
{
    uint32_t p = mr_place_partition(&rig.place, mr_span_str(id));
    uint64_t begin;
    uint64_t end;

    ck_assert_int_eq(mr_bus_bounds(rig.place.bus,
                                   rig.place.topics[MR_TOPIC_RAW], p, &begin,
                                   &end, NULL),
                     MR_OK);
    while (end > begin) {
        struct mr_record record;
        struct mr_raw raw;

        ck_assert_int_eq(mr_bus_fetch(rig.place.bus,
                                      rig.place.topics[MR_TOPIC_RAW], p, --end,
                                      rig.arena, &record, NULL),
                         MR_OK);
        if (!mr_span_equal(record.key, mr_span_str(id)))
            continue;
        ck_assert_int_eq(mr_raw_parse(record.value, rig.arena, &raw, NULL),
                         MR_OK);
        return raw;
    }
    ck_abort_msg("no record of %s", id);
}

/* The status of the source as text, for strstr(). */
static inline const char *rig_status(void)
{
    struct mr_buf buf = mr_buf(1u << 20);
    struct mr_json_out out = mr_json_out(&buf);
    const char *text;

    mr_json_object_begin(&out);
    progress_render(rig.progress, rig_wall_ms(NULL), &out);
    mr_json_object_end(&out);
    text = mr_arena_str(rig.arena, mr_span(mr_buf_text(&buf), buf.size));
    mr_buf_deinit(&buf);
    return text;
}

static inline void rig_later(int64_t ms)
{
    atomic_fetch_add(&rig.now_us, ms * 1000);
}

#define RIG_STATUS_HAS(text)                                               \
    ck_assert_msg(strstr(rig_status(), text) != NULL, "no %s in %s", text, \
                  rig_status())

#endif
