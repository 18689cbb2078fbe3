// SPDX-License-Identifier: Apache-2.0
/*
 * engine_earlier.c - a document in a version that was replaced since: its put
 * is on `raw`, and cleaning is a function of it.
 */
#include "cli/engine_parts.h"
#include "common/wire/raw.h"
#include "preprocessor/clean/clean.h"

/* The put that made the version; MR_E_LOST: there is none. */
static enum mr_code fetch_put(const struct mr_place *place, struct mr_span id,
                              uint64_t version, struct mr_arena *arena,
                              struct mr_raw *out, struct mr_err *err)
{
    uint64_t offset = version & ~mr_version(UINT16_MAX, 0);
    struct mr_record record;
    enum mr_code code;

    if (mr_place_version(place, offset) != version)
        return MR_E_LOST; /* of another epoch */
    code = mr_bus_fetch(place->bus, place->topics[MR_TOPIC_RAW],
                        mr_place_partition(place, id), offset, arena, &record,
                        err);
    if (code == MR_OK)
        code = mr_raw_parse(record.value, arena, out, err);
    if (code != MR_OK)
        return code;
    return mr_span_equal(out->id, id) && out->kind == MR_KIND_PUT ? MR_OK
                                                                  : MR_E_LOST;
}

enum mr_code engine_earlier(void *context, struct mr_span id,
                            uint64_t content_version, struct mr_arena *arena,
                            struct retriever_document *out, struct mr_err *err)
{
    const struct engine *engine = context;
    struct clean_document document;
    struct clean_source source;
    struct mr_raw raw;
    enum mr_code code =
        fetch_put(&engine->place, id, content_version, arena, &raw, err);

    if (code == MR_OK && raw.put.body.in_blob)
        code = mr_blob_get(engine->place.blob, raw.put.body.hash, arena,
                           &raw.put.body.bytes, err);
    if (code != MR_OK)
        return code;
    source = (struct clean_source){
        .body = raw.put.body.bytes,
        .content_type = raw.put.content_type,
        .charset = raw.put.charset,
        .url = raw.put.url,
    };
    clean_document(&engine->options.clean, id, raw.put.title, &source, arena,
                   &document);
    if (document.reject_rule != NULL)
        return MR_E_LOST;
    *out = (struct retriever_document){
        .text = document.text.text,
        .title = document.title,
        .url = raw.put.url,
        .passages = document.passages,
    };
    if (out->url.data == NULL &&
        document.text.canonical.size <= MR_URL_BYTES_MAX)
        out->url = document.text.canonical;
    return MR_OK;
}
