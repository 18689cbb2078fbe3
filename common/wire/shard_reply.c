// SPDX-License-Identifier: Apache-2.0
/*
 * shard_reply.c - see shard.h.
 */
#include <math.h>

#include "common/ports/bus.h"
#include "common/wire/pack.h"
#include "common/wire/shard_parts.h"

static void check_hits(struct mr_wire_check *c, const struct mr_shard_hit *hits,
                       size_t count)
{
    mr_wire_check_size(c, "hits", count, MR_SHARD_HITS_MAX);
    for (size_t i = 0; c->code == MR_OK && i < count; i++) {
        mr_wire_check_place(c, &hits[i].place);
        mr_wire_check(c, isfinite(hits[i].score), "a score is finite");
        mr_wire_check(c, hits[i].parts.size % sizeof(double) == 0,
                      "parts of a score are whole doubles");
        mr_wire_check_size(c, "bytes of parts", hits[i].parts.size,
                           MR_SHARD_TERMS_MAX * sizeof(double));
    }
}

static void check_loaded(struct mr_wire_check *c,
                         const struct mr_shard_passage *loaded)
{
    bool found = loaded->document.size > 0;

    mr_wire_check_size(c, "bytes of a document", loaded->document.size,
                       MR_VALUE_BYTES_MAX);
    mr_wire_check(c,
                  loaded->passage.start <= loaded->passage.end &&
                      loaded->passage.end - loaded->passage.start ==
                          loaded->text.size,
                  "a passage is as long as its text");
    mr_wire_check(c, found || loaded->text.size == 0,
                  "what was not found has no text");
    mr_wire_check_text(c, "headings", loaded->passage.headings,
                       MR_TITLE_BYTES_MAX);
    mr_wire_check_text(c, "text", loaded->text, MR_SHARD_REPLY_BYTES_MAX);
}

static void check(struct mr_wire_check *c, const struct mr_shard_reply *reply)
{
    mr_wire_check_enum(c, "verb", (int)reply->verb, MR_SHARD_INFO,
                       MR_SHARD_WAIT);
    mr_wire_check_texts(c, "languages", reply->languages, reply->language_count,
                        MR_SHARD_LANGUAGES_MAX);
    mr_wire_check(c, reply->counts.recall >= 0 && reply->counts.recall <= 1,
                  "a recall is within 0 and 1");
    mr_wire_check_size(c, "frequencies", reply->frequency_count,
                       MR_SHARD_TERMS_MAX);
    check_hits(c, reply->keyword, reply->keyword_count);
    check_hits(c, reply->dense, reply->dense_count);
    mr_wire_check_text(c, "error", reply->keyword_error, MR_ERROR_BYTES_MAX);
    mr_wire_check_text(c, "error", reply->dense_error, MR_ERROR_BYTES_MAX);
    mr_wire_check_size(c, "passages", reply->loaded_count, MR_SHARD_PLACES_MAX);
    for (size_t i = 0; c->code == MR_OK && i < reply->loaded_count; i++)
        check_loaded(c, &reply->loaded[i]);
    mr_wire_check_size(c, "bytes of a document", reply->document.size,
                       MR_VALUE_BYTES_MAX);
    mr_wire_check_text(c, "error", reply->failed_error, MR_ERROR_BYTES_MAX);
    mr_wire_check_text(c, "text", reply->text, MR_SHARD_REPLY_BYTES_MAX);
    mr_wire_check(c, reply->has_text || reply->text.size == 0,
                  "what has no text has none");
}

static Millrace__ShardHit **put_hits(struct mr_arena *arena,
                                     const struct mr_shard_hit *hits,
                                     size_t count)
{
    Millrace__ShardHit *parts = mr_arena_calloc(arena, count, sizeof(*parts));
    Millrace__ShardHit **list = mr_arena_calloc(arena, count, sizeof(*list));
    Millrace__ShardPlace *places =
        mr_arena_calloc(arena, count, sizeof(*places));

    for (size_t i = 0; i < count; i++) {
        list[i] = &parts[i];
        millrace__shard_hit__init(&parts[i]);
        mr_wire_put_place(&hits[i].place, &places[i]);
        parts[i].place = &places[i];
        parts[i].score = hits[i].score;
        parts[i].parts = mr_wire_put(hits[i].parts);
    }
    return list;
}

static Millrace__ShardCounts *put_counts(struct mr_arena *arena,
                                         const struct mr_shard_counts *counts)
{
    Millrace__ShardCounts *message = mr_arena_alloc(arena, sizeof(*message));

    millrace__shard_counts__init(message);
    message->live = counts->live;
    message->rejected = counts->rejected;
    message->duplicate = counts->duplicate;
    message->deleted = counts->deleted;
    message->failed = counts->failed;
    message->passages = counts->passages;
    message->passages_dense = counts->passages_dense;
    message->documents_dense = counts->documents_dense;
    message->keyword_segments = counts->keyword_segments;
    message->dense_segments = counts->dense_segments;
    message->keyword_lag = counts->keyword_lag;
    message->dense_lag = counts->dense_lag;
    message->bytes = counts->bytes;
    message->recall = counts->recall;
    return message;
}

static Millrace__ShardPassage **put_loaded(struct mr_arena *arena,
                                           const struct mr_shard_reply *reply)
{
    size_t count = reply->loaded_count;
    Millrace__ShardPassage *parts =
        mr_arena_calloc(arena, count, sizeof(*parts));
    Millrace__ShardPassage **list =
        mr_arena_calloc(arena, count, sizeof(*list));

    for (size_t i = 0; i < count; i++) {
        struct mr_passage passage = reply->loaded[i].passage;
        struct mr_passages one = { .items = &passage, .count = 1 };

        list[i] = &parts[i];
        millrace__shard_passage__init(&parts[i]);
        if (reply->loaded[i].document.size == 0)
            continue;
        parts[i].document = mr_wire_put(reply->loaded[i].document);
        parts[i].passage = mr_wire_put_passages(arena, &one)[0];
        parts[i].text = mr_wire_put(reply->loaded[i].text);
    }
    return list;
}

static void put(struct mr_arena *arena, const struct mr_shard_reply *reply,
                Millrace__ShardReply *message)
{
    message->major = MR_WIRE_MAJOR;
    message->verb = (Millrace__ShardVerb)reply->verb;
    message->version = reply->version;
    message->n_languages = reply->language_count;
    message->languages =
        mr_wire_put_texts(arena, reply->languages, reply->language_count);
    if (reply->verb == MR_SHARD_INFO)
        message->counts = put_counts(arena, &reply->counts);
    message->passages = reply->passages;
    message->length = reply->length;
    message->n_frequency = reply->frequency_count;
    message->frequency = reply->frequency;
    message->n_keyword = reply->keyword_count;
    message->keyword = put_hits(arena, reply->keyword, reply->keyword_count);
    message->n_dense = reply->dense_count;
    message->dense = put_hits(arena, reply->dense, reply->dense_count);
    message->keyword_error = mr_wire_put(reply->keyword_error);
    message->dense_error = mr_wire_put(reply->dense_error);
    message->n_loaded = reply->loaded_count;
    message->loaded = put_loaded(arena, reply);
    message->document = mr_wire_put(reply->document);
    message->has_dense = reply->has_dense;
    message->dense_failed = reply->dense_failed;
    message->failed_error = mr_wire_put(reply->failed_error);
    message->documents_offset = reply->documents_offset;
    message->passage_count = reply->passage_count;
    message->has_text = reply->has_text;
    message->text = mr_wire_put(reply->text);
    message->done = reply->done;
}

enum mr_code mr_shard_reply_encode(const struct mr_shard_reply *reply,
                                   struct mr_arena *arena, struct mr_span *out,
                                   struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_encoding("reply of a shard", err);
    Millrace__ShardReply message = MILLRACE__SHARD_REPLY__INIT;
    struct mr_shard_reply given = *reply;

    given.keyword_error =
        mr_wire_words(arena, reply->keyword_error, MR_ERROR_BYTES_MAX);
    given.dense_error =
        mr_wire_words(arena, reply->dense_error, MR_ERROR_BYTES_MAX);
    given.failed_error =
        mr_wire_words(arena, reply->failed_error, MR_ERROR_BYTES_MAX);
    check(&c, &given);
    if (c.code != MR_OK)
        return c.code;
    put(arena, &given, &message);
    return mr_wire_pack_max(&c, &message.base, MR_SHARD_REPLY_BYTES_MAX, arena,
                            out);
}

static struct mr_shard_hit *get_hits(struct mr_arena *arena,
                                     Millrace__ShardHit **list, size_t count)
{
    struct mr_shard_hit *hits = mr_arena_calloc(arena, count, sizeof(*hits));

    for (size_t i = 0; i < count; i++)
        hits[i] = (struct mr_shard_hit){
            .place = mr_wire_get_place(list[i]->place),
            .score = list[i]->score,
            .parts = mr_wire_get(list[i]->parts),
        };
    return hits;
}

static struct mr_shard_counts get_counts(const Millrace__ShardCounts *message)
{
    if (message == NULL)
        return (struct mr_shard_counts){ 0 };
    return (struct mr_shard_counts){
        .live = message->live,
        .rejected = message->rejected,
        .duplicate = message->duplicate,
        .deleted = message->deleted,
        .failed = message->failed,
        .passages = message->passages,
        .passages_dense = message->passages_dense,
        .documents_dense = message->documents_dense,
        .keyword_segments = message->keyword_segments,
        .dense_segments = message->dense_segments,
        .keyword_lag = message->keyword_lag,
        .dense_lag = message->dense_lag,
        .bytes = message->bytes,
        .recall = message->recall,
    };
}

static struct mr_shard_passage *get_loaded(struct mr_wire_check *c,
                                           struct mr_arena *arena,
                                           const Millrace__ShardReply *message)
{
    struct mr_shard_passage *loaded =
        mr_arena_calloc(arena, message->n_loaded, sizeof(*loaded));

    for (size_t i = 0; i < message->n_loaded; i++) {
        Millrace__ShardPassage *part = message->loaded[i];

        loaded[i].document = mr_wire_get(part->document);
        loaded[i].text = mr_wire_get(part->text);
        mr_wire_check(c,
                      (part->passage != NULL) == (loaded[i].document.size > 0),
                      "a document that was found comes with its passage");
        if (part->passage != NULL)
            loaded[i].passage =
                mr_wire_get_passages(c, arena, &part->passage, 1).items[0];
    }
    return loaded;
}

enum mr_code mr_shard_reply_parse(struct mr_span bytes, struct mr_arena *arena,
                                  struct mr_shard_reply *out,
                                  struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_parsing("reply of a shard", err);
    const Millrace__ShardReply *message =
        mr_wire_unpack_max(&c, &millrace__shard_reply__descriptor, bytes,
                           MR_SHARD_REPLY_BYTES_MAX, arena);

    if (message == NULL)
        return c.code;
    *out = (struct mr_shard_reply){
        .verb = (enum mr_shard_verb)message->verb,
        .version = message->version,
        .languages =
            mr_wire_get_texts(arena, message->languages, message->n_languages),
        .language_count = message->n_languages,
        .counts = get_counts(message->counts),
        .passages = message->passages,
        .length = message->length,
        .frequency = message->frequency,
        .frequency_count = message->n_frequency,
        .keyword = get_hits(arena, message->keyword, message->n_keyword),
        .keyword_count = message->n_keyword,
        .dense = get_hits(arena, message->dense, message->n_dense),
        .dense_count = message->n_dense,
        .keyword_error = mr_wire_get(message->keyword_error),
        .dense_error = mr_wire_get(message->dense_error),
        .loaded = get_loaded(&c, arena, message),
        .loaded_count = message->n_loaded,
        .document = mr_wire_get(message->document),
        .has_dense = message->has_dense,
        .dense_failed = message->dense_failed,
        .failed_error = mr_wire_get(message->failed_error),
        .documents_offset = message->documents_offset,
        .passage_count = message->passage_count,
        .has_text = message->has_text,
        .text = mr_wire_get(message->text),
        .done = message->done,
    };
    check(&c, out);
    return c.code;
}
