// SPDX-License-Identifier: Apache-2.0
/*
 * engine_keeper.c - what has to be done now and then: the disk is looked at,
 * and records of the log that newer ones replaced, or that are too old, are
 * removed.
 */
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/engine_parts.h"

#define ROUND_MS      1000
#define CLEAN_US      (INT64_C(300) * 1000000)
#define DIRTY_PERCENT 50u

static void look_at_disk(struct engine *engine)
{
    uint64_t least = engine->options.disk_free_bytes;
    bool was_low = atomic_load(&engine->disk_low);
    struct statvfs disk;
    uint64_t free_bytes;
    bool low;

    if (statvfs(engine->data, &disk) != 0)
        return;
    free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    low = free_bytes < least;
    mr_gauge(engine->telemetry, MR_M_DISK_FREE, NULL, NULL, (double)free_bytes);
    if (low && !was_low)
        mr_log(engine->telemetry, MR_EV_DISK_LOW, NULL,
               "%llu MiB are free at %s, writes are refused below %llu MiB "
               "(limits.disk_free_bytes)",
               (unsigned long long)free_bytes >> 20, engine->data,
               (unsigned long long)least >> 20);
    atomic_store(&engine->disk_low, low);
}

/* The second number of statm: pages that are in memory. */
static void look_at_memory(struct engine *engine)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long long pages;

    if (file == NULL)
        return;
    if (fscanf(file, "%*u %llu", &pages) == 1)
        mr_gauge(engine->telemetry, MR_M_RESIDENT, NULL, NULL,
                 (double)pages * (double)sysconf(_SC_PAGESIZE));
    (void)fclose(file);
}

enum mr_code engine_may_write(void *context, struct mr_err *err)
{
    struct engine *engine = context;

    if (!atomic_load(&engine->disk_low))
        return MR_OK;
    return mr_fail(err, MR_E_UNAVAILABLE,
                   "the disk of %s is nearly full: less than %llu MiB are free "
                   "(limits.disk_free_bytes); make room and try again",
                   engine->data,
                   (unsigned long long)engine->options.disk_free_bytes >> 20);
}

static void clean_log(struct engine *engine)
{
    struct mr_rocksdb_cleaned cleaned = { 0 };
    struct mr_err err = { 0 };

    if (mr_rocksdb_clean_all(engine->log, DIRTY_PERCENT, &cleaned, &err) !=
        MR_OK)
        mr_log(engine->telemetry, MR_EV_NOTE, NULL,
               "cleaning the log failed and is tried again later: %s",
               err.text);
    else if (cleaned.removed > 0)
        mr_log(engine->telemetry, MR_EV_NOTE, NULL,
               "%llu replaced or expired records were removed from the log",
               (unsigned long long)cleaned.removed);
}

static void look_at_bus(struct engine *engine)
{
    struct mr_err err = { 0 };

    if (engine->kafka != NULL && mr_kafka_check(engine->kafka, &err) != MR_OK)
        engine_part_ended(engine, &err);
}

static void *keep(void *context)
{
    struct engine *engine = context;
    struct mr_clock *clock = mr_system_clock_port(engine->clock);
    int64_t cleaned_us = mr_clock_mono_us(clock);

    while (!atomic_load(&engine->ending)) {
        mr_clock_sleep_ms(clock, ROUND_MS);
        look_at_disk(engine);
        look_at_bus(engine);
        look_at_memory(engine);
        if (mr_clock_mono_us(clock) - cleaned_us < CLEAN_US ||
            atomic_load(&engine->ending))
            continue;
        clean_log(engine);
        cleaned_us = mr_clock_mono_us(clock);
    }
    return NULL;
}

enum mr_code engine_start_keeper(struct engine *engine, struct mr_err *err)
{
    int error;

    look_at_disk(engine);
    look_at_memory(engine);
    error = pthread_create(&engine->keeper, NULL, keep, engine);
    if (error != 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, error, "keeper: thread");
    engine->keeping = true;
    return MR_OK;
}

/* Told before its sleep ends: else it would turn without a pause until then. */
void engine_stop_keeper(struct engine *engine)
{
    atomic_store(&engine->ending, true);
    if (engine->clock != NULL)
        mr_system_clock_stop(engine->clock);
    if (engine->keeping)
        (void)pthread_join(engine->keeper, NULL);
    engine->keeping = false;
}
