// SPDX-License-Identifier: Apache-2.0
/*
 * clean.c - see clean.h.
 */
#include "preprocessor/clean/clean.h"

#include "common/base/mr_assert.h"
#include "preprocessor/clean/language.h"
#include "preprocessor/clean/minhash.h"
#include "preprocessor/clean/passages.h"
#include "preprocessor/clean/shingles.h"
#include "preprocessor/clean/signals.h"
#include "preprocessor/clean/stop_words.h"

/* Raised with every change of what clean_document() gives for one body. */
#define FORMAT 3u

/* No text of more words is taken, whatever its passages are. */
#define WORDS_MAX(config) \
    ((size_t)(MR_PASSAGES_MAX + 1u) * (config)->passage_words_max)

static void reject(struct clean_document *out, const char *rule,
                   const char *value)
{
    if (out->reject_rule != NULL)
        return;
    out->reject_rule = rule;
    out->reject_value = mr_span_str(value);
}

/* One NUL in a long text is an accident, and so are a few bad bytes. */
static void check_binary(struct clean_document *out, struct mr_arena *arena)
{
    const struct mr_nfc_counts *counts = &out->text.counts;
    size_t size = out->text.text.size;
    size_t wrong = counts->bad + counts->controls;

    if (out->text.nuls > 1 + out->text.nuls_of / 1024)
        reject(out, "binary",
               mr_arena_printf(arena, "%zu NUL bytes", out->text.nuls));
    else if (wrong > 1 && wrong > size / 10)
        reject(out, "binary",
               mr_arena_printf(arena, "%zu of %zu bytes are no text", wrong,
                               size));
}

static void take_title_for_text(struct clean_document *out, size_t body_size,
                                struct mr_arena *arena)
{
    struct mr_source_map map = { 0 };

    out->text.text = out->title;
    out->text.heading_count = 0;
    mr_source_map_replaced(&map, out->title.size, 0, body_size);
    out->text.source_map = mr_source_map_encode(&map, body_size, arena);
    mr_source_map_deinit(&map);
}

static void find_language(const struct clean_config *config,
                          struct clean_document *out)
{
    const char *found = clean_language(out->text.text, out->text.language);

    out->language = mr_span_str(found != NULL ? found : config->language);
}

static void measure(const struct clean_config *config,
                    struct clean_document *out, struct mr_arena *arena)
{
    struct clean_signals_in in = {
        .text = out->text.text,
        .hidden = out->text.hidden,
        .linked = out->text.linked,
    };
    uint64_t *words;

    in.word_count =
        clean_word_hashes(in.text, WORDS_MAX(config), arena, &words);
    in.stop_count = clean_count_stop_words(words, in.word_count);
    in.shingle_count = clean_shingle(words, in.word_count);
    in.shingles = words;
    clean_signals(&in, arena, &out->signals);
    out->has_minhash = in.shingle_count > 0;
    if (out->has_minhash)
        clean_minhash(in.shingles, in.shingle_count, out->minhash);
    if (in.word_count < config->words_min)
        reject(out, "too_short",
               mr_arena_printf(arena, "%zu words", in.word_count));
    if (in.word_count == WORDS_MAX(config))
        reject(
            out, "too_many_passages",
            mr_arena_printf(arena, "more than %zu words", in.word_count - 1));
}

static void cut(const struct clean_config *config, struct mr_span id,
                struct clean_document *out, struct mr_arena *arena)
{
    struct clean_passages_spec spec = {
        .id = id,
        .text = out->text.text,
        .headings = out->text.headings,
        .heading_count = out->text.heading_count,
        .words_target = config->passage_words_target,
        .words_max = config->passage_words_max,
    };
    size_t count = clean_passages(&spec, arena, &out->passages);

    if (count > MR_PASSAGES_MAX)
        reject(out, "too_many_passages",
               mr_arena_printf(arena, "%zu passages", count));
}

void clean_document(const struct clean_config *config, struct mr_span id,
                    struct mr_span title, const struct clean_source *source,
                    struct mr_arena *arena, struct clean_document *out)
{
    *out = (struct clean_document){ .language = mr_span_str(config->language) };
    out->title = clean_one_line(title, arena);
    if (source->body.size > CLEAN_BODY_BYTES_MAX) {
        reject(out, "too_large",
               mr_arena_printf(arena, "%zu bytes", source->body.size));
        return;
    }
    clean_extract(source, arena, &out->text);
    if (out->title.data == NULL)
        out->title = out->text.title;
    if (out->text.cut)
        reject(out, "too_large",
               mr_arena_printf(arena,
                               "a page that multiplies, cut after %zu "
                               "bytes of text",
                               out->text.text.size));
    check_binary(out, arena);
    if (clean_is_white(out->text.text)) {
        if (out->title.data == NULL)
            reject(out, "empty",
                   mr_arena_printf(arena, "%zu bytes", source->body.size));
        else
            take_title_for_text(out, source->body.size, arena);
    }
    out->text_hash = mr_hash128(out->text.text);
    if (out->reject_rule != NULL)
        return;
    measure(config, out, arena);
    if (out->reject_rule != NULL)
        return;
    cut(config, id, out, arena);
    find_language(config, out);
}

struct mr_span clean_fingerprint(const struct clean_config *config,
                                 struct mr_arena *arena)
{
    const char *all =
        mr_arena_printf(arena, "clean %u target %u max %u min %u language %s",
                        FORMAT, (unsigned)config->passage_words_target,
                        (unsigned)config->passage_words_max,
                        (unsigned)config->words_min, config->language);

    return mr_span_str(mr_arena_printf(
        arena, "%016llx", (unsigned long long)mr_hash64(mr_span_str(all), 0)));
}
