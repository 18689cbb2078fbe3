// SPDX-License-Identifier: Apache-2.0
// link: ingestor
/*
 * fuzz_foreign.c - no record of somebody else's topic crashes what maps it,
 * whatever its format, its headers or its schema are; what is mapped is a
 * document that the wire takes, or is refused there.
 *
 * An input is a byte of choices, then parts with two bytes of size before
 * each: a FileDescriptorSet (or none: the one of the program), the name of a
 * message, a content type; the value is the rest.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_reader.h"
#include "ingestor/foreign/map.h"
#include "ingestor/foreign/protobuf.h"
#include "tests/unit/ingestor/proto_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const formats[] = { "json", "protobuf", "confluent",
                                       "cloudevents" };

static struct mr_span part(struct mr_reader *in)
{
    size_t size = mr_read_u16(in);

    return mr_read_span(in,
                        size < in->size - in->at ? size : in->size - in->at);
}

static struct proto_schema *schema_of(struct mr_span set, const char *name)
{
    struct proto_schema *schema = NULL;
    struct mr_buf own = mr_buf(100000);

    if (set.size == 0) {
        pb_set(&own, true);
        set = mr_buf_bytes(&own);
        name = "t.Doc";
    }
    if (proto_schema_parse(set, name, &schema, NULL) != MR_OK)
        schema = NULL;
    mr_buf_deinit(&own);
    return schema;
}

static void map(const struct foreign_map *how,
                const struct proto_schema *schema,
                const struct mr_record *record, struct mr_arena *arena)
{
    struct mr_json *keep = NULL;
    struct mr_span value;
    struct mr_raw raw;
    enum mr_code code =
        foreign_map_record(how, schema, record, arena, &raw, &keep, NULL);

    MR_ASSERT(code == MR_OK || mr_class_of(code) == MR_CLASS_POISON);
    if (code == MR_OK) {
        raw.source = mr_span_str("s");
        raw.lane = MR_LANE_BULK;
        code = mr_raw_encode(&raw, arena, &value, NULL);
        MR_ASSERT(code == MR_OK || mr_class_of(code) == MR_CLASS_POISON);
    }
    mr_json_free(keep);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_reader in = mr_reader(mr_span(data, size));
    uint8_t choice = mr_read_byte(&in);
    struct source_config config = source_config_default(SOURCE_KAFKA);
    struct mr_span set = part(&in);
    const char *name = mr_arena_str(arena, part(&in));
    struct mr_record_header headers[] = {
        { .name = "content-type", .value = part(&in) },
        { .name = "ce_specversion", .value = mr_span_str("1.0") },
        { .name = "ce_id", .value = mr_span_str("e") },
        { .name = "ce_source", .value = mr_span_str("s") },
        { .name = "ce_type", .value = mr_span_str("t") },
    };
    struct mr_record record = { .key = mr_span_str("k"),
                                .value = mr_read_rest(&in),
                                .headers = headers,
                                .header_count = choice & 8 ? 5 : 1 };
    struct proto_schema *schema = NULL;
    struct foreign_map how;

    config.format = formats[choice & 3];
    config.inner = (choice & 4) != 0 ? "protobuf" : "json";
    config.fields.id = (choice & 16) != 0 ? "id" : NULL;
    config.fields.text = (choice & 32) != 0 ? "body" : NULL;
    if (foreign_map_wants_schema(&config)) {
        config.descriptor = "f";
        config.message = "m";
        schema = schema_of(set, name == NULL ? "" : name);
    }
    MR_ASSERT(foreign_map_parse(&config, arena, &how, NULL) == MR_OK);
    if (schema != NULL || !foreign_map_wants_schema(&config))
        map(&how, schema, &record, arena);
    proto_schema_free(schema);
    mr_arena_free(arena);
    return 0;
}
