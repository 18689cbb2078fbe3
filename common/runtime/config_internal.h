// SPDX-License-Identifier: Apache-2.0
/*
 * config_internal.h - the table behind config.h.  Private to runtime.
 *
 *   config_table.c   the rows, defaults, the nearest known key
 *   config_value.c   text to a value and back, by type: pure
 *   config_yaml.c    a YAML document into fields (the only user of libyaml)
 *   config_check.c   what must hold between keys
 *   config_show.c    show, reference, fingerprint
 *   config.c         files, overrides, problems, secrets
 */
#ifndef COMMON_RUNTIME_CONFIG_INTERNAL_H
#define COMMON_RUNTIME_CONFIG_INTERNAL_H

#include "common/base/mr_arena.h"
#include "common/runtime/config.h"

enum mr_config_type {
    MR_CONFIG_TEXT,
    MR_CONFIG_CHOICE,
    MR_CONFIG_FLAG,
    MR_CONFIG_COUNT,
    MR_CONFIG_NUMBER,
    MR_CONFIG_BYTES,
    MR_CONFIG_DURATION,
};

/* Which sources a key is for: a set. */
enum mr_config_kinds {
    MR_CONFIG_WEB = 1,
    MR_CONFIG_FILES = 2,
    MR_CONFIG_SWEPT = 3,
    MR_CONFIG_KAFKA = 4,
    MR_CONFIG_ANY = 7,
};

struct mr_config_row {
    const char *path; /* "limits.wait" */
    enum mr_config_type type;
    enum mr_config_kinds kinds;
    size_t offset; /* of the field in its struct */
    const char *initial;
    double low;
    double high;
    const char *choices;
    const char *help;
};

struct mr_config_table {
    const struct mr_config_row *rows;
    size_t count;
};

enum mr_config_from {
    MR_CONFIG_FROM_DEFAULT,
    MR_CONFIG_FROM_FILE,
    MR_CONFIG_FROM_COMMAND,
};

struct mr_config_origin {
    enum mr_config_from from;
    uint32_t line;
    uint32_t column;
};

/* Rows of struct mr_config, and of struct mr_config_source. */
extern const struct mr_config_table mr_config_keys;
extern const struct mr_config_table mr_source_keys;

/* The bytes of a field; larger than any of them. */
union mr_config_value {
    const char *text;
    bool flag;
    uint32_t count;
    double number;
    uint64_t bytes;
    int64_t duration_ms;
};

/* The row's position, or the table's count. */
size_t mr_config_find(const struct mr_config_table *table, struct mr_span path);

/* True when rows lie below `path`, as "limits" has. */
bool mr_config_is_section(const struct mr_config_table *table,
                          struct mr_span path);

/* Appends what to write instead of the unknown `path` ("a.b"), or which keys
 * are known there. */
void mr_config_suggest(const struct mr_config_table *table, struct mr_span path,
                       struct mr_buf *out);

/* A configuration of defaults. */
struct mr_config *mr_config_new(const char *file);

/* The set of one kind, by its name. */
enum mr_config_kinds mr_config_kind(const char *kind);

/* "web", "web and files", ...; static. */
const char *mr_config_kinds_name(enum mr_config_kinds kinds);

/* One more source of defaults at the end. */
struct mr_config_source *mr_config_add_source(struct mr_config *config);

/* Reads `text` as the row wants it; texts go into the arena.  MR_E_CONFIG: the
 * words begin with what is wrong, without the key. */
MR_MUST_CHECK enum mr_code mr_config_read_value(const struct mr_config_row *row,
                                                struct mr_span text,
                                                struct mr_arena *arena,
                                                union mr_config_value *out,
                                                struct mr_err *err);

void mr_config_store(const struct mr_config_row *row, void *base,
                     union mr_config_value value);
union mr_config_value mr_config_fetch(const struct mr_config_row *row,
                                      const void *base);

/* As it would be written in the file; an absent text as nothing. */
void mr_config_write_value(const struct mr_config_row *row,
                           union mr_config_value value, struct mr_buf *out);

/* "bytes", "duration", "one of a, b, c": for help. */
void mr_config_write_type(const struct mr_config_row *row, struct mr_buf *out);

/* Adds one, unless there are MR_CONFIG_PROBLEMS_MAX. */
void mr_config_complain(struct mr_config_problems *problems, uint32_t line,
                        uint32_t column, const char *fmt, ...) MR_PRINTF(4, 5);

static inline bool mr_config_hopeless(const struct mr_config_problems *problems)
{
    return problems->count == MR_CONFIG_PROBLEMS_MAX;
}

void mr_config_read_yaml(struct mr_span text, struct mr_config *config,
                         struct mr_config_problems *problems);

void mr_config_check(const struct mr_config *config,
                     struct mr_config_problems *problems);

#endif
