// SPDX-License-Identifier: Apache-2.0
/*
 * compose.c - see compose.h.
 */
#include "preprocessor/admit/compose.h"

#include "common/base/mr_assert.h"
#include "preprocessor/admit/fold.h"

static struct mr_document from_verdict(const struct admit_record *record)
{
    const struct mr_verdict *verdict = &record->verdict;

    return (struct mr_document){
        .id = record->id,
        .version = verdict->version,
        .content_version = verdict->content_version,
        .state = verdict->state,
        .reason = verdict->reason,
        .time_ms = verdict->time_ms,
        .access = verdict->access,
        .lineage = { .verdict_offset = record->verdict_offset,
                     .curate_config = verdict->config },
    };
}

static void add_title(const struct admit_record *record,
                      const struct mr_clean *text, struct mr_document *out)
{
    out->source = text->source;
    out->lane = text->lane;
    if (!record->verdict.has_access)
        out->access = text->access;
    out->title = text->title;
    out->url = text->url;
    out->lineage.clean_offset = record->text_offset;
    out->lineage.clean_config = text->config;
}

static void add_facts(const struct admit_record *record,
                      const struct mr_clean *text, struct mr_arena *arena,
                      struct mr_document *out)
{
    out->time_ms = text->time_ms;
    out->metadata =
        fold_metadata(&text->metadata, &record->verdict.patch, arena);
    out->language = text->language;
    out->signals = text->signals;
}

struct mr_document compose_document(const struct admit_record *record,
                                    const struct mr_clean *text,
                                    struct mr_arena *arena)
{
    struct mr_document out = from_verdict(record);
    bool ended = out.state == MR_STATE_DELETED || out.state == MR_STATE_FAILED;

    MR_ASSERT(record->has_verdict && (text != NULL || ended));
    if (text != NULL)
        add_title(record, text, &out);
    if (!ended)
        add_facts(record, text, arena, &out);
    if (out.state == MR_STATE_LIVE) {
        out.text = text->text;
        out.passages = text->passages;
        out.source_map = text->source_map;
    }
    return out;
}
