// SPDX-License-Identifier: Apache-2.0
/*
 * render.c - see render.h.
 */
#include "retriever/api/render.h"

#include "common/base/mr_assert.h"

#define REASON_BYTES_MAX ((size_t)4096)

static void render_value(struct mr_json_out *out, const struct mr_pair *pair)
{
    switch (pair->kind) {
    case MR_VALUE_TEXT:
        mr_json_put_text(out, pair->text);
        return;
    case MR_VALUE_NUMBER:
        mr_json_put_number(out, pair->number);
        return;
    case MR_VALUE_FLAG:
        mr_json_put_bool(out, pair->flag);
        return;
    case MR_VALUE_NULL:
        mr_json_put_null(out);
        return;
    }
    MR_UNREACHABLE();
}

void render_metadata(struct mr_json_out *out, const struct mr_pairs *pairs)
{
    size_t i = 0;

    mr_json_object_begin(out);
    while (i < pairs->count) {
        size_t end = i + 1;

        while (end < pairs->count &&
               mr_span_equal(pairs->items[end].key, pairs->items[i].key))
            end++;
        mr_json_key_span(out, pairs->items[i].key);
        if (end - i > 1)
            mr_json_array_begin(out);
        for (size_t k = i; k < end; k++)
            render_value(out, &pairs->items[k]);
        if (end - i > 1)
            mr_json_array_end(out);
        i = end;
    }
    mr_json_object_end(out);
}

void render_reason(struct mr_buf *out, const struct shard_record *record)
{
    const struct mr_reason *reason = &record->document.reason;

    switch (record->document.state) {
    case MR_STATE_LIVE:
        if (record->dense)
            mr_buf_str(out, "searchable by words and by meaning");
        else if (record->dense_failed)
            mr_buf_printf(out, "searchable by words; embedding failed: %.*s",
                          MR_SPAN_ARG(record->dense_error));
        else
            mr_buf_str(out, "searchable by words; not embedded yet");
        return;
    case MR_STATE_REJECTED:
        mr_buf_printf(out, "rejected by rule %.*s: %.*s",
                      MR_SPAN_ARG(reason->rule), MR_SPAN_ARG(reason->value));
        return;
    case MR_STATE_DUPLICATE:
        mr_buf_printf(out, "duplicate of %.*s, similarity %.3g",
                      MR_SPAN_ARG(reason->duplicate_of), reason->similarity);
        return;
    case MR_STATE_DELETED:
        mr_buf_str(out, "deleted");
        return;
    case MR_STATE_FAILED:
        mr_buf_printf(out, "failed: %.*s", MR_SPAN_ARG(reason->value));
        return;
    }
    MR_UNREACHABLE();
}

static const char *dense_of(const struct shard_record *record)
{
    if (record->document.state != MR_STATE_LIVE)
        return NULL;
    return record->dense          ? "searchable"
           : record->dense_failed ? "failed"
                                  : "pending";
}

void render_state(struct mr_json_out *out, struct mr_span id,
                  const struct shard_record *record)
{
    const struct mr_document *document = &record->document;
    struct mr_buf reason = mr_buf(REASON_BYTES_MAX);

    render_reason(&reason, record);
    mr_json_key(out, "id");
    mr_json_put_text(out, id);
    mr_json_key(out, "version");
    mr_json_put_u64(out, document->version);
    mr_json_key(out, "content_version");
    mr_json_put_u64(out, document->content_version);
    mr_json_key(out, "state");
    mr_json_put_str(out, mr_state_name(document->state));
    mr_json_key(out, "reason");
    mr_json_put_text(out, mr_buf_bytes(&reason));
    if (document->state == MR_STATE_REJECTED) {
        mr_json_key(out, "rule");
        mr_json_put_text(out, document->reason.rule);
        mr_json_key(out, "value");
        mr_json_put_text(out, document->reason.value);
    }
    if (document->state == MR_STATE_DUPLICATE) {
        mr_json_key(out, "duplicate_of");
        mr_json_put_text(out, document->reason.duplicate_of);
        mr_json_key(out, "similarity");
        mr_json_put_number(out, document->reason.similarity);
    }
    if (dense_of(record) != NULL) {
        mr_json_key(out, "dense");
        mr_json_put_str(out, dense_of(record));
    }
    mr_buf_deinit(&reason);
}

static void render_highlights(struct mr_json_out *out,
                              const struct search_hit *hit)
{
    mr_json_key(out, "highlights");
    mr_json_array_begin(out);
    for (size_t i = 0; i < hit->highlight_count; i++) {
        mr_json_array_begin(out);
        mr_json_put_u64(out, hit->highlights[i][0]);
        mr_json_put_u64(out, hit->highlights[i][1]);
        mr_json_array_end(out);
    }
    mr_json_array_end(out);
}

static void render_terms(struct mr_json_out *out,
                         const struct search_result *result,
                         const struct fused_hit *fused)
{
    mr_json_key(out, "terms");
    mr_json_object_begin(out);
    for (size_t i = 0; i < index_query_terms(result->query); i++) {
        if (fused->parts[i] == 0)
            continue;
        mr_json_key_span(out, index_query_term(result->query, i));
        mr_json_put_number(out, fused->parts[i]);
    }
    mr_json_object_end(out);
}

/* Each side's rank, score and part in the sum, and what each word gave. */
static void render_explanation(struct mr_json_out *out,
                               const struct search_result *result,
                               const struct fused_hit *fused)
{
    mr_json_key(out, "explain");
    mr_json_object_begin(out);
    if (fused->keyword_rank > 0) {
        mr_json_key(out, "keyword");
        mr_json_object_begin(out);
        mr_json_key(out, "rank");
        mr_json_put_u64(out, fused->keyword_rank);
        mr_json_key(out, "bm25");
        mr_json_put_number(out, fused->keyword_score);
        mr_json_key(out, "part");
        mr_json_put_number(out, fused->keyword_part);
        if (fused->parts != NULL)
            render_terms(out, result, fused);
        mr_json_object_end(out);
    }
    if (fused->dense_rank > 0) {
        mr_json_key(out, "dense");
        mr_json_object_begin(out);
        mr_json_key(out, "rank");
        mr_json_put_u64(out, fused->dense_rank);
        mr_json_key(out, "cosine");
        mr_json_put_number(out, fused->dense_score);
        mr_json_key(out, "part");
        mr_json_put_number(out, fused->dense_part);
        mr_json_object_end(out);
    }
    mr_json_object_end(out);
}

void render_hit(struct mr_json_out *out, const struct search_result *result,
                const struct search_hit *hit, bool explain)
{
    const struct shard_passage *passage = &hit->passage;
    char id[33];

    mr_hash128_hex(passage->passage.id, id);
    mr_json_object_begin(out);
    mr_json_key(out, "document");
    mr_json_put_text(out, hit->fused.hit->document);
    mr_json_key(out, "passage");
    mr_json_put_str(out, id);
    mr_json_key(out, "score");
    mr_json_put_number(out, hit->fused.score);
    mr_json_key(out, "text");
    mr_json_put_text(out, passage->text);
    mr_json_key(out, "title");
    mr_json_put_text(out, passage->document.title);
    mr_json_key(out, "url");
    mr_json_put_text(out, passage->document.url);
    mr_json_key(out, "headings");
    mr_json_put_text(out, passage->passage.headings);
    mr_json_key(out, "start");
    mr_json_put_u64(out, passage->passage.start);
    mr_json_key(out, "end");
    mr_json_put_u64(out, passage->passage.end);
    render_highlights(out, hit);
    mr_json_key(out, "metadata");
    render_metadata(out, &passage->document.metadata);
    if (explain)
        render_explanation(out, result, &hit->fused);
    mr_json_object_end(out);
}
