// SPDX-License-Identifier: Apache-2.0
/*
 * verify_side.c - the log against the entries of segments; see verify.h.
 *
 * An entry is alive if and only if the newest record of its document on its
 * own topic is live with the entry's content; of a document that has units
 * just one is.  It is hidden if it is dead or the document does not serve.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "common/base/mr_mem.h"
#include "indexer/keyword/keyword_segment.h"
#include "indexer/shard/terms.h"
#include "indexer/shard/verify.h"

/* Vectors that were embedded again may differ by so much in a component. */
#define VECTOR_TOLERANCE 1e-4f

static const char *const rules[MANIFEST_SIDES] = { "keyword", "dense" };

static enum mr_code text_of(struct verify *verify,
                            const struct mr_document *document,
                            struct mr_span *out, struct mr_err *err)
{
    *out = document->text.bytes;
    if (!document->text.in_blob)
        return MR_OK;
    return mr_blob_get(verify->shard->spec.place->blob, document->text.hash,
                       verify->arena, out, err);
}

static int compare_spans(const void *a, const void *b)
{
    const struct mr_span *left = a;
    const struct mr_span *right = b;

    return mr_span_compare(*left, *right);
}

/* Whether the unit's postings are the terms that the text has. */
static bool same_terms(struct verify *verify,
                       const struct keyword_segment *segment, uint32_t unit,
                       const struct keyword_unit *want)
{
    struct mr_span *terms =
        mr_arena_alloc(verify->arena, (want->count + 1) * sizeof(*terms));
    size_t distinct = 0;
    size_t count;

    if (keyword_unit_length(segment, unit) != want->count)
        return false;
    for (size_t i = 0; i < want->count; i++)
        terms[i] = want->terms[i];
    if (want->count > 0)
        qsort(terms, want->count, sizeof(*terms), compare_spans);
    for (size_t i = 0; i < want->count; i++) {
        if (i == 0 || !mr_span_equal(terms[i], terms[i - 1]))
            terms[distinct++] = terms[i];
    }
    verify->forward =
        mr_arena_alloc(verify->arena, (keyword_unit_terms_max(segment) + 1) *
                                          sizeof(*verify->forward));
    count = keyword_forward(segment, unit, verify->forward);
    if (count != distinct)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct mr_span term = keyword_word(segment, verify->forward[i]);

        if (bsearch(&term, terms, distinct, sizeof(*terms), compare_spans) ==
            NULL)
            return false;
    }
    return true;
}

/* What a query shows of a long text is the text. */
static enum mr_code check_passage(struct verify *verify,
                                  const struct mr_document *document,
                                  struct mr_span text, uint32_t number,
                                  struct mr_err *err)
{
    const struct mr_passage *passage = &document->passages.items[number];
    struct mr_span have = { 0 };
    enum mr_code code = MR_OK;

    if (document->text.in_blob)
        code = records_passage(&verify->shard->records, document->id,
                               document->content_version, number, verify->arena,
                               &have, err);
    if (code == MR_OK && have.data != NULL &&
        !mr_span_equal(have, mr_span(text.data + passage->start,
                                     passage->end - passage->start)))
        verify_report(verify, "record", document->id,
                      "passage %u beside the record is not its text", number);
    return code;
}

static enum mr_code check_postings(struct verify *verify,
                                   const struct view *view, uint32_t entry,
                                   struct mr_err *err)
{
    const struct entries *entries = view->segment->entries;
    struct shard *shard = verify->shard;
    struct mr_span id = entries_id(entries, entry);
    struct mr_document document;
    struct mr_span text = { 0 };
    bool found;
    enum mr_code code = records_document(&shard->records, id, verify->arena,
                                         &found, &document, err);

    document.id = id;
    if (code == MR_OK && found)
        code = text_of(verify, &document, &text, err);
    if (code != MR_OK || !found)
        return code; /* reported with the record */
    for (uint32_t i = 0; i < document.passages.count; i++) {
        uint32_t unit = entries->first_units[entry] + i;
        struct keyword_unit want;

        code = terms_of_passage(shard->analyzer, shard->language, &document,
                                text, i, verify->arena, &want, err);
        if (code == MR_OK)
            code = check_passage(verify, &document, text, i, err);
        if (code != MR_OK)
            return code;
        if (!same_terms(verify, view->segment->keyword, unit, &want))
            verify_report(verify, "keyword", id,
                          "the postings of passage %u are not its words", i);
    }
    return MR_OK;
}

static bool same_floats(const float *a, const float *b, uint32_t dimension)
{
    for (uint32_t i = 0; i < dimension; i++) {
        if (!(fabsf(a[i] - b[i]) <= VECTOR_TOLERANCE))
            return false;
    }
    return true;
}

static enum mr_code check_floats(struct verify *verify, const struct view *view,
                                 uint32_t entry, uint64_t offset,
                                 struct mr_err *err)
{
    const struct mr_place *place = verify->shard->spec.place;
    const struct entries *entries = view->segment->entries;
    const struct vector_segment *segment = view->segment->dense;
    uint32_t dimension = vector_dimension(segment);
    size_t bytes = dimension * sizeof(float);
    float *want = mr_arena_alloc(verify->arena, bytes);
    struct mr_vectors vectors = { 0 };
    struct mr_record record;
    enum mr_code code = mr_bus_fetch(
        place->bus, place->topics[MR_TOPIC_VECTORS],
        verify->shard->spec.partition, offset, verify->arena, &record, err);

    if (code == MR_OK)
        code = mr_vectors_parse(record.value, verify->arena, &vectors, err);
    if (code == MR_OK && vectors.floats.in_blob)
        code = mr_blob_get(place->blob, vectors.floats.hash, verify->arena,
                           &vectors.floats.bytes, err);
    for (uint32_t i = 0; code == MR_OK && i < vectors.count; i++) {
        uint32_t unit = entries->first_units[entry] + i;

        memcpy(want, vectors.floats.bytes.data + i * bytes, bytes);
        if (vector_ordinal(segment, unit) != vectors.passages[i] ||
            !same_floats(vector_at(segment, unit), want, dimension))
            verify_report(verify, "dense", entries_id(entries, entry),
                          "vector %u is not that of the log", i);
    }
    return code;
}

/* Whether the entry is alive and hidden as it should be. */
static void check_marks(struct verify *verify, size_t side,
                        const struct view *view, uint32_t entry,
                        const struct newest_record *want, bool alive)
{
    const struct entries *entries = view->segment->entries;
    struct mr_span id = entries_id(entries, entry);
    uint64_t content = entries->content_versions[entry];
    uint32_t first = entries->first_units[entry];
    const struct table_doc *doc = table_find(verify->shard->table, id);
    bool hidden = bit_is_set(view->marks->hidden, first);

    if (alive &&
        (want == NULL || want->is_null || want->state != MR_STATE_LIVE ||
         want->content_version != content))
        verify_report(
            verify, rules[side], id,
            "content %" PRIx64 " is alive in %s, but the log says %s", content,
            view->segment->sealed ? view->segment->name : "memory",
            want == NULL || want->is_null ? "nothing of it"
                                          : mr_state_name(want->state));
    if (hidden != (!alive || !table_doc_serves(doc, content)))
        verify_report(verify, rules[side], id,
                      "content %" PRIx64 " is %s, though it is %s", content,
                      hidden ? "hidden" : "found",
                      hidden ? "live" : "not to be found");
}

static enum mr_code check_entry(struct verify *verify, size_t side,
                                const struct view *view, uint32_t entry,
                                struct mr_err *err)
{
    const struct entries *entries = view->segment->entries;
    struct mr_span id = entries_id(entries, entry);
    struct newest_record *want = newest_find(
        side == SIDE_KEYWORD ? &verify->documents : &verify->vectors, id);
    uint32_t units =
        entries->first_units[entry + 1] - entries->first_units[entry];
    bool alive = units > 0 && !view_is_dead(view, entry);

    if (units == 0)
        return MR_OK;
    mr_arena_reset(verify->arena);
    check_marks(verify, side, view, entry, want, alive);
    if (!alive || want == NULL)
        return MR_OK;
    want->alive++;
    if (want->units != units) {
        verify_report(verify, rules[side], id, "%u units, the log has %u",
                      units, want->units);
        return MR_OK;
    }
    if (side == SIDE_KEYWORD)
        return check_postings(verify, view, entry, err);
    return check_floats(verify, view, entry, want->offset, err);
}

/* Every document with units has one entry that is alive. */
static void check_once(struct verify *verify, size_t side)
{
    const struct newest *newest =
        side == SIDE_KEYWORD ? &verify->documents : &verify->vectors;

    for (size_t i = 0; i < newest->count; i++) {
        const struct newest_record *want = &newest->records[i];

        if (want->alive != (want->units > 0))
            verify_report(verify, rules[side], want->id,
                          "%u entries are alive, %u should be", want->alive,
                          want->units > 0);
    }
}

enum mr_code verify_side(struct verify *verify, size_t side, struct mr_err *err)
{
    size_t count;
    const struct view *views = side_views(verify->shard->sides[side], &count);
    enum mr_code code = MR_OK;

    for (size_t i = 0; code == MR_OK && i < count; i++) {
        const struct entries *entries = views[i].segment->entries;

        for (uint32_t k = 0; code == MR_OK && k < entries->count; k++)
            code = check_entry(verify, side, &views[i], k, err);
        if (side == SIDE_KEYWORD)
            verify->out->keyword_entries += entries->count;
        else
            verify->out->dense_entries += entries->count;
    }
    if (code == MR_OK)
        check_once(verify, side);
    return code;
}
