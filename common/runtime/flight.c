// SPDX-License-Identifier: Apache-2.0
/*
 * flight.c - see flight.h.
 *
 * A slot is written in such an order that a death between any two stores is
 * read as one before or after: what is in flight is complete before
 * `in_flight` says so, and `in_flight` ends before anything is taken back.
 */
#include "common/runtime/flight.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/runtime/flight_signal.h"
#include "common/runtime/telemetry.h"

#define MAGIC        0x544847494C46524Du /* "MRFLIGHT" on disk */
#define VERSION      1u
#define PAGE_BYTES   4096u
#define FILE_BYTES   ((size_t)PAGE_BYTES * (1 + MR_FLIGHT_SLOTS_MAX))
#define SUSPECTS_MAX 8u
/* The mark of a hang, beside the signals' numbers. */
#define MARK_HANG 1000u
/* How often the watching thread looks. */
#define WATCH_MS 200

/* An input that died alone; deaths 0: a free place. */
struct suspect {
    uint64_t topic;
    uint64_t offset;
    uint32_t partition;
    uint32_t deaths;
};

struct page {
    char name[MR_FLIGHT_NAME_MAX + 1];
    uint32_t in_flight;
    uint32_t alone;
    uint32_t many;
    uint32_t range_count;
    uint32_t mark; /* the signal of its own death, or MARK_HANG; else 0 */
    uint32_t suspect_next;
    struct suspect suspects[SUSPECTS_MAX];
    struct mr_flight_range ranges[MR_FLIGHT_RANGES_MAX];
};

static_assert(sizeof(struct page) <= PAGE_BYTES, "a slot is one page");

struct header {
    uint64_t magic;
    uint32_t version;
};

struct mr_flight_slot {
    struct page *page;
    uint64_t entered; /* counts enters, for the watch */
    /* of the watch */
    uint64_t seen;
    int64_t seen_ms;
};

struct mr_flight {
    struct mr_telemetry *telemetry;
    int64_t hang_ms;
    bool handlers;
    int fd;
    unsigned char *map;
    pthread_mutex_t lock; /* over slots and stopping */
    struct mr_flight_slot *slots[MR_FLIGHT_SLOTS_MAX]; /* NULL: not taken */
    pthread_cond_t stop;
    pthread_t watcher;
    bool watching;
    bool stopping;
};

static struct page *page_at(const struct mr_flight *flight, size_t nth)
{
    return (struct page *)(flight->map + PAGE_BYTES * (1 + nth));
}

/* What cannot be is forgotten: the file is a hint. */
static void check_pages(struct mr_flight *flight)
{
    struct header *header = (struct header *)flight->map;

    if (header->magic != MAGIC || header->version != VERSION) {
        memset(flight->map, 0, FILE_BYTES);
        header->version = VERSION;
        header->magic = MAGIC;
    }
    for (size_t i = 0; i < MR_FLIGHT_SLOTS_MAX; i++) {
        struct page *page = page_at(flight, i);

        if (page->range_count > MR_FLIGHT_RANGES_MAX ||
            page->suspect_next >= SUSPECTS_MAX ||
            page->name[MR_FLIGHT_NAME_MAX] != '\0')
            memset(page, 0, sizeof(*page));
    }
}

static enum mr_code map_file(struct mr_flight *flight, const char *path,
                             struct mr_err *err)
{
    struct stat stat;
    int number;

    if (flock(flight->fd, LOCK_EX | LOCK_NB) != 0)
        return mr_fail(err, MR_E_BUSY,
                       "flight: another process uses %s; stop it first", path);
    if (fstat(flight->fd, &stat) != 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, errno, "flight: %s", path);
    if (stat.st_size != (off_t)FILE_BYTES && ftruncate(flight->fd, 0) != 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, errno, "flight: %s", path);
    number = posix_fallocate(flight->fd, 0, (off_t)FILE_BYTES);
    if (number != 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, number,
                             "flight: %zu bytes for %s", FILE_BYTES, path);
    flight->map = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
                       flight->fd, 0);
    if (flight->map == MAP_FAILED) {
        flight->map = NULL;
        return mr_fail_errno(err, MR_E_UNAVAILABLE, errno, "flight: %s", path);
    }
    check_pages(flight);
    return MR_OK;
}

static bool wait_for_stop(struct mr_flight *flight)
{
    struct timespec until;
    bool stopping;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WATCH_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_mutex_lock(&flight->lock);
    while (!flight->stopping &&
           pthread_cond_timedwait(&flight->stop, &flight->lock, &until) == 0)
        continue;
    stopping = flight->stopping;
    (void)pthread_mutex_unlock(&flight->lock);
    return stopping;
}

/* Each look adds one period, however long the process was stopped. */
static void *watch_main(void *argument)
{
    struct mr_flight *flight = argument;

    while (!wait_for_stop(flight)) {
        if (mr_flight_watch(flight, WATCH_MS))
            abort();
    }
    return NULL;
}

static enum mr_code start_watching(struct mr_flight *flight, struct mr_err *err)
{
    int number = pthread_create(&flight->watcher, NULL, watch_main, flight);

    if (number != 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, number, "flight: a thread");
    flight->watching = true;
    return MR_OK;
}

enum mr_code mr_flight_open(const struct mr_flight_spec *spec,
                            struct mr_flight **out, struct mr_err *err)
{
    struct mr_flight *flight = mr_calloc(1, sizeof(*flight));
    pthread_condattr_t attributes;
    enum mr_code code;

    flight->telemetry = spec->telemetry;
    flight->hang_ms = spec->hang_ms;
    (void)pthread_mutex_init(&flight->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&flight->stop, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    flight->fd = open(spec->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (flight->fd < 0)
        code = mr_fail_errno(err, MR_E_UNAVAILABLE, errno, "flight: %s",
                             spec->path);
    else
        code = map_file(flight, spec->path, err);
    if (code == MR_OK && spec->watch && spec->hang_ms > 0)
        code = start_watching(flight, err);
    if (code != MR_OK) {
        mr_flight_close(flight);
        return code;
    }
    flight->handlers = spec->handlers;
    if (flight->handlers)
        mr_flight_signal_install();
    *out = flight;
    return MR_OK;
}

void mr_flight_close(struct mr_flight *flight)
{
    if (flight == NULL)
        return;
    for (size_t i = 0; i < MR_FLIGHT_SLOTS_MAX; i++)
        MR_ASSERT(flight->slots[i] == NULL);
    if (flight->watching) {
        (void)pthread_mutex_lock(&flight->lock);
        flight->stopping = true;
        (void)pthread_cond_signal(&flight->stop);
        (void)pthread_mutex_unlock(&flight->lock);
        (void)pthread_join(flight->watcher, NULL);
    }
    if (flight->handlers)
        mr_flight_signal_remove();
    if (flight->map != NULL)
        (void)munmap(flight->map, FILE_BYTES);
    if (flight->fd >= 0)
        (void)close(flight->fd);
    (void)pthread_cond_destroy(&flight->stop);
    (void)pthread_mutex_destroy(&flight->lock);
    mr_free(flight);
}

static struct suspect *find_suspect(struct page *page, uint64_t topic,
                                    uint32_t partition, uint64_t offset)
{
    for (size_t i = 0; i < SUSPECTS_MAX; i++) {
        struct suspect *suspect = &page->suspects[i];

        if (suspect->deaths > 0 && suspect->topic == topic &&
            suspect->partition == partition && suspect->offset == offset)
            return suspect;
    }
    return NULL;
}

/* Counts the death that the page tells of, once. */
static void count_death(struct page *page)
{
    const struct mr_flight_range *input = &page->ranges[0];
    struct suspect *suspect;

    if (page->in_flight == 0 || page->alone == 0 || page->mark == 0)
        return;
    page->mark = 0;
    suspect = find_suspect(page, input->topic, input->partition, input->begin);
    if (suspect == NULL) {
        suspect = &page->suspects[page->suspect_next];
        page->suspect_next = (page->suspect_next + 1) % SUSPECTS_MAX;
        *suspect = (struct suspect){
            .topic = input->topic,
            .partition = input->partition,
            .offset = input->begin,
        };
    }
    suspect->deaths++;
}

/* The worker's page of earlier, else one that nobody needs; NULL for none. */
static struct page *find_page(struct mr_flight *flight, const char *name,
                              size_t *nth)
{
    size_t idle = MR_FLIGHT_SLOTS_MAX;

    for (size_t i = 0; i < MR_FLIGHT_SLOTS_MAX; i++) {
        struct page *page = page_at(flight, i);

        if (flight->slots[i] != NULL)
            continue;
        if (strcmp(page->name, name) == 0) {
            *nth = i;
            return page;
        }
        if (idle == MR_FLIGHT_SLOTS_MAX || page->name[0] == '\0') {
            if (idle == MR_FLIGHT_SLOTS_MAX ||
                page_at(flight, idle)->name[0] != '\0')
                idle = i;
        }
    }
    if (idle == MR_FLIGHT_SLOTS_MAX)
        return NULL;
    *nth = idle;
    memset(page_at(flight, idle), 0, sizeof(struct page));
    return page_at(flight, idle);
}

struct mr_flight_slot *mr_flight_take(struct mr_flight *flight,
                                      const char *name)
{
    struct mr_flight_slot *slot = NULL;
    struct page *page;
    size_t nth;

    MR_ASSERT(name[0] != '\0' && strlen(name) <= MR_FLIGHT_NAME_MAX);
    (void)pthread_mutex_lock(&flight->lock);
    page = find_page(flight, name, &nth);
    if (page != NULL) {
        memcpy(page->name, name, strlen(name) + 1);
        count_death(page);
        slot = mr_calloc(1, sizeof(*slot));
        slot->page = page;
        flight->slots[nth] = slot;
    }
    (void)pthread_mutex_unlock(&flight->lock);
    return slot;
}

void mr_flight_give_back(struct mr_flight *flight, struct mr_flight_slot *slot)
{
    (void)pthread_mutex_lock(&flight->lock);
    for (size_t i = 0; i < MR_FLIGHT_SLOTS_MAX; i++) {
        if (flight->slots[i] == slot)
            flight->slots[i] = NULL;
    }
    (void)pthread_mutex_unlock(&flight->lock);
    mr_free(slot);
}

bool mr_flight_unfinished(const struct mr_flight_slot *slot,
                          const struct mr_flight_range **ranges, size_t *count,
                          bool *many)
{
    const struct page *page = slot->page;

    *ranges = page->ranges;
    *count = page->range_count;
    *many = page->many != 0;
    return page->in_flight != 0 && (page->range_count > 0 || page->many != 0);
}

unsigned mr_flight_deaths(const struct mr_flight_slot *slot, uint64_t topic,
                          uint32_t partition, uint64_t offset)
{
    const struct suspect *suspect =
        find_suspect(slot->page, topic, partition, offset);

    return suspect == NULL ? 0 : suspect->deaths;
}

void mr_flight_enter(struct mr_flight_slot *slot,
                     const struct mr_flight_range *ranges, size_t count,
                     size_t inputs)
{
    struct page *page = slot->page;

    __atomic_store_n(&page->in_flight, 0, __ATOMIC_SEQ_CST);
    page->mark = 0;
    page->alone = inputs == 1;
    page->many = count > MR_FLIGHT_RANGES_MAX;
    page->range_count =
        (uint32_t)(count > MR_FLIGHT_RANGES_MAX ? MR_FLIGHT_RANGES_MAX : count);
    if (count > 0)
        memcpy(page->ranges, ranges, page->range_count * sizeof(*ranges));
    __atomic_fetch_add(&slot->entered, 1, __ATOMIC_RELAXED);
    mr_flight_signal_mark(&page->mark);
    __atomic_store_n(&page->in_flight, 1, __ATOMIC_SEQ_CST);
}

void mr_flight_leave(struct mr_flight_slot *slot, bool done)
{
    struct page *page = slot->page;
    struct suspect *suspect;

    __atomic_store_n(&page->in_flight, 0, __ATOMIC_SEQ_CST);
    mr_flight_signal_mark(NULL);
    if (!done || page->alone == 0 || page->range_count == 0)
        return;
    suspect = find_suspect(page, page->ranges[0].topic,
                           page->ranges[0].partition, page->ranges[0].begin);
    if (suspect != NULL)
        suspect->deaths = 0;
}

/* True when the slot's present inputs have been seen for too long. */
static bool hangs(struct mr_flight *flight, struct mr_flight_slot *slot,
                  int64_t passed_ms)
{
    uint64_t entered = __atomic_load_n(&slot->entered, __ATOMIC_RELAXED);

    if (__atomic_load_n(&slot->page->in_flight, __ATOMIC_SEQ_CST) == 0 ||
        entered == 0 || entered != slot->seen) {
        slot->seen = entered;
        slot->seen_ms = 0;
        return false;
    }
    slot->seen_ms += passed_ms;
    return slot->seen_ms > flight->hang_ms;
}

bool mr_flight_watch(struct mr_flight *flight, int64_t passed_ms)
{
    bool found = false;

    if (flight->hang_ms <= 0)
        return false;
    (void)pthread_mutex_lock(&flight->lock);
    for (size_t i = 0; i < MR_FLIGHT_SLOTS_MAX && !found; i++) {
        struct mr_flight_slot *slot = flight->slots[i];

        if (slot == NULL || !hangs(flight, slot, passed_ms))
            continue;
        __atomic_store_n(&slot->page->mark, MARK_HANG, __ATOMIC_RELAXED);
        mr_log(flight->telemetry, MR_EV_HANG, slot->page->name,
               "the same input for more than %lld s: this process ends itself, "
               "and the next one works its inputs singly",
               (long long)(flight->hang_ms / 1000));
        found = true;
    }
    (void)pthread_mutex_unlock(&flight->lock);
    return found;
}
