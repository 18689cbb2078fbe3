// SPDX-License-Identifier: Apache-2.0
/*
 * signals.c - see signals.h.
 */
#include "preprocessor/clean/signals.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/text/unicode.h"
#include "common/text/utf8.h"

struct counts {
    size_t chars;
    size_t letters;
    size_t digits;
    size_t punctuation;
    size_t upper;
    size_t lower;
    size_t run;
};

enum kind {
    OTHER,
    UPPER,
    LOWER,
    LETTER,
    DIGIT,
    PUNCT,
    SPACE
};

static enum kind ascii_kind(uint8_t c)
{
    if (c >= 'a' && c <= 'z')
        return LOWER;
    if (c >= 'A' && c <= 'Z')
        return UPPER;
    if (c >= '0' && c <= '9')
        return DIGIT;
    if (c == ' ' || c == '\n' || c == '\t')
        return SPACE;
    return c > ' ' && c < 0x7Fu ? PUNCT : OTHER;
}

static enum kind wide_kind(uint32_t c)
{
    uint32_t category = mr_unicode_category(c);

    if ((category & MR_UNICODE_LU) != 0)
        return UPPER;
    if ((category & MR_UNICODE_LL) != 0)
        return LOWER;
    if ((category & (MR_UNICODE_LETTER | MR_UNICODE_MARK)) != 0)
        return LETTER;
    if ((category & MR_UNICODE_NUMBER) != 0)
        return DIGIT;
    if ((category & (MR_UNICODE_PUNCTUATION | MR_UNICODE_SYMBOL)) != 0)
        return PUNCT;
    return (category & MR_UNICODE_SEPARATOR) != 0 ? SPACE : OTHER;
}

static struct counts count_characters(struct mr_span text)
{
    size_t kinds[SPACE + 1] = { 0 };
    struct counts counts = { 0 };
    uint32_t last = 0;
    size_t run = 0;

    for (size_t at = 0; at < text.size;) {
        uint32_t c = mr_utf8_next(text.data, text.size, &at);
        enum kind kind = c < 0x80u ? ascii_kind((uint8_t)c) : wide_kind(c);

        kinds[kind]++;
        counts.chars++;
        run = c == last ? run + 1 : 1;
        last = c;
        if (run > counts.run && kind != SPACE)
            counts.run = run;
    }
    counts.letters = kinds[UPPER] + kinds[LOWER] + kinds[LETTER];
    counts.digits = kinds[DIGIT];
    counts.punctuation = kinds[PUNCT];
    counts.upper = kinds[UPPER];
    counts.lower = kinds[LOWER];
    return counts;
}

/* How many hashes there were, and how many had been there before. */
struct repeats {
    uint64_t *slots; /* a table of hashes; 0 is empty */
    size_t mask;
    uint64_t sample; /* hashes with one of these bits are left out */
    size_t seen;
    size_t repeated;
};

static struct repeats repeats_of(size_t expected, struct mr_arena *arena)
{
    struct repeats repeats = { 0 };
    size_t room = 64;

    while (expected > CLEAN_SAMPLE_MAX) {
        expected /= 2;
        repeats.sample = repeats.sample << 1 | 1;
    }
    while (room < 2 * expected)
        room *= 2;
    repeats.slots = mr_arena_calloc(arena, room, sizeof(repeats.slots[0]));
    repeats.mask = room - 1;
    return repeats;
}

static void note_hash(struct repeats *repeats, uint64_t hash)
{
    uint64_t key = hash | 1u;
    size_t at = (size_t)(hash >> 32) & repeats->mask;

    /* A sample may by chance be larger than was expected. */
    if (((hash >> 1) & repeats->sample) != 0 ||
        repeats->seen - repeats->repeated > repeats->mask / 4 * 3)
        return;
    repeats->seen++;
    while (repeats->slots[at] != 0) {
        if (repeats->slots[at] == key) {
            repeats->repeated++;
            return;
        }
        at = (at + 1) & repeats->mask;
    }
    repeats->slots[at] = key;
}

static double share(size_t part, size_t whole)
{
    return whole == 0 ? 0.0 : (double)part / (double)whole;
}

static size_t count_lines(struct mr_span text)
{
    size_t count = 1;

    for (const uint8_t *at = text.data; at != NULL; count++) {
        at = memchr(at, '\n', text.size - (size_t)(at - text.data));
        if (at != NULL)
            at++;
    }
    return count;
}

static double repeated_lines(struct mr_span text, struct mr_arena *arena)
{
    struct repeats repeats = repeats_of(count_lines(text), arena);
    size_t at = 0;

    while (at < text.size) {
        const uint8_t *newline = memchr(text.data + at, '\n', text.size - at);
        size_t end =
            newline == NULL ? text.size : (size_t)(newline - text.data);

        while (at < end && ascii_kind(text.data[at]) == SPACE)
            at++;
        if (at < end)
            note_hash(&repeats,
                      mr_hash64(mr_span(text.data + at, end - at), 0));
        at = end + 1;
    }
    return share(repeats.repeated, repeats.seen);
}

static double repeated_shingles(const struct clean_signals_in *in,
                                struct mr_arena *arena)
{
    struct repeats repeats = repeats_of(in->shingle_count, arena);

    for (size_t i = 0; i < in->shingle_count; i++)
        note_hash(&repeats, in->shingles[i]);
    return share(repeats.repeated, repeats.seen);
}

static void add(struct mr_signals *out, const char *name, double value)
{
    MR_ASSERT(out->count < CLEAN_SIGNALS_MAX);

    out->items[out->count++] =
        (struct mr_signal){ .name = mr_span_str(name), .value = value };
}

void clean_signals(const struct clean_signals_in *in, struct mr_arena *arena,
                   struct mr_signals *out)
{
    struct counts counts = count_characters(in->text);

    out->items =
        mr_arena_calloc(arena, CLEAN_SIGNALS_MAX, sizeof(out->items[0]));
    out->count = 0;
    add(out, "words", (double)in->word_count);
    add(out, "chars", (double)counts.chars);
    add(out, "word_len", share(counts.letters + counts.digits, in->word_count));
    add(out, "letters", share(counts.letters, counts.chars));
    add(out, "digits", share(counts.digits, counts.chars));
    add(out, "punct", share(counts.punctuation, counts.chars));
    add(out, "upper", share(counts.upper, counts.upper + counts.lower));
    add(out, "stop", share(in->stop_count, in->word_count));
    add(out, "run", (double)counts.run);
    add(out, "dup_lines", repeated_lines(in->text, arena));
    add(out, "dup_ngrams", repeated_shingles(in, arena));
    if (in->hidden > 0)
        add(out, "hidden", (double)in->hidden);
    if (in->linked > 0)
        add(out, "linked", share(in->linked, in->text.size));
}

double clean_signal(const struct mr_signals *signals, const char *name,
                    double fallback)
{
    for (size_t i = 0; i < signals->count; i++)
        if (mr_span_equal(signals->items[i].name, mr_span_str(name)))
            return signals->items[i].value;
    return fallback;
}
