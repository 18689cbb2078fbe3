// SPDX-License-Identifier: Apache-2.0
/*
 * ingest_show.c - what somebody at the terminal sees of `millrace ingest`: a
 * bar, how fast it goes, how long it will take, and, after Ctrl-C, what
 * happens with what was given.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/ingest.h"

#define BAR_WIDTH   24
#define COLUMNS     80
#define COLUMNS_MAX 200
/* A rate is of the last one or two of these. */
#define PACE_S 5.0
/* Before that there is no rate: the first documents tell too little. */
#define PACE_MIN_S 1.0

static const char *volatile interrupt_words = "";

static int columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20)
        return COLUMNS;
    return size.ws_col < COLUMNS_MAX ? size.ws_col : COLUMNS_MAX;
}

void ingest_bar(const char *name, double part, const char *words)
{
    char bar[BAR_WIDTH + 1];
    char line[COLUMNS_MAX];
    int filled = part > 0 ? (int)(part * BAR_WIDTH) : 0;

    if (isatty(STDERR_FILENO) == 0)
        return;
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    /* Cut, since a line that wraps cannot be drawn over. */
    (void)snprintf(line, (size_t)columns(), "%.40s [%s] %s", name, bar, words);
    (void)fprintf(stderr, "\r%s\033[K", line);
}

void ingest_bar_clear(void)
{
    if (isatty(STDERR_FILENO) == 1)
        (void)fprintf(stderr, "\r\033[K");
}

static double now_s(void)
{
    struct timespec now = { 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void write_left(double seconds, char *out, size_t size)
{
    if (seconds < 90)
        (void)snprintf(out, size, ", %.0f s left", ceil(seconds));
    else if (seconds < 5400)
        (void)snprintf(out, size, ", %.0f min left", seconds / 60);
    else
        (void)snprintf(out, size, ", %.0f h left", seconds / 3600);
}

const char *ingest_pace_text(struct ingest_pace *pace, double done,
                             double total, const char *unit)
{
    double now = now_s();
    double took;
    double rate;
    int used;

    if (pace->at[0] <= 0)
        *pace =
            (struct ingest_pace){ .at = { now, now }, .done = { done, done } };
    if (now - pace->at[1] >= PACE_S) {
        pace->at[0] = pace->at[1];
        pace->done[0] = pace->done[1];
        pace->at[1] = now;
        pace->done[1] = done;
    }
    pace->text[0] = '\0';
    took = now - pace->at[0];
    rate = took < PACE_MIN_S ? 0 : (done - pace->done[0]) / took;
    if (rate <= 0)
        return pace->text;
    used = snprintf(pace->text, sizeof(pace->text), ", %.*f%s/s",
                    rate < 10 ? 1 : 0, rate, unit);
    if (total > done)
        write_left((total - done) / rate, pace->text + used,
                   sizeof(pace->text) - (size_t)used);
    return pace->text;
}

/* Only what a signal handler may call. */
static void interrupted(int number)
{
    const char *words = interrupt_words;

    (void)!write(STDERR_FILENO, words, strlen(words));
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

void ingest_on_interrupt(const char *words)
{
    struct sigaction now;

    interrupt_words = words;
    /* A shell's background job ignores it, and goes on doing so. */
    if (sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
        (void)signal(SIGINT, interrupted);
}
