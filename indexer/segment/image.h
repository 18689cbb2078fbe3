// SPDX-License-Identifier: Apache-2.0
/*
 * image.h - the bytes of a segment: named sections under a checksum.
 *
 * In memory or mapped from a file, it is the same:
 *   magic:u32 "MRSG"  version:u16  kind:u16  sections:u32  0:u32
 *   section: name:u32  0:u32  at:u64  size:u64  checksum:u64 (XXH3)
 *   the sections' bytes, each aligned to 64
 *   checksum:u64 of header and table
 * Nothing in it depends on time, place or addresses: equal content, equal
 * bytes.
 *
 * Memory:  a view borrows the bytes, which begin at a multiple of 8 (mapped, or
 *          from malloc()).
 * Threads: views: any number of readers.
 * I/O:     none; indexer/io maps and writes the files.
 */
#ifndef INDEXER_SEGMENT_IMAGE_H
#define INDEXER_SEGMENT_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

#define IMAGE_SECTIONS_MAX 16u
#define IMAGE_BYTES_MAX    ((size_t)16 * 1024 * 1024 * 1024)

enum image_kind {
    IMAGE_KEYWORD = 1,
    IMAGE_DENSE = 2,
};

struct image_section {
    uint32_t name; /* four characters, see IMAGE_NAME */
    struct mr_span bytes;
};

#define IMAGE_NAME(a, b, c, d)                                  \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | \
     (uint32_t)(d) << 24)

/* Appends a whole image to `out`, which must be empty. */
void image_write(enum image_kind kind, const struct image_section *sections,
                 size_t count, struct mr_buf *out);

/*
 * The same for sections that are large: they are filled where they lie.
 *   image_begin()   into `out`, which must be empty, `count` sections
 *   image_add()     `count` times: room for a section, not set; the place is
 *                   valid until the next call; NULL when `out` is full
 *   image_end()     computes the checksums; nothing when `out` is full
 */
struct image_writer {
    struct mr_buf *out; /* borrowed */
    size_t count;
    size_t added;
};

void image_begin(struct image_writer *writer, enum image_kind kind,
                 size_t count, struct mr_buf *out);
uint8_t *image_add(struct image_writer *writer, uint32_t name, size_t size);
void image_end(struct image_writer *writer);

struct image {
    enum image_kind kind;
    struct image_section sections[IMAGE_SECTIONS_MAX];
    size_t count;
};

/* With `verify` the sections' checksums are computed too, which reads it all.
 * MR_E_DAMAGED: what is broken, in words. */
MR_MUST_CHECK enum mr_code image_parse(struct mr_span bytes, bool verify,
                                       struct image *out, struct mr_err *err);

/* The bytes of a section, absent when there is none. */
struct mr_span image_section(const struct image *image, uint32_t name);

#endif
