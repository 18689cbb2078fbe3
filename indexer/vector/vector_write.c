// SPDX-License-Identifier: Apache-2.0
/*
 * vector_write.c - the sections of an image, see vector_format.h.
 */
#include "common/base/mr_mem.h"
#include "indexer/vector/vector_segment.h"

#define SECTIONS_FLAT 4u /* without a graph */
#define SECTIONS_ALL  6u

/* Bytes that are there, though there be none of them. */
static struct mr_span bytes_of(const void *data, size_t size)
{
    return size == 0 ? mr_span("", 0) : mr_span(data, size);
}

/* Builds a graph and measures it.  *out NULL without FAISS: the segment is
 * searched exactly then. */
static enum mr_code build_graph(const struct vector_content *content,
                                struct vector_meta *meta,
                                struct faiss_shim_links *links,
                                struct faiss_shim_graph **out,
                                struct mr_err *err)
{
    char text[128] = "";

    *out = faiss_shim_build(content->vectors, content->units,
                            content->dimension, text, sizeof(text));
    if (*out == NULL && text[0] != '\0')
        return mr_fail(err, MR_E_INVALID, "dense segment: FAISS says: %s",
                       text);
    if (*out == NULL)
        return MR_OK;
    faiss_shim_get_links(*out, links);
    meta->m = links->m;
    meta->entry = (uint32_t)links->entry;
    meta->levels = (uint32_t)links->levels;
    meta->links = links->link_count;
    meta->recall = vector_measure_recall(*out, content->vectors, content->units,
                                         content->dimension);
    return MR_OK;
}

static enum mr_code write_image(const struct vector_content *content,
                                const struct vector_meta *meta,
                                const struct faiss_shim_links *links,
                                struct mr_buf *out, struct mr_err *err)
{
    struct mr_buf entries = mr_buf(IMAGE_BYTES_MAX);
    size_t units = content->units;

    entries_builder_write(content->entries, &entries);

    struct image_section sections[SECTIONS_ALL] = {
        { VECTOR_META, mr_span(meta, sizeof(*meta)) },
        { VECTOR_ENTR, mr_buf_bytes(&entries) },
        { VECTOR_ORDN, bytes_of(content->ordinals, units * 4) },
        { VECTOR_VECT,
          bytes_of(content->vectors, units * content->dimension * 4) },
        { VECTOR_LEVL, bytes_of(links->unit_levels, units) },
        { VECTOR_LINK, bytes_of(links->links, links->link_count * 4) },
    };

    if (!entries.full)
        image_write(IMAGE_DENSE, sections,
                    meta->links > 0 ? SECTIONS_ALL : SECTIONS_FLAT, out);
    if (entries.full || out->full) {
        mr_buf_deinit(&entries);
        return mr_fail(err, MR_E_LIMIT,
                       "dense segment: an image of more than %zu bytes; lower "
                       "the number of passages a shard",
                       out->limit);
    }
    mr_buf_deinit(&entries);
    return MR_OK;
}

enum mr_code vector_write(const struct vector_content *content,
                          size_t exact_max, struct mr_buf *out,
                          struct mr_err *err)
{
    struct vector_meta meta = { .dimension = content->dimension,
                                .units = content->units,
                                .recall = 1 };
    struct faiss_shim_graph *graph = NULL;
    struct faiss_shim_links links = { 0 };
    enum mr_code code = MR_OK;

    MR_ASSERT(content->units < INT32_MAX);
    if (content->units > exact_max)
        code = build_graph(content, &meta, &links, &graph, err);
    if (code == MR_OK)
        code = write_image(content, &meta, &links, out, err);
    if (graph != NULL)
        faiss_shim_free(graph);
    return code;
}
