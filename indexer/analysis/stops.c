// SPDX-License-Identifier: Apache-2.0
/*
 * stops.c - see stops.h.
 */
#include "indexer/analysis/stops.h"

#define LONGEST 5u

static const char *const english[] = {
    "a",    "an",   "and",  "are",  "as",   "at",    "be",   "but",   "by",
    "for",  "if",   "in",   "into", "is",   "it",    "no",   "not",   "of",
    "on",   "or",   "such", "that", "the",  "their", "then", "there", "these",
    "they", "this", "to",   "was",  "will", "with",
};

bool stops_has(const char *language, struct mr_span word)
{
    if (word.size > LONGEST || language == NULL ||
        strncmp(language, "en", 2) != 0 ||
        (language[2] != '\0' && language[2] != '-'))
        return false;
    for (size_t i = 0; i < sizeof(english) / sizeof(english[0]); i++)
        if (english[i][0] == (char)word.data[0] &&
            mr_span_equal(mr_span_str(english[i]), word))
            return true;
    return false;
}
