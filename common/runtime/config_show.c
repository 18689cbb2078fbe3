// SPDX-License-Identifier: Apache-2.0
/*
 * config_show.c - a configuration as YAML, for people and for messages.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/runtime/config_internal.h"

#define FINGERPRINT_BYTES_MAX ((size_t)64 * 1024)

/* How many bytes of "a.b.c" are its section: 3. */
static size_t section_size(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot == NULL ? 0 : (size_t)(dot - path);
}

/* The sections around the byte at `size` of a path. */
static unsigned depth_of(const char *path, size_t size)
{
    unsigned depth = 0;

    for (size_t i = 0; i < size; i++)
        depth += path[i] == '.';
    return depth;
}

static void indent(unsigned depth, struct mr_buf *out)
{
    for (unsigned i = 0; i < depth; i++)
        mr_buf_str(out, "  ");
}

/* Opens the sections of `path` that `before` is not in. */
static void open_sections(const char *path, const char *before,
                          struct mr_buf *out)
{
    size_t size = section_size(path);
    size_t from = 0;

    while (from < size) {
        size_t length = strcspn(path + from, ".");

        if (before == NULL || strncmp(path, before, from + length + 1) != 0) {
            indent(depth_of(path, from), out);
            mr_buf_append(out, path + from, length);
            mr_buf_str(out, ":\n");
        }
        from += length + 1;
    }
}

static const char *last_word(const char *path)
{
    size_t size = section_size(path);

    return path + size + (size > 0 ? 1 : 0);
}

static bool is_absent(const struct mr_config_row *row, const void *base)
{
    return (row->type == MR_CONFIG_TEXT || row->type == MR_CONFIG_CHOICE) &&
           mr_config_fetch(row, base).text == NULL;
}

static void show_origin(const struct mr_config *config,
                        const struct mr_config_origin *origin,
                        struct mr_buf *out)
{
    switch (origin->from) {
    case MR_CONFIG_FROM_DEFAULT:
        mr_buf_str(out, "  # default\n");
        return;
    case MR_CONFIG_FROM_FILE:
        mr_buf_printf(out, "  # line %u", origin->line);
        if (config->file != NULL)
            mr_buf_str(out, " of the file");
        mr_buf_byte(out, '\n');
        return;
    case MR_CONFIG_FROM_COMMAND:
        mr_buf_str(out, "  # command line\n");
        return;
    }
    MR_UNREACHABLE();
}

/* "word: value" without the end of the line; a comment when it is absent. */
static void show_pair(const struct mr_config_row *row, const void *base,
                      struct mr_buf *out)
{
    if (is_absent(row, base)) {
        mr_buf_printf(out, "# %s:", last_word(row->path));
        return;
    }
    mr_buf_printf(out, "%s: ", last_word(row->path));
    mr_config_write_value(row, mr_config_fetch(row, base), out);
}

static void show_source(const struct mr_config *config,
                        const struct mr_config_source *source,
                        struct mr_buf *out)
{
    const char *lead = "  - ";

    for (size_t i = 0; i < mr_source_keys.count; i++) {
        const struct mr_config_row *row = &mr_source_keys.rows[i];
        bool other = source->origins[i].from == MR_CONFIG_FROM_DEFAULT &&
                     (row->kinds & mr_config_kind(source->kind)) == 0;

        if (other || is_absent(row, source))
            continue;
        mr_buf_printf(out, "%s%s: ", lead, row->path);
        mr_config_write_value(row, mr_config_fetch(row, source), out);
        show_origin(config, &source->origins[i], out);
        lead = "    ";
    }
}

void mr_config_show(const struct mr_config *config, struct mr_buf *out)
{
    const char *before = NULL;

    if (config->file != NULL) {
        mr_buf_str(out, "# file: ");
        for (const char *at = config->file; *at != '\0'; at++)
            mr_buf_byte(out, (uint8_t)*at < 0x20 ? '?' : (uint8_t)*at);
        mr_buf_byte(out, '\n');
    }
    for (size_t i = 0; i < mr_config_keys.count; i++) {
        const struct mr_config_row *row = &mr_config_keys.rows[i];

        open_sections(row->path, before, out);
        indent(depth_of(row->path, strlen(row->path)), out);
        show_pair(row, config, out);
        show_origin(config, &config->origins[i], out);
        before = row->path;
    }
    mr_buf_str(out, config->source_count > 0 ? "sources:\n" : "sources: []\n");
    for (size_t i = 0; i < config->source_count; i++)
        show_source(config, &config->sources[i], out);
}

/* Help in lines of comment, and what may be written. */
static void explain(const struct mr_config_row *row, unsigned depth,
                    const char *mark, struct mr_buf *out)
{
    const char *at = row->help;
    const size_t width = 76 - 2 * (size_t)depth - strlen(mark);

    while (*at != '\0') {
        size_t size = strlen(at);

        if (size > width) {
            size = width;
            while (size > 0 && at[size] != ' ')
                size--;
        }
        indent(depth, out);
        mr_buf_printf(out, "%s# %.*s\n", mark, (int)size, at);
        at += size;
        at += *at == ' ';
    }
    indent(depth, out);
    mr_buf_printf(out, "%s# (", mark);
    mr_config_write_type(row, out);
    mr_buf_str(out, row->initial == NULL ? "; absent by default)\n" : ")\n");
}

static void explain_sources(struct mr_buf *out)
{
    static const struct mr_config_source example = {
        .name = "handbook",
        .kind = "web",
        .url = "https://example.org/handbook/",
        .path = "/srv/handbook",
        .topic = "articles",
    };

    mr_buf_str(out,
               "\n# Web sites, folders and topics that are read by themselves: "
               "a list.\nsources: []\n# sources:\n");
    for (size_t i = 0; i < mr_source_keys.count; i++) {
        const struct mr_config_row *row = &mr_source_keys.rows[i];

        explain(row, 0, "#     ", out);
        if (row->kinds != MR_CONFIG_ANY)
            mr_buf_printf(out, "#     # (kind %s only)\n",
                          mr_config_kinds_name(row->kinds));
        mr_buf_printf(out, "#   %s ", i == 0 ? "-" : " ");
        if (row->initial != NULL)
            mr_buf_printf(out, "%s: %s\n", row->path, row->initial);
        else if (is_absent(row, &example))
            mr_buf_printf(out, "# %s:\n", row->path);
        else {
            show_pair(row, &example, out);
            mr_buf_byte(out, '\n');
        }
    }
}

void mr_config_reference(struct mr_buf *out)
{
    struct mr_config *config = mr_config_new(NULL);
    const char *before = NULL;

    mr_buf_str(out, "# Every key of millrace with its default.  What is left "
                    "out has the same value.\n");
    for (size_t i = 0; i < mr_config_keys.count; i++) {
        const struct mr_config_row *row = &mr_config_keys.rows[i];
        unsigned depth = depth_of(row->path, strlen(row->path));

        mr_buf_byte(out, '\n');
        open_sections(row->path, before, out);
        explain(row, depth, "", out);
        indent(depth, out);
        show_pair(row, config, out);
        mr_buf_byte(out, '\n');
        before = row->path;
    }
    explain_sources(out);
    mr_config_free(config);
}

void mr_config_fingerprint(const struct mr_config *config, const char *section,
                           char out[17])
{
    struct mr_buf text = mr_buf(FINGERPRINT_BYTES_MAX);
    size_t size = strlen(section);

    for (size_t i = 0; i < mr_config_keys.count; i++) {
        const struct mr_config_row *row = &mr_config_keys.rows[i];

        if (strncmp(row->path, section, size) != 0 || row->path[size] != '.')
            continue;
        mr_buf_printf(&text, "%s=", row->path);
        mr_config_write_value(row, mr_config_fetch(row, config), &text);
        mr_buf_byte(&text, '\n');
    }
    MR_ASSERT(!text.full);
    (void)snprintf(out, 17, "%016llx",
                   (unsigned long long)mr_hash64(mr_buf_bytes(&text), 0));
    mr_buf_deinit(&text);
}
