// SPDX-License-Identifier: Apache-2.0
/*
 * passages.c - see passages.h.
 */
#include "preprocessor/clean/passages.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"
#include "common/text/sentences.h"
#include "common/text/words.h"
#include "preprocessor/clean/sections.h"

/* The end of a paragraph is worth this share of the target in distance from
 * the ideal size. */
#define PARAGRAPH_BONUS 6u

/* A sentence, or a part of one that is too long. */
struct unit {
    size_t start;
    size_t end;
    size_t words;
    bool ends_paragraph;
};

struct cutter {
    const struct clean_passages_spec *spec;
    struct unit *units; /* of the section at work */
    size_t unit_count;
    size_t unit_room;
    struct mr_passage *items;
    size_t item_room;
    size_t count; /* all passages, also those past the limit */
};

static bool is_white(uint8_t byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t';
}

static void add_unit(struct cutter *cutter, struct unit unit)
{
    if (cutter->unit_count == cutter->unit_room) {
        cutter->unit_room = cutter->unit_room == 0 ? 64 : 2 * cutter->unit_room;
        cutter->units = mr_realloc_array(cutter->units, cutter->unit_room,
                                         sizeof(cutter->units[0]));
    }
    cutter->units[cutter->unit_count++] = unit;
}

/* The byte at or before `at` that begins a character. */
static size_t character_start(struct mr_span text, size_t at)
{
    while (at > 0 && (text.data[at] & 0xC0u) == 0x80u)
        at--;
    return at;
}

/* What is being gathered of a long sentence. */
struct piece {
    size_t start;
    size_t words;
    size_t last;       /* end of its last word */
    size_t line;       /* the last line end that is late enough; 0: none */
    size_t line_words; /* words before it */
};

static void end_piece(struct cutter *cutter, struct piece *piece, size_t at,
                      size_t words)
{
    MR_ASSERT(at > piece->start && words <= piece->words);

    add_unit(cutter, (struct unit){ piece->start, at, words, false });
    while (at < cutter->spec->text.size &&
           is_white(cutter->spec->text.data[at]))
        at++;
    piece->start = at;
    piece->words -= words;
    piece->line = 0;
}

/* Pieces while what goes up to `end` is longer than a passage may be. */
static void end_long_pieces(struct cutter *cutter, struct piece *piece,
                            size_t end)
{
    while (end - piece->start > CLEAN_PASSAGE_BYTES_MAX) {
        size_t most = character_start(cutter->spec->text,
                                      piece->start + CLEAN_PASSAGE_BYTES_MAX);

        if (piece->last > piece->start && piece->last < most)
            most = piece->last;
        end_piece(cutter, piece, most, piece->words);
    }
}

/* The first line end between two words, or 0. */
static size_t line_between(struct mr_span text, size_t start, size_t end)
{
    const uint8_t *newline =
        end > start ? memchr(text.data + start, '\n', end - start) : NULL;

    return newline == NULL ? 0 : (size_t)(newline - text.data) + 1;
}

/* Splits a sentence into parts of at most `per` words. */
static void split_sentence(struct cutter *cutter,
                           const struct mr_sentence *sentence, size_t per)
{
    struct mr_span text = cutter->spec->text;
    struct mr_words words = mr_words(
        mr_span(text.data + sentence->start, sentence->end - sentence->start));
    struct piece piece = { .start = sentence->start, .last = sentence->start };
    struct mr_word word;

    while (mr_words_next(&words, &word)) {
        size_t start = sentence->start + word.start;
        size_t end = sentence->start + word.end;
        size_t line = line_between(text, piece.last, start);

        if (line > piece.start && piece.words > 0 && piece.words >= per / 2) {
            piece.line = line;
            piece.line_words = piece.words;
        }
        if (piece.words == per) {
            if (piece.line != 0)
                end_piece(cutter, &piece, piece.line, piece.line_words);
            else
                end_piece(cutter, &piece, start, piece.words);
        }
        end_long_pieces(cutter, &piece, end);
        piece.words++;
        piece.last = end;
    }
    end_long_pieces(cutter, &piece, sentence->end);
    add_unit(cutter, (struct unit){ piece.start, sentence->end, piece.words,
                                    sentence->ends_paragraph });
}

/* The units of a section; gives their words. */
static size_t collect_units(struct cutter *cutter,
                            const struct clean_section *section)
{
    struct mr_span text = cutter->spec->text;
    size_t max = cutter->spec->words_max;
    struct mr_sentences sentences = { .data = text.data,
                                      .size = section->end,
                                      .at = section->start };
    struct mr_sentence sentence;
    size_t total = 0;

    cutter->unit_count = 0;
    while (mr_sentences_next(&sentences, &sentence)) {
        size_t size = sentence.end - sentence.start;
        size_t words =
            mr_words_count(mr_span(text.data + sentence.start, size));

        total += words;
        if (words > max || size > CLEAN_PASSAGE_BYTES_MAX) {
            size_t parts = (words + max - 1) / max;

            split_sentence(cutter, &sentence,
                           parts == 0 ? 1 : (words + parts - 1) / parts);
            continue;
        }
        add_unit(cutter, (struct unit){ sentence.start, sentence.end, words,
                                        sentence.ends_paragraph });
    }
    return total;
}

static void add_passage(struct cutter *cutter, size_t start, size_t end,
                        struct mr_span path)
{
    const struct clean_passages_spec *spec = cutter->spec;
    size_t ordinal = cutter->count++;

    if (ordinal > MR_PASSAGES_MAX)
        return;
    /* Parts of a sentence may have white space at their ends. */
    while (end > start && is_white(spec->text.data[end - 1]))
        end--;
    while (start < end && is_white(spec->text.data[start]))
        start++;
    MR_ASSERT(start < end);
    if (ordinal == cutter->item_room) {
        cutter->item_room = cutter->item_room == 0 ? 16 : 2 * cutter->item_room;
        cutter->items = mr_realloc_array(cutter->items, cutter->item_room,
                                         sizeof(cutter->items[0]));
    }
    cutter->items[ordinal] = (struct mr_passage){
        .id = clean_passage_id(spec->id, (uint32_t)ordinal,
                               mr_span(spec->text.data + start, end - start)),
        .start = (uint32_t)start,
        .end = (uint32_t)end,
        .headings = path,
    };
}

/* How many words the next passage should have when `left` are left. */
static size_t ideal_words(const struct clean_passages_spec *spec, size_t left)
{
    size_t pieces = (left + spec->words_target / 2) / spec->words_target;

    if (pieces == 0)
        pieces = 1;
    if (left > pieces * spec->words_max)
        pieces = (left + spec->words_max - 1) / spec->words_max;
    return left / pieces;
}

/* The last unit of the passage that begins with unit `first`. */
static size_t choose_end(const struct cutter *cutter, size_t first, size_t left,
                         size_t *words)
{
    size_t ideal = ideal_words(cutter->spec, left);
    size_t bonus = cutter->spec->words_target / PARAGRAPH_BONUS;
    size_t best = first, best_cost = SIZE_MAX, sum = 0;

    for (size_t i = first; i < cutter->unit_count; i++) {
        const struct unit *unit = &cutter->units[i];
        size_t cost;

        if (i > first &&
            (sum + unit->words > cutter->spec->words_max ||
             unit->end - cutter->units[first].start > CLEAN_PASSAGE_BYTES_MAX))
            break;
        sum += unit->words;
        cost = (sum > ideal ? sum - ideal : ideal - sum) +
               (unit->ends_paragraph ? 0 : bonus);
        if (cost <= best_cost) {
            best = i;
            best_cost = cost;
            *words = sum;
        }
        if (sum > ideal + bonus)
            break;
    }
    return best;
}

static void cut_section(struct cutter *cutter,
                        const struct clean_section *section,
                        struct mr_arena *arena)
{
    const struct clean_passages_spec *spec = cutter->spec;
    struct mr_span path =
        clean_path_text(&section->path, spec->text, spec->headings,
                        CLEAN_PATH_BYTES_MAX, arena);
    size_t left = collect_units(cutter, section);
    size_t at = 0;

    while (at < cutter->unit_count) {
        size_t words = 0;
        size_t last = choose_end(cutter, at, left, &words);

        add_passage(cutter, cutter->units[at].start, cutter->units[last].end,
                    path);
        MR_ASSERT(words <= left);
        left -= words;
        at = last + 1;
    }
}

size_t clean_passages(const struct clean_passages_spec *spec,
                      struct mr_arena *arena, struct mr_passages *out)
{
    struct cutter cutter = { .spec = spec };
    struct clean_section *sections;
    size_t count =
        clean_sections(spec->text, spec->headings, spec->heading_count,
                       spec->words_target, arena, &sections);

    MR_ASSERT(spec->words_target > 0);
    MR_ASSERT(spec->words_max >= spec->words_target);

    for (size_t i = 0; i < count; i++)
        cut_section(&cutter, &sections[i], arena);
    out->count =
        cutter.count < MR_PASSAGES_MAX + 1 ? cutter.count : MR_PASSAGES_MAX + 1;
    out->items = mr_arena_calloc(arena, out->count, sizeof(out->items[0]));
    if (out->count > 0)
        memcpy(out->items, cutter.items, out->count * sizeof(out->items[0]));
    mr_free(cutter.items);
    mr_free(cutter.units);
    return cutter.count;
}

struct mr_hash128 clean_passage_id(struct mr_span document, uint32_t ordinal,
                                   struct mr_span text)
{
    struct mr_buf buf = mr_buf(document.size + text.size + 32);
    struct mr_hash128 hash;

    mr_buf_sized(&buf, document);
    mr_buf_u32(&buf, ordinal);
    mr_buf_sized(&buf, text);
    MR_ASSERT(!buf.full);
    hash = mr_hash128(mr_buf_bytes(&buf));
    mr_buf_deinit(&buf);
    return hash;
}
