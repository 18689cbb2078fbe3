// SPDX-License-Identifier: Apache-2.0
/*
 * nfc.c - see nfc.h.
 *
 * A code point is "loose" when it may change or be changed by what stands
 * before it: marks, the vowels and finals of Hangul, and what decomposes for
 * good.  One that is not loose is a boundary: the normal form of two texts
 * joined before it is their normal forms joined.
 */
#include "common/text/nfc.h"

#include <stdlib.h>
#include <uninorm.h>

#include "common/base/mr_assert.h"
#include "common/text/unicode.h"
#include "common/text/utf8.h"

#define BYTE_ORDER_MARK 0xFEFFu
#define NEXT_LINE       0x85u

struct work {
    const uint8_t *data;
    size_t size;
    struct mr_buf *out;
    struct mr_source_map *map;
    struct mr_nfc_counts *counts;
    size_t run;     /* bytes from here up to `at` are fine and not written */
    size_t starter; /* the last code point of them; `at` when none */
    size_t at;
};

/* Blocks without anything loose, to save the look into the tables: Latin,
 * Greek and Cyrillic letters, kana, Han, Hangul syllables, emoji. */
static bool is_known_tight(uint32_t c)
{
    return c < 0x300u || (c >= 0x388u && c < 0x483u) ||
           (c >= 0x48Au && c < 0x590u) || (c >= 0x2010u && c < 0x2070u) ||
           (c >= 0x3001u && c < 0x302Au) || (c >= 0x3041u && c < 0x3099u) ||
           (c >= 0x309Bu && c < 0x3100u) || (c >= 0x3400u && c < 0xA000u) ||
           (c >= 0xAC00u && c < 0xD7A4u) || (c >= 0xFF01u && c < 0xFFE0u) ||
           c == MR_UTF8_BAD || (c >= 0x1F300u && c < 0x1FB00u);
}

static bool is_loose(uint32_t c)
{
    ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
    int count;

    if (is_known_tight(c))
        return false;
    if ((c >= 0x1160u && c < 0x1200u) ||
        (mr_unicode_category(c) & MR_UNICODE_MARK) != 0)
        return true;
    count = uc_canonical_decomposition(c, parts);
    if (count < 1)
        return false;
    return count != 2 || uc_composition(parts[0], parts[1]) != c;
}

static bool is_plain(uint8_t byte)
{
    return (byte >= 0x20u && byte < 0x7Fu) || byte == '\n' || byte == '\t';
}

static bool is_control(uint32_t c)
{
    return (c < 0x20u && c != '\n' && c != '\t') || (c >= 0x7Fu && c < 0xA0u);
}

/* Writes what is fine up to `end`. */
static void write_run(struct work *work, size_t end)
{
    size_t size = end - work->run;

    mr_buf_append(work->out, work->data + work->run, size);
    if (work->map != NULL)
        mr_source_map_copied(work->map, work->run, size);
    work->run = end;
}

static void write_instead(struct work *work, const void *bytes, size_t size,
                          size_t start, size_t end)
{
    mr_buf_append(work->out, bytes, size);
    if (work->map != NULL)
        mr_source_map_replaced(work->map, size, start, end - start);
    work->run = end;
    work->starter = end;
}

static void count_control(struct work *work, uint32_t c)
{
    work->counts->controls++;
    if (c == 0)
        work->counts->nuls++;
}

/* Bytes `start` up to `end` without their controls, in normal form. */
static void write_composed(struct work *work, size_t start, size_t end)
{
    struct mr_buf chunk = mr_buf(end - start);
    size_t length, at = start;
    uint8_t *composed;

    while (at < end) {
        size_t from = at;

        if (!is_control(mr_utf8_next(work->data, end, &at)))
            mr_buf_append(&chunk, work->data + from, at - from);
    }
    composed = u8_normalize(UNINORM_NFC, chunk.data, chunk.size, NULL, &length);
    if (composed == NULL)
        abort(); /* out of memory; UTF-8 cannot fail otherwise */
    if (length == end - start &&
        memcmp(composed, work->data + start, length) == 0)
        write_run(work, end);
    else
        write_instead(work, composed, length, start, end);
    work->starter = end;
    free(composed);
    mr_buf_deinit(&chunk);
}

/* `at` stands behind a loose code point that began a stretch at `starter`;
 * goes on to the next boundary and writes the whole. */
static void take_stretch(struct work *work)
{
    size_t start = work->starter;
    size_t end = work->at;

    while (work->at < work->size) {
        size_t before = work->at;
        uint32_t c = mr_utf8_next(work->data, work->size, &work->at);

        if (is_control(c) && c != '\r' && c != NEXT_LINE) {
            count_control(work, c);
            continue;
        }
        if (!is_loose(c)) {
            work->at = before;
            break;
        }
        end = work->at;
    }
    write_run(work, start);
    write_composed(work, start, end);
    work->run = work->at;
    work->starter = work->at;
}

/* A control character at `start`, `at` behind it. */
static void take_control(struct work *work, uint32_t c, size_t start)
{
    bool before_newline = work->at < work->size && work->data[work->at] == '\n';

    if (c == NEXT_LINE || (c == '\r' && !before_newline)) {
        write_run(work, start);
        write_instead(work, "\n", 1, start, work->at);
        return;
    }
    if (c != '\r')
        count_control(work, c);
    /* What follows may be a mark of the last starter. */
    while (work->at < work->size) {
        size_t before = work->at;

        c = mr_utf8_next(work->data, work->size, &work->at);
        if (is_control(c) && c != '\r' && c != NEXT_LINE) {
            count_control(work, c);
            continue;
        }
        if (is_loose(c)) {
            take_stretch(work);
            return;
        }
        work->at = before;
        break;
    }
    write_run(work, start);
    work->run = work->at;
    work->starter = work->at;
}

static void take_wide(struct work *work)
{
    size_t start = work->at;
    uint32_t c = mr_utf8_next(work->data, work->size, &work->at);

    if (c == MR_UTF8_BAD &&
        !(work->at - start == 3 &&
          memcmp(work->data + start, "\xEF\xBF\xBD", 3) == 0)) {
        write_run(work, start);
        write_instead(work, "\xEF\xBF\xBD", 3, start, work->at);
        work->counts->bad++;
    } else if (is_control(c)) {
        take_control(work, c, start);
    } else if (is_loose(c)) {
        take_stretch(work);
    } else {
        work->starter = start;
    }
}

/* Byte order marks, and controls: behind one there may be another mark. */
static void skip_beginning(struct work *work)
{
    while (work->at < work->size) {
        size_t before = work->at;
        uint32_t c = mr_utf8_next(work->data, work->size, &work->at);

        if (is_control(c) && c != '\r' && c != NEXT_LINE) {
            count_control(work, c);
        } else if (c != BYTE_ORDER_MARK) {
            work->at = before;
            return;
        }
    }
}

void mr_nfc(struct mr_span text, struct mr_buf *out, struct mr_source_map *map,
            struct mr_nfc_counts *counts)
{
    struct work work = { .data = text.data,
                         .size = text.size,
                         .out = out,
                         .map = map,
                         .counts = counts };

    if (text.size == 0)
        return;
    skip_beginning(&work);
    work.run = work.starter = work.at;
    while (work.at < work.size) {
        if (is_plain(work.data[work.at]))
            work.starter = work.at++;
        else
            take_wide(&work);
    }
    write_run(&work, work.size);
    MR_ASSERT(work.run == work.size);
}
