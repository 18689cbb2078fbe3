// SPDX-License-Identifier: Apache-2.0
/*
 * config.h - the configuration: one YAML file, every key with a default.
 *
 * All keys are rows of config.def, which gives type, default, limits and help
 * of each; this header only says into which fields they go.  A file is read
 * whole and ALL its mistakes are told, each with its line and column: unknown
 * keys (with the nearest known one), wrong types, values out of range,
 * duplicates, contradictions.  Nothing else is read: no environment variable,
 * no second file, but for the secrets that *_env and *_file keys name.
 *
 *   bytes      64 MiB, 512 KiB, 1 GB, 1000 (without unit: bytes)
 *   duration   10 s, 500 ms, 5 min, 2 h, 1 d (0 needs no unit)
 *
 * size: the fields of every key in one place.
 *
 * Memory:  a configuration owns all it points to.
 * Threads: read by any after it is loaded.
 * I/O:     the one file; mr_config_secret() another.
 */
#ifndef COMMON_RUNTIME_CONFIG_H
#define COMMON_RUNTIME_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"
#include "common/json/json.h"

#define MR_CONFIG_BYTES_MAX    ((size_t)256 * 1024)
#define MR_CONFIG_SOURCES_MAX  256u
#define MR_CONFIG_PROBLEMS_MAX 100u /* more are not looked for */
#define MR_SECRET_BYTES_MAX    ((size_t)64 * 1024)

struct mr_config_origin; /* where a value comes from */

/* Web sites and folders that are read by themselves. */
struct mr_config_source {
    const char *name;
    const char *kind; /* "web", "files" or "kafka" */
    const char *url;  /* web; NULL otherwise */
    const char *path; /* files; NULL otherwise */
    int64_t every_ms; /* 0: only when told */
    uint32_t max_pages;
    uint32_t depth;
    uint32_t connections_per_host;
    int64_t delay_ms;
    int64_t page_timeout_ms;
    bool allow_private;
    const char *headers_file; /* or NULL */
    const char *cookies_file; /* or NULL */
    const char *topic;        /* of kafka, as what follows; NULL otherwise */
    const char *format;
    const char *inner;
    const char *from;
    const char *descriptor; /* or NULL */
    const char *message;    /* or NULL */
    struct {
        const char *id; /* paths; all may be NULL */
        const char *text;
        const char *html;
        const char *title;
        const char *url;
        const char *time;
        const char *owner;
        const char *acl;
        const char *metadata;
    } fields;
    uint32_t rank;
    struct mr_config_origin *origins;
};

struct mr_config {
    const char *data;
    const char *listen;
    const char *collection;
    uint32_t partitions;
    uint32_t generation; /* 0: not named */
    const char *bus;     /* "embedded", "kafka" */
    struct {
        const char *brokers;
        const char *prefix;        /* or NULL */
        const char *settings_file; /* or NULL */
        uint32_t replication;
    } kafka;
    struct {
        const char *store;    /* "folder", "s3" */
        const char *endpoint; /* the rest is of s3; NULL where absent */
        const char *bucket;
        const char *prefix;
        const char *region;
        const char *key_id;
        const char *secret_env;
        const char *secret_file;
        const char *ca_file;
        bool virtual_hosted;
    } blobs;
    struct {
        const char *advertise; /* or NULL, as all here */
        const char *api_key_file;
        const char *ca_file;
    } cluster;
    struct {
        const char *tls_cert; /* files; both NULL: no TLS */
        const char *tls_key;
        bool insecure;
        bool loopback_open;
    } http;
    struct {
        const char *level;  /* "debug", "info", "warn", "error" */
        const char *format; /* "auto", "json", "human" */
    } log;
    struct {
        uint64_t body_bytes;
        uint32_t keyword_lag_records;
        uint32_t http_connections;
        int64_t wait_ms;
        uint64_t disk_free_bytes;
        int64_t hang_ms;
    } limits;
    struct {
        uint32_t passage_words_target;
        uint32_t passage_words_max;
        uint32_t words_min;
        const char *language;
    } clean;
    struct {
        bool duplicates;
        double similarity;
        uint32_t pushed_rank;
    } curate;
    struct {
        int64_t deleted_keep_ms;
    } admit;
    struct {
        const char *model; /* NULL: the one beside the program */
        uint32_t threads;
        uint64_t cache_bytes;
    } embed;
    struct {
        uint32_t seal_passages;
        int64_t checkpoint_every_ms;
        uint32_t merge_fan_in;
        uint32_t exact_passages_max;
        uint32_t build_threads;
        double k1;
        double b;
    } index;
    struct {
        const char *mode; /* "hybrid", "dense", "keyword" */
        uint32_t top_k;
        uint32_t per_document;
        double keyword_weight;
    } search;
    struct {
        const char *form;      /* "plain", "cited" */
        const char *form_file; /* or NULL */
    } answer;
    struct {
        const char *url; /* NULL: none */
        const char *model;
        const char *api_key_env;
        const char *api_key_file;
        int64_t timeout_ms;
        uint32_t max_tokens;
        uint32_t window;
    } generator;
    struct mr_config_source *sources;
    size_t source_count;

    const char *file; /* its name, or NULL for defaults only */
    struct mr_config_origin *origins;
    struct mr_arena *arena;
};

struct mr_config_problem {
    uint32_t line; /* from 1; 0: of no place */
    uint32_t column;
    char text[MR_ERR_TEXT_MAX];
};

struct mr_config_problems {
    struct mr_config_problem *items; /* in order of line */
    size_t count;
};

void mr_config_problems_deinit(struct mr_config_problems *problems);

/* "millrace.yaml:3:5: words" a line. */
void mr_config_problems_print(const struct mr_config_problems *problems,
                              const char *file, struct mr_buf *out);

/*
 * Reads the file; NULL: the defaults.  `problems` is empty before, and is
 * deinit'ed by the caller.  MR_E_CONFIG: there are problems, *out is NULL.
 * On MR_OK *out is freed by mr_config_free().
 */
MR_MUST_CHECK enum mr_code mr_config_load(const char *path,
                                          struct mr_config **out,
                                          struct mr_config_problems *problems);

/* As mr_config_load() for text; `file` is its name in messages. */
MR_MUST_CHECK enum mr_code mr_config_parse(struct mr_span text,
                                           const char *file,
                                           struct mr_config **out,
                                           struct mr_config_problems *problems);

/* NULL does nothing. */
void mr_config_free(struct mr_config *config);

/* Sets one key, such as "limits.wait", as a command line does; on MR_E_CONFIG
 * nothing has changed. */
MR_MUST_CHECK enum mr_code mr_config_set(struct mr_config *config,
                                         const char *key, const char *value,
                                         struct mr_err *err);

/* All values in force as YAML that loads, each with where it comes from. */
void mr_config_show(const struct mr_config *config, struct mr_buf *out);

/* The same as {"file", "keys", "sources"}: of each key its value, "from", and
 * the "line" of the file. */
void mr_config_show_json(const struct mr_config *config,
                         struct mr_json_out *out);

/* Every key with default, unit, limits and help, as YAML that loads. */
void mr_config_reference(struct mr_buf *out);

/* The same as {"keys", "source_keys"}. */
void mr_config_reference_json(struct mr_json_out *out);

/* 16 hexadecimal digits over the values of a section, such as "clean": what a
 * message that depends on them names. */
void mr_config_fingerprint(const struct mr_config *config, const char *section,
                           char out[17]);

/*
 * The secret in the environment variable `env` or, if that is NULL, in `file`,
 * without a newline at its end; *out is freed by mr_free(), NULL when both
 * names are.  MR_E_CONFIG: it is not there, empty or too long.
 */
MR_MUST_CHECK enum mr_code mr_config_secret(const char *env, const char *file,
                                            char **out, struct mr_err *err);

#endif
