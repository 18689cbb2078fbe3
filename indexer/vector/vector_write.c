// SPDX-License-Identifier: Apache-2.0
/*
 * vector_write.c - the sections of an image, see vector_format.h.
 *
 * Vectors are copied once, to their place in the image, and a graph is built
 * over them there.  Room for its links may move the image, so that they are
 * copied when the graph is needed no more.
 */
#include "common/base/mr_mem.h"
#include "indexer/vector/vector_segment.h"

#define SECTIONS_FLAT  4u
#define SECTIONS_GRAPH 6u

/* Places in the image, counted from its first byte. */
struct places {
    size_t meta;
    size_t vectors;
};

static enum mr_code too_large(const struct mr_buf *out, struct mr_err *err)
{
    return mr_fail(err, MR_E_LIMIT,
                   "dense segment: an image of more than %zu bytes; lower the "
                   "number of passages a shard",
                   out->limit);
}

static void add_entries(struct image_writer *writer,
                        const struct entries_builder *entries)
{
    struct mr_buf bytes = mr_buf(IMAGE_BYTES_MAX);
    uint8_t *place;

    entries_builder_write(entries, &bytes);
    place = image_add(writer, VECTOR_ENTR, bytes.size);
    if (place != NULL)
        memcpy(place, bytes.data, bytes.size);
    writer->out->full |= bytes.full;
    mr_buf_deinit(&bytes);
}

static void add_units(struct image_writer *writer,
                      const struct vector_content *content,
                      struct places *places)
{
    uint8_t *place = image_add(writer, VECTOR_ORDN, (size_t)content->units * 4);

    for (size_t i = 0; place != NULL && i < content->run_count; i++) {
        size_t size = (size_t)content->runs[i].units * 4;

        if (size > 0)
            memcpy(place, content->runs[i].ordinals, size);
        place += size;
    }
    place = image_add(writer, VECTOR_VECT,
                      (size_t)content->units * content->dimension * 4);
    if (place != NULL)
        places->vectors = (size_t)(place - writer->out->data);
    for (size_t i = 0; place != NULL && i < content->run_count; i++) {
        size_t size = (size_t)content->runs[i].units * content->dimension * 4;

        if (size > 0)
            memcpy(place, content->runs[i].vectors, size);
        place += size;
    }
}

static void add_links(struct image_writer *writer,
                      const struct faiss_shim_links *links)
{
    uint8_t *place = image_add(writer, VECTOR_LEVL, links->units);

    if (place != NULL)
        memcpy(place, links->unit_levels, links->units);
    place = image_add(writer, VECTOR_LINK, links->link_count * 4);
    if (place != NULL)
        memcpy(place, links->links, links->link_count * 4);
}

static enum mr_code add_graph(struct image_writer *writer,
                              const struct places *places,
                              struct vector_meta *meta, struct mr_err *err)
{
    const float *vectors = (void *)(writer->out->data + places->vectors);
    struct faiss_shim_graph *graph;
    struct faiss_shim_links links;
    char text[128] = "";

    graph = faiss_shim_build(vectors, meta->units, meta->dimension, text,
                             sizeof(text));
    if (graph == NULL)
        return mr_fail(err, MR_E_INVALID, "dense segment: FAISS says: %s",
                       text);
    faiss_shim_get_links(graph, &links);
    meta->m = links.m;
    meta->entry = (uint32_t)links.entry;
    meta->levels = (uint32_t)links.levels;
    meta->links = links.link_count;
    meta->recall =
        vector_measure_recall(graph, vectors, meta->units, meta->dimension);
    add_links(writer, &links);
    faiss_shim_free(graph);
    return MR_OK;
}

enum mr_code vector_write(const struct vector_content *content,
                          size_t exact_max, struct mr_buf *out,
                          struct mr_err *err)
{
    struct vector_meta meta = { .dimension = content->dimension,
                                .units = content->units,
                                .recall = 1 };
    bool has_graph = content->units > exact_max && faiss_shim_has_graphs();
    struct places places = { 0 };
    struct image_writer writer;
    enum mr_code code = MR_OK;
    uint8_t *place;

    MR_ASSERT(content->units < INT32_MAX);
    image_begin(&writer, IMAGE_DENSE,
                has_graph ? SECTIONS_GRAPH : SECTIONS_FLAT, out);
    place = image_add(&writer, VECTOR_META, sizeof(meta));
    if (place != NULL)
        places.meta = (size_t)(place - out->data);
    add_entries(&writer, content->entries);
    add_units(&writer, content, &places);
    if (has_graph && !out->full)
        code = add_graph(&writer, &places, &meta, err);
    if (code == MR_OK && out->full)
        code = too_large(out, err);
    if (code != MR_OK)
        return code;
    memcpy(out->data + places.meta, &meta, sizeof(meta));
    image_end(&writer);
    return out->full ? too_large(out, err) : MR_OK;
}
