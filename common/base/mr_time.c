// SPDX-License-Identifier: Apache-2.0
/*
 * mr_time.c - see mr_time.h.
 *
 * Days and civil dates by the era method: 400 years are 146097 days, and a
 * year that begins in March has its leap day last.
 */
#include "common/base/mr_time.h"

#include <stdio.h>

#include "common/base/mr_assert.h"

#define DAY_MS        INT64_C(86400000)
#define DAYS_OF_ERA   INT64_C(146097)
#define DAYS_TO_1970  INT64_C(719468)          /* from 0000-03-01 */
#define TIME_MS_FIRST INT64_C(-62135596800000) /* 0001-01-01 */
#define TIME_MS_LAST  INT64_C(253402300799999) /* 9999-12-31 */

static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t from_march = month > 2 ? month - 3 : month + 9;
    int64_t march_year = month > 2 ? year : year - 1;
    int64_t era = march_year / 400;
    int64_t year_of_era = march_year - era * 400;
    int64_t day_of_year = (153 * from_march + 2) / 5 + day - 1;

    return era * DAYS_OF_ERA + year_of_era * 365 + year_of_era / 4 -
           year_of_era / 100 + day_of_year - DAYS_TO_1970;
}

void mr_time_text(int64_t time_ms, char out[MR_TIME_TEXT_SIZE])
{
    int64_t clamped = time_ms < TIME_MS_FIRST  ? TIME_MS_FIRST
                      : time_ms > TIME_MS_LAST ? TIME_MS_LAST
                                               : time_ms;
    int64_t since = clamped + DAYS_TO_1970 * DAY_MS;
    int64_t days = since / DAY_MS;
    int64_t ms = since % DAY_MS;
    int64_t era = days / DAYS_OF_ERA;
    int64_t day_of_era = days % DAYS_OF_ERA;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
                           day_of_era / 146096) /
                          365;
    int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * day_of_year + 2) / 153;
    int64_t month = from_march < 10 ? from_march + 3 : from_march - 9;
    int64_t year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);

    (void)snprintf(
        out, MR_TIME_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
        (unsigned)year % 10000u, (unsigned)month % 100u,
        (unsigned)(day_of_year - (153 * from_march + 2) / 5 + 1) % 100u,
        (unsigned)(ms / 3600000) % 100u, (unsigned)(ms / 60000 % 60),
        (unsigned)(ms / 1000 % 60), (unsigned)(ms % 1000));
}

/* Exactly `width` digits. */
static bool digits(struct mr_span text, size_t *at, size_t width, int64_t *out)
{
    *out = 0;
    if (text.size - *at < width)
        return false;
    for (size_t i = 0; i < width; i++) {
        uint8_t byte = text.data[(*at)++];

        if (byte < '0' || byte > '9')
            return false;
        *out = *out * 10 + (byte - '0');
    }
    return true;
}

static bool take(struct mr_span text, size_t *at, char byte)
{
    if (*at >= text.size || text.data[*at] != (uint8_t)byte)
        return false;
    (*at)++;
    return true;
}

static bool read_date(struct mr_span text, size_t *at, int64_t *ms)
{
    static const int64_t lengths[] = { 31, 28, 31, 30, 31, 30,
                                       31, 31, 30, 31, 30, 31 };
    int64_t year;
    int64_t month;
    int64_t day;
    bool leap;

    if (!digits(text, at, 4, &year) || !take(text, at, '-') ||
        !digits(text, at, 2, &month) || !take(text, at, '-') ||
        !digits(text, at, 2, &day))
        return false;
    leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (year < 1 || month < 1 || month > 12 || day < 1 ||
        day > lengths[month - 1] + (leap && month == 2 ? 1 : 0))
        return false;
    *ms = days_of(year, month, day) * DAY_MS;
    return true;
}

static bool read_clock(struct mr_span text, size_t *at, int64_t *ms)
{
    int64_t hour;
    int64_t minute;
    int64_t second = 0;
    int64_t digit;
    int64_t scale = 100;

    if (!digits(text, at, 2, &hour) || !take(text, at, ':') ||
        !digits(text, at, 2, &minute))
        return false;
    if (take(text, at, ':') && !digits(text, at, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    *ms += (hour * 3600 + minute * 60 + second) * 1000;
    if (!take(text, at, '.'))
        return true;
    while (*at < text.size && digits(text, at, 1, &digit)) {
        *ms += digit * scale;
        scale /= 10;
        if (*at < text.size && (text.data[*at] < '0' || text.data[*at] > '9'))
            break;
    }
    return scale < 100;
}

static bool read_zone(struct mr_span text, size_t *at, int64_t *ms)
{
    int64_t hour;
    int64_t minute;
    int64_t sign;

    if (*at == text.size || take(text, at, 'Z') || take(text, at, 'z'))
        return true;
    sign = take(text, at, '+') ? -1 : take(text, at, '-') ? 1 : 0;
    if (sign == 0 || !digits(text, at, 2, &hour))
        return false;
    (void)take(text, at, ':');
    if (!digits(text, at, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *ms += sign * (hour * 60 + minute) * 60000;
    return true;
}

bool mr_time_parse(struct mr_span text, int64_t *time_ms)
{
    size_t at = 0;
    int64_t ms;

    if (!read_date(text, &at, &ms))
        return false;
    if (at < text.size) {
        if (!take(text, &at, 'T') && !take(text, &at, 't') &&
            !take(text, &at, ' '))
            return false;
        if (!read_clock(text, &at, &ms) || !read_zone(text, &at, &ms))
            return false;
    }
    *time_ms = ms;
    return at == text.size;
}
