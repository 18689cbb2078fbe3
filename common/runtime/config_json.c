// SPDX-License-Identifier: Apache-2.0
/*
 * config_json.c - a configuration and its reference as JSON, for scripts.
 */
#include "common/base/mr_assert.h"
#include "common/runtime/config_internal.h"

static const char *from_name(enum mr_config_from from)
{
    switch (from) {
    case MR_CONFIG_FROM_DEFAULT:
        return "default";
    case MR_CONFIG_FROM_FILE:
        return "file";
    case MR_CONFIG_FROM_COMMAND:
        return "command line";
    }
    MR_UNREACHABLE();
}

/* As it is written in a file, in quotes. */
static void put_written(const struct mr_config_row *row,
                        union mr_config_value value, struct mr_json_out *out)
{
    struct mr_buf written = mr_buf(MR_CONFIG_BYTES_MAX);

    mr_config_write_value(row, value, &written);
    mr_json_put_text(out, mr_buf_bytes(&written));
    mr_buf_deinit(&written);
}

/* "value", and what it means as a number: "bytes", "ms". */
static void put_value(const struct mr_config_row *row, const void *base,
                      struct mr_json_out *out)
{
    union mr_config_value value = mr_config_fetch(row, base);

    mr_json_key(out, "value");
    switch (row->type) {
    case MR_CONFIG_TEXT:
    case MR_CONFIG_CHOICE:
        mr_json_put_text(out, mr_span_str(value.text));
        return;
    case MR_CONFIG_FLAG:
        mr_json_put_bool(out, value.flag);
        return;
    case MR_CONFIG_COUNT:
        mr_json_put_u64(out, value.count);
        return;
    case MR_CONFIG_NUMBER:
        mr_json_put_number(out, value.number);
        return;
    case MR_CONFIG_BYTES:
        put_written(row, value, out);
        mr_json_key(out, "bytes");
        mr_json_put_u64(out, value.bytes);
        return;
    case MR_CONFIG_DURATION:
        put_written(row, value, out);
        mr_json_key(out, "ms");
        mr_json_put_i64(out, value.duration_ms);
        return;
    }
    MR_UNREACHABLE();
}

static void put_row(const struct mr_config_row *row, const void *base,
                    const struct mr_config_origin *origin,
                    struct mr_json_out *out)
{
    mr_json_object_begin(out);
    mr_json_key(out, "key");
    mr_json_put_str(out, row->path);
    put_value(row, base, out);
    mr_json_key(out, "from");
    mr_json_put_str(out, from_name(origin->from));
    if (origin->from == MR_CONFIG_FROM_FILE) {
        mr_json_key(out, "line");
        mr_json_put_u64(out, origin->line);
    }
    mr_json_object_end(out);
}

void mr_config_show_json(const struct mr_config *config,
                         struct mr_json_out *out)
{
    mr_json_object_begin(out);
    mr_json_key(out, "file");
    mr_json_put_text(out, mr_span_str(config->file));
    mr_json_key(out, "keys");
    mr_json_array_begin(out);
    for (size_t i = 0; i < mr_config_keys.count; i++)
        put_row(&mr_config_keys.rows[i], config, &config->origins[i], out);
    mr_json_array_end(out);
    mr_json_key(out, "sources");
    mr_json_array_begin(out);
    for (size_t i = 0; i < config->source_count; i++) {
        const struct mr_config_source *source = &config->sources[i];

        mr_json_array_begin(out);
        for (size_t k = 0; k < mr_source_keys.count; k++)
            put_row(&mr_source_keys.rows[k], source, &source->origins[k], out);
        mr_json_array_end(out);
    }
    mr_json_array_end(out);
    mr_json_object_end(out);
}

static void explain(const struct mr_config_table *table,
                    struct mr_json_out *out)
{
    struct mr_buf type = mr_buf(MR_CONFIG_BYTES_MAX);

    mr_json_array_begin(out);
    for (size_t i = 0; i < table->count; i++) {
        const struct mr_config_row *row = &table->rows[i];

        mr_buf_reset(&type);
        mr_config_write_type(row, &type);
        mr_json_object_begin(out);
        mr_json_key(out, "key");
        mr_json_put_str(out, row->path);
        mr_json_key(out, "type");
        mr_json_put_text(out, mr_buf_bytes(&type));
        mr_json_key(out, "default");
        mr_json_put_text(out, mr_span_str(row->initial));
        mr_json_key(out, "help");
        mr_json_put_str(out, row->help);
        mr_json_object_end(out);
    }
    mr_json_array_end(out);
    mr_buf_deinit(&type);
}

void mr_config_reference_json(struct mr_json_out *out)
{
    mr_json_object_begin(out);
    mr_json_key(out, "keys");
    explain(&mr_config_keys, out);
    mr_json_key(out, "source_keys");
    explain(&mr_source_keys, out);
    mr_json_object_end(out);
}
