// SPDX-License-Identifier: Apache-2.0
/*
 * table.c - see table.h.
 *
 * Open addressing over pointers; removed places are closed by moving what
 * follows (Knuth, vol. 3, 6.4, algorithm R), so there are no tombstones.
 */
#include "indexer/shard/table.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"

#define SLOTS_FIRST ((size_t)1024)

struct language {
    char name[TABLE_LANGUAGE_SIZE];
    uint64_t count;
};

struct table {
    struct table_doc **slots;
    size_t mask;
    size_t used;
    struct table_counts counts;
    struct language languages[TABLE_LANGUAGES_MAX];
    size_t language_count;
};

struct table *table_new(void)
{
    struct table *table = mr_calloc(1, sizeof(*table));

    table->slots = mr_calloc(SLOTS_FIRST, sizeof(struct table_doc *));
    table->mask = SLOTS_FIRST - 1;
    return table;
}

static void free_doc(struct table_doc *doc)
{
    mr_free(doc->details);
    mr_free(doc);
}

void table_clear(struct table *table)
{
    for (size_t i = 0; i <= table->mask; i++) {
        if (table->slots[i] != NULL)
            free_doc(table->slots[i]);
        table->slots[i] = NULL;
    }
    table->used = 0;
    table->counts = (struct table_counts){ 0 };
    table->language_count = 0;
}

void table_free(struct table *table)
{
    if (table == NULL)
        return;
    table_clear(table);
    mr_free(table->slots);
    mr_free(table);
}

/* Where the document is, or the free place where it would be. */
static size_t slot_of(const struct table *table, struct mr_span id,
                      uint64_t hash)
{
    size_t slot = hash & table->mask;

    while (table->slots[slot] != NULL &&
           (table->slots[slot]->hash != hash ||
            !mr_span_equal(table->slots[slot]->id, id)))
        slot = (slot + 1) & table->mask;
    return slot;
}

const struct table_doc *table_find(const struct table *table, struct mr_span id)
{
    return table->slots[slot_of(table, id, mr_hash64(id, 0))];
}

static void grow(struct table *table)
{
    struct table_doc **old = table->slots;
    size_t old_mask = table->mask;

    table->mask = 2 * old_mask + 1;
    table->slots = mr_calloc(table->mask + 1, sizeof(struct table_doc *));
    for (size_t i = 0; i <= old_mask; i++) {
        if (old[i] != NULL)
            table->slots[slot_of(table, old[i]->id, old[i]->hash)] = old[i];
    }
    mr_free(old);
}

/* The document, made when it is new; its id lies behind the struct. */
static struct table_doc *obtain(struct table *table, struct mr_span id)
{
    uint64_t hash = mr_hash64(id, 0);
    size_t slot = slot_of(table, id, hash);
    struct table_doc *doc = table->slots[slot];
    uint8_t *bytes;

    if (doc != NULL)
        return doc;
    if (4 * (table->used + 1) > 3 * table->mask) {
        grow(table);
        slot = slot_of(table, id, hash);
    }
    doc = mr_calloc(1, sizeof(*doc) + id.size);
    bytes = (uint8_t *)(doc + 1);
    if (id.size > 0)
        memcpy(bytes, id.data, id.size);
    doc->id = mr_span(bytes, id.size);
    doc->hash = hash;
    doc->documents_offset = UINT64_MAX;
    doc->vectors_offset = UINT64_MAX;
    table->slots[slot] = doc;
    table->used++;
    return doc;
}

static struct language *language_of(struct table *table, const char *name)
{
    for (size_t i = 0; i < table->language_count; i++) {
        if (strcmp(table->languages[i].name, name) == 0)
            return &table->languages[i];
    }
    if (table->language_count == TABLE_LANGUAGES_MAX)
        return NULL;
    memcpy(table->languages[table->language_count].name, name,
           TABLE_LANGUAGE_SIZE);
    return &table->languages[table->language_count++];
}

/* Adds a document to the counts (by = 1), or takes it out before a change (by
 * = -1, which wraps). */
static void count(struct table *table, const struct table_doc *doc, uint64_t by)
{
    struct language *language;

    if (doc->documents_offset == UINT64_MAX)
        return;
    MR_ASSERT((size_t)doc->state < TABLE_DOC_STATES);
    table->counts.by_state[doc->state] += by;
    table->counts.dense += table_doc_dense(doc) ? by : 0;
    language = doc->state == MR_STATE_LIVE && doc->language[0] != '\0'
                   ? language_of(table, doc->language)
                   : NULL;
    if (language != NULL)
        language->count += by;
}

/* Copies a span into the block at *at. */
static struct mr_span lay(uint8_t **at, struct mr_span span)
{
    struct mr_span copy = { 0 };

    if (span.data == NULL)
        return copy;
    copy = mr_span(*at, span.size);
    if (span.size > 0)
        memcpy(*at, span.data, span.size);
    *at += span.size;
    return copy;
}

static size_t details_size(const struct mr_document *document)
{
    size_t size = document->source.size + 1 +
                  document->metadata.count * sizeof(struct mr_pair) +
                  document->access.principal_count * sizeof(struct mr_span);

    for (size_t i = 0; i < document->metadata.count; i++)
        size += document->metadata.items[i].key.size +
                document->metadata.items[i].text.size;
    for (size_t i = 0; i < document->access.principal_count; i++)
        size += document->access.principals[i].size;
    return size;
}

/* Metadata, access and source of a live document, in one block. */
static void set_details(struct table_doc *doc,
                        const struct mr_document *document)
{
    uint8_t *at;

    mr_free(doc->details);
    doc->details = mr_malloc(details_size(document));
    doc->pair_count = document->metadata.count;
    doc->principal_count = document->access.principal_count;
    doc->pairs = doc->details;
    doc->principals = (struct mr_span *)(doc->pairs + doc->pair_count);
    at = (uint8_t *)(doc->principals + doc->principal_count);
    for (size_t i = 0; i < doc->pair_count; i++) {
        doc->pairs[i] = document->metadata.items[i];
        doc->pairs[i].key = lay(&at, document->metadata.items[i].key);
        doc->pairs[i].text = lay(&at, document->metadata.items[i].text);
    }
    for (size_t i = 0; i < doc->principal_count; i++)
        doc->principals[i] = lay(&at, document->access.principals[i]);
    doc->source = lay(&at, document->source);
}

bool table_set_document(struct table *table, const struct mr_document *document,
                        uint64_t offset)
{
    struct table_doc *doc = obtain(table, document->id);
    size_t language = document->language.size;

    if (doc->documents_offset != UINT64_MAX && doc->documents_offset > offset)
        return false;
    count(table, doc, UINT64_MAX);
    doc->documents_offset = offset;
    doc->version = document->version;
    doc->content_version = document->content_version;
    doc->state = document->state;
    doc->long_text = doc->long_text || document->text.in_blob;
    memset(doc->language, 0, sizeof(doc->language));
    if (language > 0 && language < TABLE_LANGUAGE_SIZE)
        memcpy(doc->language, document->language.data, language);
    set_details(doc, document);
    count(table, doc, 1);
    return true;
}

bool table_set_vectors(struct table *table, const struct mr_vectors *vectors,
                       uint64_t offset)
{
    struct table_doc *doc = obtain(table, vectors->id);

    if (doc->vectors_offset != UINT64_MAX && doc->vectors_offset > offset)
        return false;
    count(table, doc, UINT64_MAX);
    doc->vectors_offset = offset;
    doc->vectors_version = vectors->version;
    doc->vectors_content = vectors->content_version;
    doc->vectors_state = vectors->state;
    count(table, doc, 1);
    return true;
}

static void remove_doc(struct table *table, struct mr_span id)
{
    size_t hole = slot_of(table, id, mr_hash64(id, 0));
    size_t next = hole;

    if (table->slots[hole] == NULL)
        return;
    count(table, table->slots[hole], UINT64_MAX);
    free_doc(table->slots[hole]);
    table->slots[hole] = NULL;
    table->used--;
    while (true) {
        size_t home;

        next = (next + 1) & table->mask;
        if (table->slots[next] == NULL)
            return;
        home = table->slots[next]->hash & table->mask;
        /* It may move into the hole unless its home lies after the hole. */
        if (((next - home) & table->mask) >= ((next - hole) & table->mask)) {
            table->slots[hole] = table->slots[next];
            table->slots[next] = NULL;
            hole = next;
        }
    }
}

/* Nothing is known of it any more. */
static void remove_if_empty(struct table *table, const struct table_doc *doc)
{
    if (doc->documents_offset == UINT64_MAX &&
        doc->vectors_offset == UINT64_MAX)
        remove_doc(table, doc->id);
}

bool table_forget_document(struct table *table, struct mr_span id,
                           uint64_t offset)
{
    struct table_doc *doc = table->slots[slot_of(table, id, mr_hash64(id, 0))];

    if (doc == NULL || doc->documents_offset == UINT64_MAX)
        return true;
    if (doc->documents_offset > offset)
        return false;
    count(table, doc, UINT64_MAX);
    doc->documents_offset = UINT64_MAX;
    doc->version = 0;
    doc->content_version = 0;
    doc->state = MR_STATE_DELETED;
    remove_if_empty(table, doc);
    return true;
}

bool table_forget_vectors(struct table *table, struct mr_span id,
                          uint64_t offset)
{
    struct table_doc *doc = table->slots[slot_of(table, id, mr_hash64(id, 0))];

    if (doc == NULL || doc->vectors_offset == UINT64_MAX)
        return true;
    if (doc->vectors_offset > offset)
        return false;
    count(table, doc, UINT64_MAX);
    doc->vectors_offset = UINT64_MAX;
    doc->vectors_version = 0;
    doc->vectors_content = 0;
    doc->vectors_state = 0;
    count(table, doc, 1);
    remove_if_empty(table, doc);
    return true;
}

struct table_counts table_counts(const struct table *table)
{
    return table->counts;
}

static int compare_languages(const void *a, const void *b)
{
    const struct language *const *left = a;
    const struct language *const *right = b;

    if ((*left)->count != (*right)->count)
        return (*left)->count < (*right)->count ? 1 : -1;
    return strcmp((*left)->name, (*right)->name);
}

size_t table_languages(const struct table *table, const char **out, size_t room)
{
    const struct language *present[TABLE_LANGUAGES_MAX];
    size_t found = 0;

    for (size_t i = 0; i < table->language_count; i++) {
        if (table->languages[i].count > 0)
            present[found++] = &table->languages[i];
    }
    if (found > 0)
        qsort(present, found, sizeof(present[0]), compare_languages);
    for (size_t i = 0; i < found && i < room; i++)
        out[i] = present[i]->name;
    return found < room ? found : room;
}
