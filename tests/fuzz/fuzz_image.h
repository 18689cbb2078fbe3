// SPDX-License-Identifier: Apache-2.0
/*
 * fuzz_image.h - images with wrong contents and right checksums.
 *
 * What a fuzzer writes would end at the first checksum.  So it is taken as
 * changes of a good image's sections, which is then sealed again:
 *   section:u8  at:u16  byte:u8      sets a byte
 *   section:u8 with the highest bit  size:u16, unused:u8: cuts the section
 */
#ifndef TESTS_FUZZ_FUZZ_IMAGE_H
#define TESTS_FUZZ_FUZZ_IMAGE_H

#include "common/base/mr_mem.h"
#include "common/base/mr_reader.h"
#include "indexer/segment/image.h"

static inline void fuzz_change(struct image_section *section, uint8_t *bytes,
                               bool cut, uint16_t at, uint8_t byte)
{
    if (section->bytes.size == 0)
        return;
    if (cut)
        section->bytes.size = at % (section->bytes.size + 1);
    else
        bytes[at % section->bytes.size] = byte;
}

/* `out`, which is empty, is the changed image; `good` is one of ours. */
static inline void fuzz_image(struct mr_span good, struct mr_span changes,
                              struct mr_buf *out)
{
    struct mr_reader in = mr_reader(changes);
    uint8_t *copies[IMAGE_SECTIONS_MAX];
    struct image image;

    if (image_parse(good, true, &image, NULL) != MR_OK)
        __builtin_trap();
    for (size_t i = 0; i < image.count; i++) {
        struct mr_span *bytes = &image.sections[i].bytes;

        copies[i] = mr_memdup(bytes->data, bytes->size);
        bytes->data = copies[i];
    }
    while (in.at + 4 <= in.size) {
        uint8_t section = mr_read_byte(&in);
        uint16_t at = mr_read_u16(&in);
        uint8_t byte = mr_read_byte(&in);
        size_t nth = (section & 0x7Fu) % image.count;

        fuzz_change(&image.sections[nth], copies[nth], (section & 0x80u) != 0,
                    at, byte);
    }
    image_write(image.kind, image.sections, image.count, out);
    for (size_t i = 0; i < image.count; i++)
        mr_free(copies[i]);
}

#endif
