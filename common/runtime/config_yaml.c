// SPDX-License-Identifier: Apache-2.0
/*
 * config_yaml.c - a YAML document into a configuration: the only user of
 * libyaml.
 *
 * The document is loaded whole, so that every node has its line; then the
 * nodes are walked along the table.  Depth is that of the keys, and the walk
 * ends when there are too many problems, so its work is bounded whatever
 * aliases say.
 */
#include <string.h>
#include <yaml.h>

#include "common/base/mr_assert.h"
#include "common/runtime/config_internal.h"

#define PATH_BYTES_MAX 200u

struct walk {
    yaml_document_t *document;
    struct mr_config *config;
    struct mr_config_problems *problems;
};

/* A mapping that is being read: into `base`, by `table`. */
struct level {
    const struct mr_config_table *table;
    void *base;
    struct mr_config_origin *origins;
    struct mr_span section; /* "limits", or empty */
    const char *prefix;     /* for messages: "sources: " */
};

static uint32_t line_of(const yaml_node_t *node)
{
    return (uint32_t)node->start_mark.line + 1;
}

static uint32_t column_of(const yaml_node_t *node)
{
    return (uint32_t)node->start_mark.column + 1;
}

static struct mr_span scalar_of(const yaml_node_t *node)
{
    return mr_span(node->data.scalar.value, node->data.scalar.length);
}

/* Nothing, "~" or "null", not in quotes. */
static bool is_null(const yaml_node_t *node)
{
    struct mr_span text;

    if (node->type != YAML_SCALAR_NODE ||
        node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    text = scalar_of(node);
    return text.size == 0 || mr_span_equal(text, mr_span_str("~")) ||
           mr_span_equal(text, mr_span_str("null"));
}

static const char *kind_of(const yaml_node_t *node)
{
    if (node->type == YAML_SEQUENCE_NODE)
        return "a list";
    return node->type == YAML_MAPPING_NODE ? "a section" : "a single value";
}

/* Numbers and flags in quotes are texts, which nobody means. */
static bool is_misquoted(const struct mr_config_row *row,
                         const yaml_node_t *node)
{
    return node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE &&
           (row->type == MR_CONFIG_FLAG || row->type == MR_CONFIG_COUNT ||
            row->type == MR_CONFIG_NUMBER);
}

static void read_scalar(struct walk *walk, const struct level *level,
                        size_t nth, const yaml_node_t *node)
{
    const struct mr_config_row *row = &level->table->rows[nth];
    union mr_config_value value;
    struct mr_err err;

    level->origins[nth] = (struct mr_config_origin){
        .from = MR_CONFIG_FROM_FILE,
        .line = line_of(node),
        .column = column_of(node),
    };
    if (node->type != YAML_SCALAR_NODE) {
        mr_config_complain(walk->problems, line_of(node), column_of(node),
                           "%s%s: is %s, must be a single value", level->prefix,
                           row->path, kind_of(node));
    } else if (is_null(node)) {
        mr_config_complain(walk->problems, line_of(node), column_of(node),
                           "%s%s: has no value; leave the key out for its "
                           "default",
                           level->prefix, row->path);
    } else if (is_misquoted(row, node)) {
        mr_config_complain(walk->problems, line_of(node), column_of(node),
                           "%s%s: is a text; write it without quotes",
                           level->prefix, row->path);
    } else if (mr_config_read_value(row, scalar_of(node), walk->config->arena,
                                    &value, &err) != MR_OK) {
        mr_config_complain(walk->problems, line_of(node), column_of(node),
                           "%s%s: %s", level->prefix, row->path, err.text);
    } else {
        mr_config_store(row, level->base, value);
    }
}

static void read_mapping(struct walk *walk, const struct level *level,
                         const yaml_node_t *node);

static void read_source(struct walk *walk, const yaml_node_t *node)
{
    struct level level = { .table = &mr_source_keys, .prefix = "sources: " };
    struct mr_config_source *source;

    if (node->type != YAML_MAPPING_NODE) {
        mr_config_complain(walk->problems, line_of(node), column_of(node),
                           "sources: is %s, must be keys such as name and kind",
                           kind_of(node));
        return;
    }
    if (walk->config->source_count == MR_CONFIG_SOURCES_MAX) {
        mr_config_complain(walk->problems, line_of(node), column_of(node),
                           "sources: more than %u", MR_CONFIG_SOURCES_MAX);
        return;
    }
    source = mr_config_add_source(walk->config);
    level.base = source;
    level.origins = source->origins;
    read_mapping(walk, &level, node);
    /* For what is missing: the place of the source itself. */
    for (size_t i = 0; i < mr_source_keys.count; i++) {
        if (source->origins[i].line == 0) {
            source->origins[i].line = line_of(node);
            source->origins[i].column = column_of(node);
        }
    }
}

static void read_sources(struct walk *walk, const yaml_node_t *node)
{
    if (is_null(node))
        return;
    if (node->type != YAML_SEQUENCE_NODE) {
        mr_config_complain(walk->problems, line_of(node), column_of(node),
                           "sources: is %s, must be a list; begin each source "
                           "with \"- name: ...\"",
                           kind_of(node));
        return;
    }
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top &&
         !mr_config_hopeless(walk->problems);
         item++)
        read_source(walk, yaml_document_get_node(walk->document, *item));
}

static void read_section(struct walk *walk, const struct level *level,
                         struct mr_span path, const yaml_node_t *node)
{
    struct level inner = *level;

    if (is_null(node)) /* all its keys are commented out */
        return;
    if (node->type != YAML_MAPPING_NODE) {
        mr_config_complain(walk->problems, line_of(node), column_of(node),
                           "%.*s: is %s, must be a section: write its keys "
                           "below it, indented",
                           MR_SPAN_ARG(path), kind_of(node));
        return;
    }
    inner.section = path;
    read_mapping(walk, &inner, node);
}

static void complain_unknown(struct walk *walk, const struct level *level,
                             struct mr_span path, const yaml_node_t *key)
{
    struct mr_buf hint = mr_buf(MR_ERR_TEXT_MAX);

    mr_config_suggest(level->table, path, &hint);
    mr_config_complain(walk->problems, line_of(key), column_of(key),
                       "%s%.*s: there is no such key%s", level->prefix,
                       MR_SPAN_ARG(path), mr_buf_text(&hint));
    mr_buf_deinit(&hint);
}

static void read_pair(struct walk *walk, const struct level *level,
                      const yaml_node_t *key, const yaml_node_t *value)
{
    struct mr_buf buf = mr_buf(PATH_BYTES_MAX);
    struct mr_span path;
    size_t nth;

    mr_buf_span(&buf, level->section);
    if (level->section.size > 0)
        mr_buf_byte(&buf, '.');
    mr_buf_span(&buf, scalar_of(key));
    path = mr_buf_bytes(&buf);
    nth = mr_config_find(level->table, path);
    if (buf.full)
        mr_config_complain(walk->problems, line_of(key), column_of(key),
                           "a key of %zu bytes: there is no such key",
                           scalar_of(key).size);
    else if (nth < level->table->count)
        read_scalar(walk, level, nth, value);
    else if (mr_config_is_section(level->table, path))
        read_section(walk, level, path, value);
    else if (level->table == &mr_config_keys &&
             mr_span_equal(path, mr_span_str("sources")))
        read_sources(walk, value);
    else
        complain_unknown(walk, level, path, key);
    mr_buf_deinit(&buf);
}

/* The earlier key of the same name, or NULL. */
static const yaml_node_t *find_earlier(struct walk *walk,
                                       const yaml_node_t *mapping,
                                       const yaml_node_pair_t *pair)
{
    const yaml_node_t *key = yaml_document_get_node(walk->document, pair->key);

    for (const yaml_node_pair_t *at = mapping->data.mapping.pairs.start;
         at < pair; at++) {
        const yaml_node_t *other =
            yaml_document_get_node(walk->document, at->key);

        if (other->type == YAML_SCALAR_NODE &&
            mr_span_equal(scalar_of(other), scalar_of(key)))
            return other;
    }
    return NULL;
}

static void read_mapping(struct walk *walk, const struct level *level,
                         const yaml_node_t *node)
{
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top &&
         !mr_config_hopeless(walk->problems);
         pair++) {
        const yaml_node_t *key =
            yaml_document_get_node(walk->document, pair->key);
        const yaml_node_t *earlier;

        if (key->type != YAML_SCALAR_NODE) {
            mr_config_complain(walk->problems, line_of(key), column_of(key),
                               "%sa key must be a word, this is %s",
                               level->prefix, kind_of(key));
            continue;
        }
        earlier = find_earlier(walk, node, pair);
        if (earlier != NULL)
            mr_config_complain(walk->problems, line_of(key), column_of(key),
                               "%s%.*s: is there twice, first in line %u",
                               level->prefix, MR_SPAN_ARG(scalar_of(key)),
                               line_of(earlier));
        else
            read_pair(walk, level, key,
                      yaml_document_get_node(walk->document, pair->value));
    }
}

/* Line and column of a byte, counted from 1. */
static void place_of(struct mr_span text, size_t offset, uint32_t *line,
                     uint32_t *column)
{
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < text.size && i < offset; i++) {
        *column += 1;
        if (text.data[i] == '\n') {
            *line += 1;
            *column = 1;
        }
    }
}

/* True when the line (from 0) is indented by a tab, or has one at `column`. */
static bool has_tab(struct mr_span text, size_t line, size_t column)
{
    size_t at = 0;

    for (; line > 0 && at < text.size; at++)
        line -= text.data[at] == '\n';
    if (at + column < text.size && text.data[at + column] == '\t')
        return true;
    while (at < text.size && text.data[at] == ' ')
        at++;
    return at < text.size && text.data[at] == '\t';
}

static void complain_syntax(struct mr_span text, const yaml_parser_t *parser,
                            struct mr_config_problems *problems)
{
    const char *words = parser->problem != NULL ? parser->problem : "unknown";
    uint32_t line = (uint32_t)parser->problem_mark.line + 1;
    uint32_t column = (uint32_t)parser->problem_mark.column + 1;

    if (parser->error == YAML_READER_ERROR) {
        place_of(text, parser->problem_offset, &line, &column);
        mr_config_complain(problems, line, column, "this is no UTF-8 text: %s",
                           words);
    } else if (has_tab(text, parser->problem_mark.line,
                       parser->problem_mark.column)) {
        mr_config_complain(problems, line, column,
                           "a tab stands where YAML wants spaces");
    } else if (parser->context != NULL) {
        mr_config_complain(problems, line, column,
                           "this is no YAML: %s %s that begins in line %u",
                           words, parser->context,
                           (unsigned)parser->context_mark.line + 1);
    } else {
        mr_config_complain(problems, line, column, "this is no YAML: %s",
                           words);
    }
}

static void read_root(struct walk *walk)
{
    struct level level = {
        .table = &mr_config_keys,
        .base = walk->config,
        .origins = walk->config->origins,
        .prefix = "",
    };
    const yaml_node_t *root = yaml_document_get_root_node(walk->document);

    if (root == NULL || is_null(root))
        return;
    if (root->type != YAML_MAPPING_NODE)
        mr_config_complain(walk->problems, line_of(root), column_of(root),
                           "the file is %s, must be keys such as \"listen: "
                           "127.0.0.1:7700\"",
                           kind_of(root));
    else
        read_mapping(walk, &level, root);
}

/* A file is one document. */
static void check_end(struct mr_span text, yaml_parser_t *parser,
                      struct mr_config_problems *problems)
{
    yaml_document_t second;
    const yaml_node_t *root;

    if (yaml_parser_load(parser, &second) == 0) {
        complain_syntax(text, parser, problems);
        return;
    }
    root = yaml_document_get_root_node(&second);
    if (root != NULL)
        mr_config_complain(problems, line_of(root), column_of(root),
                           "a second document begins; only one is read");
    yaml_document_delete(&second);
}

void mr_config_read_yaml(struct mr_span text, struct mr_config *config,
                         struct mr_config_problems *problems)
{
    struct walk walk = { .config = config, .problems = problems };
    yaml_parser_t parser;
    yaml_document_t document;

    MR_ASSERT(yaml_parser_initialize(&parser) == 1);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, text.data, text.size);
    if (yaml_parser_load(&parser, &document) == 0) {
        complain_syntax(text, &parser, problems);
        yaml_parser_delete(&parser);
        return;
    }
    walk.document = &document;
    read_root(&walk);
    if (yaml_document_get_root_node(&document) != NULL)
        check_end(text, &parser, problems);
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
}
