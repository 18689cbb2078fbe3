// SPDX-License-Identifier: Apache-2.0
/*
 * source_map.c - see source_map.h.
 */
#include "common/text/source_map.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"
#include "common/base/mr_reader.h"

#define FORMAT 1u

/* Three varints of ten bytes. */
#define RUN_BYTES_MAX 30u

/* Larger than any body, so that sums of parsed sizes cannot overflow. */
#define SIZE_MAX_PARSED ((uint64_t)1 << 40)

void mr_source_map_deinit(struct mr_source_map *map)
{
    mr_free(map->runs);
    *map = (struct mr_source_map){ 0 };
}

static void add(struct mr_source_map *map, struct mr_source_run run)
{
    if (map->count == map->room) {
        map->room = map->room == 0 ? 16 : 2 * map->room;
        map->runs =
            mr_realloc_array(map->runs, map->room, sizeof(map->runs[0]));
    }
    map->runs[map->count++] = run;
    map->text_size += run.text_size;
}

void mr_source_map_copied(struct mr_source_map *map, size_t source, size_t size)
{
    struct mr_source_run *last;

    if (size == 0)
        return;
    last = map->count == 0 ? NULL : &map->runs[map->count - 1];
    if (last != NULL && last->copied &&
        last->source + last->source_size == source) {
        last->text_size += size;
        last->source_size += size;
        map->text_size += size;
        return;
    }
    add(map,
        (struct mr_source_run){ map->text_size, size, source, size, true });
}

void mr_source_map_replaced(struct mr_source_map *map, size_t text_size,
                            size_t source, size_t source_size)
{
    if (text_size == 0)
        return;
    add(map, (struct mr_source_run){ map->text_size, text_size, source,
                                     source_size, false });
}

bool mr_source_map_is_identity(const struct mr_source_map *map,
                               size_t source_size)
{
    if (map->text_size != source_size)
        return false;
    return source_size == 0 ||
           (map->count == 1 && map->runs[0].copied && map->runs[0].source == 0);
}

/* The run that holds byte `at` of the text, which is not empty; the last one
 * when it is past the end. */
static size_t run_of(const struct mr_source_map *map, size_t at)
{
    size_t low = 0, high = map->count;

    MR_ASSERT(map->count > 0);
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (map->runs[middle].text <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static struct mr_source_range part_of(const struct mr_source_run *run,
                                      size_t start, size_t end)
{
    size_t run_end = run->text + run->text_size;
    size_t from = start > run->text ? start - run->text : 0;
    size_t to = (end < run_end ? end : run_end) - run->text;

    if (!run->copied)
        return (struct mr_source_range){ run->source,
                                         run->source + run->source_size };
    return (struct mr_source_range){ run->source + from, run->source + to };
}

static struct mr_source_range place_of(const struct mr_source_map *map,
                                       size_t at)
{
    const struct mr_source_run *run = &map->runs[run_of(map, at)];
    size_t within = at - run->text;
    size_t place;

    if (run->copied)
        place = run->source + within;
    else
        place = run->source + (within < run->text_size ? 0 : run->source_size);
    return (struct mr_source_range){ place, place };
}

struct mr_source_range mr_source_map_lookup(const struct mr_source_map *map,
                                            size_t start, size_t end)
{
    struct mr_source_range range;

    start = start < map->text_size ? start : map->text_size;
    end = end < map->text_size ? end : map->text_size;
    if (map->count == 0)
        return (struct mr_source_range){ 0, 0 };
    if (start >= end)
        return place_of(map, start);

    size_t nth = run_of(map, start);

    range = part_of(&map->runs[nth], start, end);
    while (++nth < map->count && map->runs[nth].text < end) {
        struct mr_source_range part = part_of(&map->runs[nth], start, end);

        range.start = part.start < range.start ? part.start : range.start;
        range.end = part.end > range.end ? part.end : range.end;
    }
    return range;
}

/* A copied run of the outer map, piece by piece of the inner one. */
static void compose_copied(const struct mr_source_run *run,
                           const struct mr_source_map *inner, size_t *hint,
                           struct mr_source_map *out)
{
    size_t at = run->source;
    size_t end = run->source + run->source_size;

    if (*hint >= inner->count || inner->runs[*hint].text > at)
        *hint = run_of(inner, at);
    while (inner->runs[*hint].text + inner->runs[*hint].text_size <= at &&
           *hint + 1 < inner->count)
        (*hint)++;
    while (at < end) {
        const struct mr_source_run *in = &inner->runs[*hint];
        size_t in_end = in->text + in->text_size;
        size_t to = end < in_end || *hint + 1 == inner->count ? end : in_end;
        struct mr_source_range part = part_of(in, at, to);

        if (in->copied && part.end - part.start == to - at)
            mr_source_map_copied(out, part.start, to - at);
        else
            mr_source_map_replaced(out, to - at, part.start,
                                   part.end - part.start);
        at = to;
        if (at < end)
            (*hint)++;
    }
}

void mr_source_map_compose(const struct mr_source_map *outer,
                           const struct mr_source_map *inner,
                           struct mr_source_map *out)
{
    size_t hint = 0;

    MR_ASSERT(out != outer && out != inner);

    out->count = 0;
    out->text_size = 0;
    for (size_t i = 0; i < outer->count; i++) {
        const struct mr_source_run *run = &outer->runs[i];

        if (run->copied && inner->count > 0) {
            compose_copied(run, inner, &hint, out);
            continue;
        }
        struct mr_source_range range = mr_source_map_lookup(
            inner, run->source, run->source + run->source_size);

        mr_source_map_replaced(out, run->text_size, range.start,
                               range.end - range.start);
    }
}

/* Runs `first` up to `end` as one. */
static struct mr_source_run joined(const struct mr_source_run *first,
                                   const struct mr_source_run *end)
{
    struct mr_source_run run = *first;
    size_t source_end = run.source + run.source_size;

    if (first + 1 == end)
        return run;
    run.copied = false;
    while (++first < end) {
        size_t one_end = first->source + first->source_size;

        run.text_size += first->text_size;
        run.source = first->source < run.source ? first->source : run.source;
        source_end = one_end > source_end ? one_end : source_end;
    }
    run.source_size = source_end - run.source;
    return run;
}

void mr_source_map_coarsen(struct mr_source_map *map, size_t runs_max)
{
    size_t group, kept = 0;

    MR_ASSERT(runs_max > 0);
    group = (map->count + runs_max - 1) / runs_max;
    if (group <= 1)
        return;
    for (size_t i = 0; i < map->count; i += group) {
        size_t end = i + group < map->count ? i + group : map->count;

        map->runs[kept++] = joined(map->runs + i, map->runs + end);
    }
    map->count = kept;
}

struct mr_span mr_source_map_encode(const struct mr_source_map *map,
                                    size_t source_size, struct mr_arena *arena)
{
    struct mr_buf buf = mr_buf(1 + map->count * RUN_BYTES_MAX);
    struct mr_span copy;
    size_t end = 0;

    if (mr_source_map_is_identity(map, source_size))
        return mr_span(NULL, 0);
    mr_buf_byte(&buf, FORMAT);
    for (size_t i = 0; i < map->count; i++) {
        const struct mr_source_run *run = &map->runs[i];
        int64_t gap = (int64_t)run->source - (int64_t)end;

        mr_buf_varint(&buf,
                      (uint64_t)run->text_size << 1 | (run->copied ? 0 : 1));
        mr_buf_varint(&buf, (uint64_t)gap << 1 ^ (uint64_t)(gap >> 63));
        if (!run->copied)
            mr_buf_varint(&buf, run->source_size);
        end = run->source + run->source_size;
    }
    MR_ASSERT(!buf.full);
    copy = mr_arena_copy(arena, mr_buf_bytes(&buf));
    mr_buf_deinit(&buf);
    return copy;
}

/* One run, or false. */
static bool read_run(struct mr_reader *in, struct mr_source_map *map,
                     int64_t *end)
{
    uint64_t head = mr_read_varint(in);
    uint64_t zigzag = mr_read_varint(in);
    uint64_t text_size = head >> 1;
    uint64_t source_size = (head & 1) != 0 ? mr_read_varint(in) : text_size;
    int64_t gap = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);

    if (in->overrun || text_size == 0 || text_size > SIZE_MAX_PARSED ||
        source_size > SIZE_MAX_PARSED || gap > (int64_t)SIZE_MAX_PARSED ||
        gap < -(int64_t)SIZE_MAX_PARSED || *end + gap < 0 ||
        *end + gap + (int64_t)source_size > (int64_t)SIZE_MAX_PARSED ||
        map->text_size + text_size > SIZE_MAX_PARSED)
        return false;
    add(map, (struct mr_source_run){ map->text_size, (size_t)text_size,
                                     (size_t)(*end + gap), (size_t)source_size,
                                     (head & 1) == 0 });
    *end += gap + (int64_t)source_size;
    return true;
}

enum mr_code mr_source_map_parse(struct mr_span bytes,
                                 struct mr_source_map *out, struct mr_err *err)
{
    struct mr_reader in = mr_reader(bytes);
    int64_t end = 0;

    *out = (struct mr_source_map){ 0 };
    if (bytes.data == NULL || mr_read_byte(&in) != FORMAT)
        return mr_fail(err, MR_E_CORRUPT,
                       "source map: %zu bytes do not begin with format %u",
                       bytes.size, FORMAT);
    while (in.at < in.size) {
        if (!read_run(&in, out, &end)) {
            mr_source_map_deinit(out);
            return mr_fail(err, MR_E_CORRUPT,
                           "source map: the run before byte %zu is broken",
                           in.at);
        }
    }
    return MR_OK;
}
