// SPDX-License-Identifier: Apache-2.0
/*
 * refresh.c - see refresh.h.
 */
#include "ingestor/web/refresh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_time.h"

int64_t refresh_interval_max(int64_t every_ms)
{
    return every_ms * 8;
}

int64_t refresh_interval(int64_t interval_ms, int64_t every_ms, bool changed)
{
    int64_t least = every_ms / 4;
    int64_t most = refresh_interval_max(every_ms);
    int64_t next;

    MR_ASSERT(every_ms > 0 && every_ms <= INT64_MAX / 16);
    if (interval_ms <= 0)
        return every_ms;
    next = changed ? interval_ms / 2 : interval_ms / 2 * 3;
    return next < least ? least : next > most ? most : next;
}

int64_t refresh_http_date(const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char iso[MR_TIME_TEXT_SIZE];
    char month[4];
    const char *found;
    int64_t time_ms;
    int day;
    int year;
    int hour;
    int minute;
    int second;

    if (text == NULL ||
        sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT", &day,
               month, &year, &hour, &minute, &second) != 6 ||
        strlen(month) != 3)
        return -1;
    found = strstr(months, month);
    if (found == NULL || (found - months) % 3 != 0 || year < 1970 || day < 0 ||
        hour < 0 || minute < 0 || second < 0)
        return -1;
    (void)snprintf(iso, sizeof(iso), "%04d-%02d-%02dT%02d:%02d:%02dZ",
                   year % 10000, (int)(found - months) / 3 + 1, day % 100,
                   hour % 100, minute % 100, second % 100);
    return mr_time_parse(mr_span_str(iso), &time_ms) ? time_ms : -1;
}

static int64_t retry_after(const char *header, int64_t now_ms)
{
    char *end;
    long long seconds;
    int64_t date;

    if (header == NULL)
        return 0;
    seconds = strtoll(header, &end, 10);
    if (end != header && *end == '\0')
        return seconds < 0            ? 0
               : seconds > 1000000000 ? INT64_MAX
                                      : (int64_t)seconds * 1000;
    date = refresh_http_date(header);
    return date > now_ms ? date - now_ms : 0;
}

int64_t refresh_backoff(unsigned attempt, const char *header, int64_t now_ms)
{
    int64_t asked = retry_after(header, now_ms);
    int64_t own;

    MR_ASSERT(attempt >= 1);
    own = (int64_t)RETRY_FIRST_MS << (attempt > 10 ? 10 : attempt - 1);
    if (asked > RETRY_AFTER_MS_MAX)
        return -1;
    return asked > own ? asked : own;
}
