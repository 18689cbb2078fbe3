// SPDX-License-Identifier: Apache-2.0
/*
 * vector_segment.c - opening an image, and what it says about itself.
 *
 * All places, sizes and links are checked, always: following a link that leads
 * nowhere would end the process.  With `verify` each component is looked at
 * too.
 */
#include "indexer/vector/vector_segment.h"

#include <math.h>

#include "common/base/mr_mem.h"

static enum mr_code damaged(struct mr_err *err, const char *section,
                            uint64_t number)
{
    return mr_fail(err, MR_E_DAMAGED,
                   "dense segment: %s is broken at %llu; remove it to have it "
                   "built again",
                   section, (unsigned long long)number);
}

/* The section `name` if it has `size` bytes; else absent. */
static const void *sized(const struct image *image, uint32_t name,
                         uint64_t size)
{
    struct mr_span bytes = image_section(image, name);

    return bytes.size == size ? bytes.data : NULL;
}

static enum mr_code find_sections(struct vector_segment *segment,
                                  const struct image *image,
                                  struct faiss_shim_links *links,
                                  struct mr_err *err)
{
    const struct vector_meta *meta =
        sized(image, VECTOR_META, sizeof(segment->meta));

    if (meta == NULL || meta->dimension == 0 ||
        meta->dimension > VECTOR_DIMENSION_MAX || meta->zero != 0 ||
        !(meta->recall >= 0 && meta->recall <= 1))
        return damaged(err, "META", image_section(image, VECTOR_META).size);
    segment->meta = *meta;
    segment->ordinals = sized(image, VECTOR_ORDN, (uint64_t)meta->units * 4);
    segment->vectors =
        sized(image, VECTOR_VECT, (uint64_t)meta->units * meta->dimension * 4);
    if (segment->ordinals == NULL || segment->vectors == NULL)
        return damaged(err, "ORDN or VECT", meta->units);
    if (meta->links > 0) {
        if (meta->links > IMAGE_BYTES_MAX)
            return damaged(err, "META", meta->links);
        links->unit_levels = sized(image, VECTOR_LEVL, meta->units);
        links->links = sized(image, VECTOR_LINK, meta->links * 4);
        if (links->unit_levels == NULL || links->links == NULL)
            return damaged(err, "LEVL or LINK", meta->links);
    }
    return entries_parse(image_section(image, VECTOR_ENTR), &segment->entries,
                         err);
}

/* The places of one unit's links: each is -1 or a unit of that level. */
static bool is_linked_well(const struct faiss_shim_links *links, uint32_t unit,
                           size_t at)
{
    for (uint32_t level = 0; level < links->unit_levels[unit]; level++) {
        uint32_t places = level == 0 ? 2 * links->m : links->m;

        for (uint32_t i = 0; i < places; i++) {
            int32_t other = links->links[at++];

            if (other != -1 && (other < 0 || (uint32_t)other >= links->units ||
                                links->unit_levels[other] <= level))
                return false;
        }
    }
    return true;
}

static enum mr_code check_links(const struct faiss_shim_links *links,
                                struct mr_err *err)
{
    size_t at = 0;

    if (links->m == 0 || links->m > VECTOR_M_MAX || links->entry < 0 ||
        (uint32_t)links->entry >= links->units || links->levels < 1 ||
        links->levels > (int32_t)VECTOR_LEVELS_MAX ||
        links->unit_levels[links->entry] != links->levels)
        return damaged(err, "META", links->m);
    for (uint32_t i = 0; i < links->units; i++) {
        size_t places = (size_t)(links->unit_levels[i] + 1) * links->m;

        if (links->unit_levels[i] == 0 ||
            links->unit_levels[i] > links->levels ||
            places > links->link_count - at)
            return damaged(err, "LEVL", i);
        if (!is_linked_well(links, i, at))
            return damaged(err, "LINK", i);
        at += places;
    }
    return at == links->link_count ? MR_OK : damaged(err, "LINK", at);
}

static enum mr_code check_vectors(const struct vector_segment *segment,
                                  struct mr_err *err)
{
    size_t count = (size_t)segment->meta.units * segment->meta.dimension;

    for (size_t i = 0; i < count; i++)
        if (!(fabsf(segment->vectors[i]) <= VECTOR_COMPONENT_MAX))
            return damaged(err, "VECT", i);
    return MR_OK;
}

static enum mr_code open_graph(struct vector_segment *segment,
                               struct faiss_shim_links *links,
                               struct mr_err *err)
{
    char text[128] = "";
    enum mr_code code;

    links->m = segment->meta.m;
    links->units = segment->meta.units;
    links->entry = (int32_t)segment->meta.entry;
    links->levels = (int32_t)segment->meta.levels;
    links->link_count = (size_t)segment->meta.links;
    if (links->units > INT32_MAX)
        return damaged(err, "META", links->units);
    code = check_links(links, err);
    if (code != MR_OK || !faiss_shim_has_graphs())
        return code;
    segment->graph = faiss_shim_open(segment->vectors, segment->meta.dimension,
                                     links, text, sizeof(text));
    if (segment->graph == NULL)
        return mr_fail(err, MR_E_DAMAGED, "dense segment: FAISS says: %s",
                       text);
    return MR_OK;
}

static enum mr_code check(struct vector_segment *segment, struct mr_span bytes,
                          bool verify, struct mr_err *err)
{
    struct faiss_shim_links links = { 0 };
    struct image image;
    enum mr_code code = image_parse(bytes, verify, &image, err);

    if (code == MR_OK && image.kind != IMAGE_DENSE)
        code = damaged(err, "kind", image.kind);
    if (code == MR_OK)
        code = find_sections(segment, &image, &links, err);
    if (code == MR_OK && segment->entries.units != segment->meta.units)
        code = damaged(err, "ENTR", segment->entries.units);
    if (code == MR_OK && verify)
        code = check_vectors(segment, err);
    if (code == MR_OK && segment->meta.links > 0)
        code = open_graph(segment, &links, err);
    return code;
}

enum mr_code vector_open(struct mr_span image, bool verify,
                         struct vector_segment **out, struct mr_err *err)
{
    struct vector_segment *segment = mr_calloc(1, sizeof(*segment));
    enum mr_code code = check(segment, image, verify, err);

    *out = NULL;
    if (code != MR_OK) {
        mr_free(segment);
        return code;
    }
    *out = segment;
    return MR_OK;
}

void vector_close(struct vector_segment *segment)
{
    if (segment == NULL)
        return;
    if (segment->graph != NULL)
        faiss_shim_free(segment->graph);
    mr_free(segment);
}

const struct entries *vector_entries(const struct vector_segment *segment)
{
    return &segment->entries;
}

uint32_t vector_units(const struct vector_segment *segment)
{
    return segment->meta.units;
}

uint32_t vector_dimension(const struct vector_segment *segment)
{
    return segment->meta.dimension;
}

uint32_t vector_ordinal(const struct vector_segment *segment, uint32_t unit)
{
    MR_ASSERT(unit < segment->meta.units);

    return segment->ordinals[unit];
}

const float *vector_at(const struct vector_segment *segment, uint32_t unit)
{
    MR_ASSERT(unit < segment->meta.units);

    return segment->vectors + (size_t)unit * segment->meta.dimension;
}

double vector_recall(const struct vector_segment *segment)
{
    return segment->meta.recall;
}
