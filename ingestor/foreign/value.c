// SPDX-License-Identifier: Apache-2.0
/*
 * value.c - see value.h.
 */
#include "ingestor/foreign/value.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_reader.h"
#include "ingestor/foreign/protobuf.h"

#define JSON_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define FRAME_BYTES    5u

static enum mr_code read_message(const struct proto_schema *schema,
                                 struct mr_span bytes, struct mr_json **out,
                                 struct mr_err *err)
{
    struct mr_buf text = mr_buf(JSON_BYTES_MAX);
    enum mr_code code = proto_to_json(schema, bytes, &text, err);

    if (code == MR_OK)
        code = mr_json_parse(mr_buf_bytes(&text), out, err);
    mr_buf_deinit(&text);
    return code;
}

enum mr_code foreign_data_read(enum foreign_format format,
                               const struct proto_schema *schema,
                               struct mr_span bytes, struct mr_json **out,
                               struct mr_err *err)
{
    if (format == FOREIGN_JSON)
        return mr_json_parse(bytes, out, err);
    MR_ASSERT(format == FOREIGN_PROTOBUF && schema != NULL);
    return read_message(schema, bytes, out, err);
}

/* 0 is short for one index that is 0. */
static enum mr_code skip_indexes(const struct proto_schema *schema,
                                 struct mr_reader *in, struct mr_err *err)
{
    uint32_t indexes[PROTO_NESTING_MAX] = { 0 };
    uint64_t count = mr_read_varint(in);
    bool good = count % 2 == 0 && count / 2 <= PROTO_NESTING_MAX;

    count /= 2;
    for (uint64_t i = 0; good && i < count; i++) {
        uint64_t number = mr_read_varint(in);

        good = number % 2 == 0 && number / 2 <= UINT32_MAX;
        indexes[i] = (uint32_t)(number / 2);
    }
    if (!good || in->overrun)
        return mr_fail(err, MR_E_CORRUPT,
                       "confluent: the indexes of the message break their "
                       "format");
    if (!proto_schema_is_at(schema, indexes, count > 0 ? (size_t)count : 1))
        return mr_fail(err, MR_E_INVALID,
                       "confluent: it is another message of its schema than "
                       "the one that is configured");
    return MR_OK;
}

static enum mr_code read_framed(const struct foreign_map *map,
                                const struct proto_schema *schema,
                                struct mr_span value, struct mr_json **out,
                                struct mr_err *err)
{
    struct mr_reader in = mr_reader(value);
    enum mr_code code = MR_OK;

    if (value.size < FRAME_BYTES || value.data[0] != 0)
        return mr_fail(err, MR_E_CORRUPT,
                       "confluent: it does not begin with 0 and the id of a "
                       "schema");
    (void)mr_read_span(&in, FRAME_BYTES);
    if (map->inner == FOREIGN_PROTOBUF)
        code = skip_indexes(schema, &in, err);
    if (code != MR_OK)
        return code;
    return foreign_data_read(map->inner, schema, mr_read_rest(&in), out, err);
}

enum mr_code foreign_value_read(const struct foreign_map *map,
                                const struct proto_schema *schema,
                                const struct mr_record *record,
                                struct mr_arena *arena,
                                struct foreign_tree *out, struct mr_err *err)
{
    *out = (struct foreign_tree){ 0 };
    switch (map->format) {
    case FOREIGN_JSON:
    case FOREIGN_PROTOBUF:
        return foreign_data_read(map->format, schema, record->value, &out->root,
                                 err);
    case FOREIGN_CONFLUENT:
        return read_framed(map, schema, record->value, &out->root, err);
    case FOREIGN_CLOUDEVENTS:
        return foreign_event_read(map, schema, record, arena, out, err);
    }
    MR_UNREACHABLE();
}
