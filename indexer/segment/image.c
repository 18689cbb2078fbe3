// SPDX-License-Identifier: Apache-2.0
/*
 * image.c - see image.h for the bytes.
 */
#include "indexer/segment/image.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_reader.h"

#define MAGIC         0x4753524Du /* "MRSG" as it lies in memory */
#define VERSION       1u
#define HEADER_BYTES  16u
#define SECTION_BYTES 32u
#define TAIL_BYTES    8u
#define ALIGNMENT     64u

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "images are read in place, so as they lie");
static_assert(ALIGNMENT % TAIL_BYTES == 0, "the tail is aligned as well");

static uint64_t align_up(uint64_t at, uint64_t to)
{
    return (at + to - 1) / to * to;
}

static uint64_t table_end(size_t count)
{
    return HEADER_BYTES + (uint64_t)count * SECTION_BYTES;
}

/* Zeros until `size` bytes are written. */
static void pad_to(struct mr_buf *out, uint64_t size)
{
    uint8_t *at;

    if (out->full)
        return;
    MR_ASSERT(out->size <= size);
    at = mr_buf_grow(out, (size_t)size - out->size);
    if (at != NULL)
        memset(at, 0, (size_t)(out->data + out->size - at));
}

/* A row of the table, as it lies. */
struct row {
    uint32_t name;
    uint32_t zero;
    uint64_t at;
    uint64_t size;
    uint64_t checksum;
};

static_assert(sizeof(struct row) == SECTION_BYTES, "as documented");

static struct row *row_at(const struct mr_buf *out, size_t nth)
{
    return (void *)(out->data + table_end(nth));
}

void image_begin(struct image_writer *writer, enum image_kind kind,
                 size_t count, struct mr_buf *out)
{
    MR_ASSERT(count <= IMAGE_SECTIONS_MAX);
    MR_ASSERT(out->size == 0);
    *writer = (struct image_writer){ .out = out, .count = count };
    mr_buf_u32(out, MAGIC);
    mr_buf_u16(out, VERSION);
    mr_buf_u16(out, (uint16_t)kind);
    mr_buf_u32(out, (uint32_t)count);
    mr_buf_u32(out, 0);
    pad_to(out, table_end(count));
}

uint8_t *image_add(struct image_writer *writer, uint32_t name, size_t size)
{
    struct mr_buf *out = writer->out;
    struct row row = { .name = name, .size = size };
    uint8_t *place;

    MR_ASSERT(writer->added < writer->count);
    pad_to(out, align_up(out->size, ALIGNMENT));
    row.at = out->size;
    place = mr_buf_grow(out, size);
    if (place != NULL)
        *row_at(out, writer->added) = row;
    writer->added++;
    return place;
}

void image_end(struct image_writer *writer)
{
    struct mr_buf *out = writer->out;

    MR_ASSERT(writer->added == writer->count);
    for (size_t i = 0; i < writer->count && !out->full; i++) {
        struct row *row = row_at(out, i);

        row->checksum =
            mr_hash64(mr_span(out->data + row->at, (size_t)row->size), 0);
    }
    pad_to(out, align_up(out->size, TAIL_BYTES));
    if (!out->full)
        mr_buf_u64(
            out,
            mr_hash64(mr_span(out->data, (size_t)table_end(writer->count)), 0));
}

void image_write(enum image_kind kind, const struct image_section *sections,
                 size_t count, struct mr_buf *out)
{
    struct image_writer writer;

    image_begin(&writer, kind, count, out);
    for (size_t i = 0; i < count; i++) {
        struct mr_span bytes = sections[i].bytes;
        uint8_t *place = image_add(&writer, sections[i].name, bytes.size);

        if (place != NULL && bytes.size > 0)
            memcpy(place, bytes.data, bytes.size);
    }
    image_end(&writer);
}

static enum mr_code read_header(struct mr_span bytes, struct image *out,
                                struct mr_err *err)
{
    struct mr_reader in = mr_reader(bytes);
    uint32_t magic = mr_read_u32(&in);
    uint32_t version = mr_read_u16(&in);
    uint32_t kind = mr_read_u16(&in);
    uint32_t count = mr_read_u32(&in);
    struct mr_reader tail;

    if (in.overrun || magic != MAGIC || version != VERSION)
        return mr_fail(err, MR_E_DAMAGED,
                       "segment: %zu bytes, magic %08x, version %u; want magic "
                       "%08x, version %u",
                       bytes.size, magic, version, MAGIC, VERSION);
    if ((kind != IMAGE_KEYWORD && kind != IMAGE_DENSE) ||
        count > IMAGE_SECTIONS_MAX)
        return mr_fail(err, MR_E_DAMAGED,
                       "segment: kind %u with %u sections, at most %u", kind,
                       count, IMAGE_SECTIONS_MAX);
    if (bytes.size < table_end(count) + TAIL_BYTES)
        return mr_fail(err, MR_E_DAMAGED,
                       "segment: cut off after %zu bytes, in its table",
                       bytes.size);
    tail = mr_reader(mr_span(bytes.data + bytes.size - TAIL_BYTES, TAIL_BYTES));
    if (mr_read_u64(&tail) !=
        mr_hash64(mr_span(bytes.data, (size_t)table_end(count)), 0))
        return mr_fail(err, MR_E_DAMAGED,
                       "segment: the table's checksum differs (%zu bytes)",
                       bytes.size);
    out->kind = (enum image_kind)kind;
    out->count = count;
    return MR_OK;
}

static bool is_zero(struct mr_span bytes, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++)
        if (bytes.data[i] != 0)
            return false;
    return true;
}

/* Reads one row of the table; `*end` is where the section before it ends. */
static enum mr_code read_section(struct mr_span bytes, struct mr_reader *in,
                                 bool verify, struct image_section *section,
                                 uint64_t *end, struct mr_err *err)
{
    uint64_t room = bytes.size - TAIL_BYTES;
    uint32_t name = mr_read_u32(in);
    uint32_t zero = mr_read_u32(in);
    uint64_t at = mr_read_u64(in);
    uint64_t size = mr_read_u64(in);
    uint64_t checksum = mr_read_u64(in);
    const char *fault = NULL;

    section->name = name;
    if (zero != 0 || at != align_up(*end, ALIGNMENT) || at > room ||
        size > room - at)
        fault = "is not where it must be";
    else
        section->bytes = mr_span(bytes.data + at, (size_t)size);
    if (fault == NULL && verify &&
        (!is_zero(bytes, *end, at) || mr_hash64(section->bytes, 0) != checksum))
        fault = "differs from its checksum";
    if (fault != NULL)
        return mr_fail(err, MR_E_DAMAGED, "segment: section %.4s %s",
                       (const char *)&name, fault);
    *end = at + size;
    return MR_OK;
}

enum mr_code image_parse(struct mr_span bytes, bool verify, struct image *out,
                         struct mr_err *err)
{
    struct mr_reader in = mr_reader(bytes);
    uint64_t end;
    enum mr_code code;

    MR_ASSERT((uintptr_t)bytes.data % 8 == 0);
    *out = (struct image){ 0 };
    code = read_header(bytes, out, err);
    if (code != MR_OK)
        return code;
    (void)mr_read_span(&in, HEADER_BYTES);
    end = table_end(out->count);
    for (size_t i = 0; i < out->count; i++) {
        code = read_section(bytes, &in, verify, &out->sections[i], &end, err);
        if (code != MR_OK)
            return code;
    }
    MR_ASSERT(!in.overrun);
    if (bytes.size != align_up(end, TAIL_BYTES) + TAIL_BYTES ||
        !is_zero(bytes, end, bytes.size - TAIL_BYTES))
        return mr_fail(err, MR_E_DAMAGED,
                       "segment: %zu bytes, its sections end at %llu",
                       bytes.size, (unsigned long long)end);
    return MR_OK;
}

struct mr_span image_section(const struct image *image, uint32_t name)
{
    for (size_t i = 0; i < image->count; i++)
        if (image->sections[i].name == name)
            return image->sections[i].bytes;
    return (struct mr_span){ 0 };
}
