// SPDX-License-Identifier: Apache-2.0
/*
 * config_table.c - the rows of config.def, and the key that was meant.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/runtime/config_internal.h"

#define FIELD(type, field) offsetof(struct type, field)

#define ROW(row_path, row_type, row_kinds, row_offset, row_initial, row_low, \
            row_high, row_choices, row_help)                                 \
    {                                                                        \
        .path = (row_path), .type = MR_CONFIG_##row_type,                    \
        .kinds = MR_CONFIG_##row_kinds, .offset = (row_offset),              \
        .initial = (row_initial), .low = (row_low), .high = (row_high),      \
        .choices = (row_choices), .help = (row_help),                        \
    }

static const struct mr_config_row config_rows[] = {
#define MR_CONFIG_KEY(path, type, field, initial, low, high, choices, help)    \
    ROW(path, type, ANY, FIELD(mr_config, field), initial, low, high, choices, \
        help),
#define MR_SOURCE_KEY(path, type, field, initial, low, high, choices, kinds, \
                      help)
#include "common/runtime/config.def"
#undef MR_CONFIG_KEY
#undef MR_SOURCE_KEY
};

static const struct mr_config_row source_rows[] = {
#define MR_CONFIG_KEY(path, type, field, initial, low, high, choices, help)
#define MR_SOURCE_KEY(path, type, field, initial, low, high, choices, kinds,   \
                      help)                                                    \
    ROW(path, type, kinds, FIELD(mr_config_source, field), initial, low, high, \
        choices, help),
#include "common/runtime/config.def"
#undef MR_CONFIG_KEY
#undef MR_SOURCE_KEY
};

const struct mr_config_table mr_config_keys = {
    .rows = config_rows,
    .count = sizeof(config_rows) / sizeof(config_rows[0]),
};

const struct mr_config_table mr_source_keys = {
    .rows = source_rows,
    .count = sizeof(source_rows) / sizeof(source_rows[0]),
};

size_t mr_config_find(const struct mr_config_table *table, struct mr_span path)
{
    size_t nth = 0;

    while (nth < table->count &&
           !mr_span_equal(mr_span_str(table->rows[nth].path), path))
        nth++;
    return nth;
}

/* What follows `section.` in a row's path; absent when it is elsewhere. */
static struct mr_span below(const struct mr_config_row *row,
                            struct mr_span section)
{
    struct mr_span path = mr_span_str(row->path);

    if (section.size == 0)
        return path;
    if (!mr_span_starts(path, section) || path.size <= section.size + 1 ||
        path.data[section.size] != '.')
        return (struct mr_span){ 0 };
    return mr_span(path.data + section.size + 1, path.size - section.size - 1);
}

bool mr_config_is_section(const struct mr_config_table *table,
                          struct mr_span path)
{
    for (size_t i = 0; i < table->count && path.size > 0; i++) {
        if (below(&table->rows[i], path).data != NULL)
            return true;
    }
    return false;
}

/* Up to the first dot. */
static struct mr_span first_part(struct mr_span path)
{
    const uint8_t *dot = memchr(path.data, '.', path.size);

    return dot == NULL ? path : mr_span(path.data, (size_t)(dot - path.data));
}

/* Behind the last dot; *before is what is in front of it. */
static struct mr_span last_part(struct mr_span path, struct mr_span *before)
{
    size_t at = path.size;

    while (at > 0 && path.data[at - 1] != '.')
        at--;
    *before = mr_span(path.data, at > 0 ? at - 1 : 0);
    return mr_span(path.data + at, path.size - at);
}

#define COMPARED_MAX 48u

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;

    return least < c ? least : c;
}

/* Levenshtein's distance; long words are far from everything. */
static unsigned distance(struct mr_span a, struct mr_span b)
{
    unsigned row[COMPARED_MAX + 1];

    if (a.size > COMPARED_MAX || b.size > COMPARED_MAX)
        return UINT32_MAX;
    for (unsigned j = 0; j <= b.size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.size; j++) {
            unsigned above = row[j];
            unsigned change = a.data[i - 1] != b.data[j - 1];

            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + change);
            diagonal = above;
        }
    }
    return row[b.size];
}

static bool is_near(unsigned far, struct mr_span word)
{
    return far <= 2 || far <= word.size / 3;
}

/* The nearest key of the same section, as its whole path in `out`. */
static bool suggest_sibling(const struct mr_config_table *table,
                            struct mr_span section, struct mr_span word,
                            struct mr_buf *out)
{
    struct mr_span best = { 0 };
    unsigned least = UINT32_MAX;

    for (size_t i = 0; i < table->count; i++) {
        struct mr_span rest = below(&table->rows[i], section);
        struct mr_span part = rest.data == NULL ? rest : first_part(rest);
        unsigned far = rest.data == NULL ? UINT32_MAX : distance(word, part);

        if (far < least) {
            least = far;
            best = part;
        }
    }
    if (table == &mr_config_keys && section.size == 0 &&
        distance(word, mr_span_str("sources")) < least) {
        best = mr_span_str("sources");
        least = distance(word, best);
    }
    if (least >= word.size || !is_near(least, word))
        return false;
    mr_buf_str(out, "; did you mean ");
    if (section.size > 0) {
        mr_buf_span(out, section);
        mr_buf_byte(out, '.');
    }
    mr_buf_span(out, best);
    mr_buf_byte(out, '?');
    return true;
}

/* The same word elsewhere. */
static bool suggest_elsewhere(const struct mr_config_table *table,
                              struct mr_span word, struct mr_buf *out)
{
    for (size_t i = 0; i < table->count; i++) {
        struct mr_span before;
        struct mr_span last =
            last_part(mr_span_str(table->rows[i].path), &before);

        if (distance(last, word) > (word.size > 4 ? 1 : 0))
            continue;
        mr_buf_printf(out, "; did you mean %s?", table->rows[i].path);
        return true;
    }
    return false;
}

static void list_known(const struct mr_config_table *table,
                       struct mr_span section, struct mr_buf *out)
{
    struct mr_span before = { 0 };

    mr_buf_str(out, "; known here:");
    for (size_t i = 0; i < table->count; i++) {
        struct mr_span rest = below(&table->rows[i], section);
        struct mr_span part;

        if (rest.data == NULL)
            continue;
        part = first_part(rest);
        if (mr_span_equal(part, before))
            continue;
        mr_buf_printf(out, "%s %.*s", before.size > 0 ? "," : "",
                      MR_SPAN_ARG(part));
        before = part;
    }
    if (table == &mr_config_keys && section.size == 0)
        mr_buf_str(out, ", sources");
}

void mr_config_suggest(const struct mr_config_table *table, struct mr_span path,
                       struct mr_buf *out)
{
    struct mr_span section;
    struct mr_span word = last_part(path, &section);

    if (!suggest_sibling(table, section, word, out) &&
        !suggest_elsewhere(table, word, out))
        list_known(table, section, out);
}

/* Defaults are text like everything else: one parser, and no two truths. */
static void set_defaults(const struct mr_config_table *table, void *base,
                         struct mr_arena *arena)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct mr_config_row *row = &table->rows[i];
        union mr_config_value value = { 0 };

        if (row->initial != NULL)
            MR_ASSERT(mr_config_read_value(row, mr_span_str(row->initial),
                                           arena, &value, NULL) == MR_OK);
        mr_config_store(row, base, value);
    }
}

struct mr_config *mr_config_new(const char *file)
{
    struct mr_config *config = mr_calloc(1, sizeof(*config));

    config->arena = mr_arena_new();
    config->file = mr_arena_str(config->arena, mr_span_str(file));
    config->origins = mr_arena_calloc(config->arena, mr_config_keys.count,
                                      sizeof(*config->origins));
    set_defaults(&mr_config_keys, config, config->arena);
    return config;
}

enum mr_config_kinds mr_config_kind(const char *kind)
{
    return strcmp(kind, "web") == 0     ? MR_CONFIG_WEB
           : strcmp(kind, "files") == 0 ? MR_CONFIG_FILES
                                        : MR_CONFIG_KAFKA;
}

const char *mr_config_kinds_name(enum mr_config_kinds kinds)
{
    switch (kinds) {
    case MR_CONFIG_WEB:
        return "web";
    case MR_CONFIG_FILES:
        return "files";
    case MR_CONFIG_SWEPT:
        return "web and files";
    case MR_CONFIG_KAFKA:
        return "kafka";
    case MR_CONFIG_ANY:
        return "any";
    }
    MR_UNREACHABLE();
}

struct mr_config_source *mr_config_add_source(struct mr_config *config)
{
    struct mr_config_source *source;

    MR_ASSERT(config->source_count < MR_CONFIG_SOURCES_MAX);
    config->sources = mr_realloc_array(
        config->sources, config->source_count + 1, sizeof(*config->sources));
    source = &config->sources[config->source_count++];
    *source = (struct mr_config_source){ 0 };
    source->origins = mr_arena_calloc(config->arena, mr_source_keys.count,
                                      sizeof(*source->origins));
    set_defaults(&mr_source_keys, source, config->arena);
    return source;
}
