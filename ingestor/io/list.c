// SPDX-License-Identifier: Apache-2.0
/*
 * list.c - see list.h.
 */
#include "ingestor/io/list.h"

#include "ingestor/source/config.h"

#define CONFIG_BYTES_MAX ((size_t)4 * 1024 * 1024)

struct entries {
    struct mr_arena *arena;
    struct mr_span names[INGESTOR_SOURCES_MAX];
    struct mr_span values[INGESTOR_SOURCES_MAX];
    size_t count;
};

static enum mr_code collect(void *context, struct mr_span key,
                            struct mr_span value, bool *stop,
                            struct mr_err *err)
{
    struct entries *entries = context;

    (void)err;
    entries->names[entries->count] =
        mr_span(mr_arena_str(entries->arena, key), key.size);
    entries->values[entries->count++] = mr_arena_copy(entries->arena, value);
    *stop = entries->count == INGESTOR_SOURCES_MAX;
    return MR_OK;
}

enum mr_code list_load(const struct mr_place *place, mr_space_id space,
                       list_visit *visit, void *context, struct mr_err *err)
{
    struct mr_arena *arena = mr_arena_new();
    struct entries *entries = mr_arena_calloc(arena, 1, sizeof(*entries));
    const struct mr_range all = { 0 };
    enum mr_code code;

    entries->arena = arena;
    code = mr_store_scan(place->store, space, all, collect, entries, err);
    for (size_t i = 0; code == MR_OK && i < entries->count; i++) {
        const char *name = (const char *)entries->names[i].data;
        struct mr_json *json;

        code = mr_json_parse(entries->values[i], &json, err);
        if (code != MR_OK) {
            code = mr_fail(err, MR_E_DAMAGED,
                           "source %s: its stored configuration: %s", name,
                           err->text);
            break;
        }
        code = visit(context, name, json, err);
        mr_json_free(json);
    }
    mr_arena_free(arena);
    return code;
}

enum mr_code list_save(const struct mr_place *place, mr_space_id space,
                       const struct source_config *config, struct mr_err *err)
{
    struct mr_batch *batch = mr_batch_new();
    struct mr_buf value = mr_buf(CONFIG_BYTES_MAX);
    struct mr_json_out out = mr_json_out(&value);
    enum mr_code code;

    config_to_json(config, &out);
    mr_batch_put(batch, space, mr_span_str(config->name), mr_buf_bytes(&value));
    code = value.full ? mr_fail(err, MR_E_INVALID,
                                "its configuration has more than %zu bytes",
                                CONFIG_BYTES_MAX)
                      : mr_store_write(place->store, batch, true, err);
    mr_buf_deinit(&value);
    mr_batch_free(batch);
    return code;
}

enum mr_code list_remove(const struct mr_place *place, mr_space_id space,
                         const char *name, struct mr_err *err)
{
    struct mr_batch *batch = mr_batch_new();
    enum mr_code code;

    mr_batch_delete(batch, space, mr_span_str(name));
    code = mr_store_write(place->store, batch, true, err);
    mr_batch_free(batch);
    return code;
}
