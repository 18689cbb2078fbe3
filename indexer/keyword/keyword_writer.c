// SPDX-License-Identifier: Apache-2.0
/*
 * keyword_writer.c - see keyword_writer.h and keyword_format.h.
 */
#include "indexer/keyword/keyword_writer.h"

#include "indexer/keyword/keyword_codec.h"

void keyword_writer_init(struct keyword_writer *writer)
{
    *writer = (struct keyword_writer){
        .terms = mr_buf(IMAGE_BYTES_MAX),
        .words = mr_buf(UINT32_MAX),
        .blocks = mr_buf(IMAGE_BYTES_MAX),
        .posts = mr_buf(IMAGE_BYTES_MAX),
        .lengths = mr_buf(IMAGE_BYTES_MAX),
        .forward_at = mr_buf(IMAGE_BYTES_MAX),
        .forward = mr_buf(IMAGE_BYTES_MAX),
        .entries = mr_buf(IMAGE_BYTES_MAX),
    };
}

void keyword_writer_deinit(struct keyword_writer *writer)
{
    mr_buf_deinit(&writer->terms);
    mr_buf_deinit(&writer->words);
    mr_buf_deinit(&writer->blocks);
    mr_buf_deinit(&writer->posts);
    mr_buf_deinit(&writer->lengths);
    mr_buf_deinit(&writer->forward_at);
    mr_buf_deinit(&writer->forward);
    mr_buf_deinit(&writer->entries);
}

static void reset(struct keyword_writer *writer)
{
    writer->head = (struct keyword_head){ 0 };
    mr_buf_reset(&writer->terms);
    mr_buf_reset(&writer->words);
    mr_buf_reset(&writer->blocks);
    mr_buf_reset(&writer->posts);
    mr_buf_reset(&writer->lengths);
    mr_buf_reset(&writer->forward_at);
    mr_buf_reset(&writer->forward);
    mr_buf_reset(&writer->entries);
}

void keyword_writer_unit(struct keyword_writer *writer, uint32_t length)
{
    mr_buf_append(&writer->lengths, &length, sizeof(length));
    writer->head.units++;
    writer->head.length += length;
}

static void write_block(struct keyword_writer *writer, uint32_t before,
                        const uint32_t *units, const uint32_t *tfs,
                        size_t count)
{
    const uint32_t *lengths = (const void *)writer->lengths.data;
    struct keyword_block block = { .at = writer->posts.size,
                                   .length_min = UINT32_MAX };

    for (size_t i = 0; i < count; i++) {
        if (tfs[i] > block.tf_max)
            block.tf_max = tfs[i];
        if (lengths[units[i]] < block.length_min)
            block.length_min = lengths[units[i]];
    }
    keyword_encode_block(before, units, tfs, count, &writer->posts, &block);
    mr_buf_append(&writer->blocks, &block, sizeof(block));
    writer->head.blocks++;
}

void keyword_writer_term(struct keyword_writer *writer, struct mr_span word,
                         const uint32_t *units, const uint32_t *tfs,
                         size_t count)
{
    struct keyword_term term = { .at = writer->posts.size,
                                 .word_at = (uint32_t)writer->words.size,
                                 .frequency = (uint32_t)count };
    uint32_t before = UINT32_MAX;

    MR_ASSERT(count > 0 && count <= writer->head.units);
    if (count <= KEYWORD_BLOCK)
        keyword_encode_short(units, tfs, count, &writer->posts);
    else
        term.at = writer->head.blocks;
    for (size_t at = 0; count > KEYWORD_BLOCK && at < count;
         at += KEYWORD_BLOCK) {
        size_t part = count - at < KEYWORD_BLOCK ? count - at : KEYWORD_BLOCK;

        write_block(writer, before, units + at, tfs + at, part);
        before = units[at + part - 1];
    }
    mr_buf_append(&writer->terms, &term, sizeof(term));
    mr_buf_span(&writer->words, word);
    writer->head.terms++;
}

void keyword_writer_forward(struct keyword_writer *writer,
                            const uint32_t *ordinals, size_t count)
{
    uint32_t before = UINT32_MAX;

    mr_buf_u64(&writer->forward_at, writer->forward.size);
    for (size_t i = 0; i < count; i++) {
        mr_buf_varint(&writer->forward, ordinals[i] - before - 1);
        before = ordinals[i];
    }
    if (count > writer->head.unit_terms_max)
        writer->head.unit_terms_max = (uint32_t)count;
}

static bool is_full(const struct keyword_writer *writer)
{
    return writer->terms.full || writer->words.full || writer->blocks.full ||
           writer->posts.full || writer->lengths.full ||
           writer->forward_at.full || writer->forward.full ||
           writer->entries.full;
}

/* Bytes that are there, though there be none of them. */
static struct mr_span bytes_of(const struct mr_buf *buf)
{
    return buf->size == 0 ? mr_span("", 0) : mr_buf_bytes(buf);
}

void keyword_writer_end(struct keyword_writer *writer,
                        const struct entries_builder *entries,
                        struct mr_buf *out)
{
    mr_buf_u64(&writer->forward_at, writer->forward.size);
    mr_buf_u64(&writer->posts, 0); /* KEYWORD_POST_SLACK */
    entries_builder_write(entries, &writer->entries);

    struct image_section sections[] = {
        { KEYWORD_HEAD, mr_span(&writer->head, sizeof(writer->head)) },
        { KEYWORD_ENTR, bytes_of(&writer->entries) },
        { KEYWORD_TERM, bytes_of(&writer->terms) },
        { KEYWORD_WORD, bytes_of(&writer->words) },
        { KEYWORD_BLCK, bytes_of(&writer->blocks) },
        { KEYWORD_POST, bytes_of(&writer->posts) },
        { KEYWORD_LENG, bytes_of(&writer->lengths) },
        { KEYWORD_FWAT, bytes_of(&writer->forward_at) },
        { KEYWORD_FORW, bytes_of(&writer->forward) },
    };

    if (is_full(writer))
        out->full = true;
    else
        image_write(IMAGE_KEYWORD, sections,
                    sizeof(sections) / sizeof(sections[0]), out);
    reset(writer);
}
