// SPDX-License-Identifier: Apache-2.0
/*
 * sim_pipeline.c - runs the simulation over many seeds.
 *
 *   MILLRACE_SEED=n            that seed alone, telling every step
 *   MILLRACE_SIM_SEEDS=n       seeds 1 to n instead of the usual number
 *   MILLRACE_SIM_FIRST=n       and from n on instead of from 1
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/sim/scheduler.h"
#include "tests/sim/world.h"

#ifndef SIM_SEEDS
#define SIM_SEEDS 500
#endif

static char repeat[160];
static const char *program;

static void tell_repeat(int number)
{
    ssize_t written = write(STDERR_FILENO, repeat, strlen(repeat));

    (void)written;
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

void world_fail(const char *fmt, ...)
{
    va_list args;

    (void)fflush(stdout);
    (void)fprintf(stderr, "sim: ");
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fprintf(stderr, "\n%s", repeat);
    exit(1);
}

static void run(uint64_t seed, bool loud)
{
    (void)snprintf(repeat, sizeof(repeat), "again: MILLRACE_SEED=%llu %.100s\n",
                   (unsigned long long)seed, program);
    scheduler_run(seed, loud);
}

static uint64_t number_in(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

int main(int count, char **words)
{
    uint64_t seed = number_in("MILLRACE_SEED", 0);
    uint64_t seeds = number_in("MILLRACE_SIM_SEEDS", SIM_SEEDS);

    (void)count;
    program = words[0];
    (void)signal(SIGABRT, tell_repeat);
    (void)signal(SIGSEGV, tell_repeat);
    if (seed > 0) {
        run(seed, getenv("MILLRACE_SIM_QUIET") == NULL);
        (void)printf("MILLRACE_SEED=%llu holds\n", (unsigned long long)seed);
        return 0;
    }
    for (seed = number_in("MILLRACE_SIM_FIRST", 1); seed <= seeds; seed++)
        run(seed, false);
    (void)printf("%llu seeds hold\n", (unsigned long long)seeds);
    return 0;
}
