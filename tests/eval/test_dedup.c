// SPDX-License-Identifier: Apache-2.0
/*
 * test_dedup.c - duplicates in real texts: what is found, and what is not.
 *
 * dedup/articles-1000, 1,000 news articles with 10 planted near copies: exactly
 * those must be found, in any order.  dedup/clough-stevenson, 57 short answers
 * that were copied, lightly or heavily revised, or written independently: what
 * MinHash says of each kind is reported, beside the true share of shingles.
 *
 * Texts go through clean_document() and the stage curate on the memory bus.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mr_mem.h"
#include "common/json/json.h"
#include "common/wire/verdict.h"
#include "preprocessor/clean/clean.h"
#include "preprocessor/clean/shingles.h"
#include "preprocessor/curate/similar.h"
#include "tests/unit/ingestor/data.h"
#include "tests/unit/preprocessor/harness.h"

#define ARTICLES_MAX 1000u
#define WORDS_MAX    100000u

struct article {
    struct mr_span id;
    struct mr_signature signature;
    struct mr_span duplicate_of; /* by the last verdict */
    struct mr_span planted;      /* by the gold pairs */
};

static struct mr_arena *arena;
static struct article articles[ARTICLES_MAX];
static size_t article_count;

static struct mr_signature signature_of(struct mr_span id, struct mr_span text)
{
    struct clean_config config = clean_config_default(NULL);
    struct clean_source source = { .body = text,
                                   .content_type = mr_span_str("text/plain"),
                                   .charset = mr_span_str("utf-8") };
    struct clean_document document;
    struct mr_signature signature = { .id = id, .kind = MR_KIND_PUT };

    clean_document(&config, id, mr_span(NULL, 0), &source, arena, &document);
    if (document.reject_rule != NULL)
        ck_abort_msg("%.*s was refused: %s", MR_SPAN_ARG(id),
                     document.reject_rule);
    signature.text_hash = document.text_hash;
    signature.has_minhash = document.has_minhash;
    memcpy(signature.minhash, document.minhash, sizeof(document.minhash));
    return signature;
}

/* The next line, without its end, off the front of *text; false: none. */
static bool next_line(struct mr_span *text, struct mr_span *line)
{
    const uint8_t *end;

    if (text->size == 0)
        return false;
    end = memchr(text->data, '\n', text->size);
    *line = mr_span(text->data,
                    end != NULL ? (size_t)(end - text->data) : text->size);
    text->data += line->size + (end != NULL);
    text->size -= line->size + (end != NULL);
    return true;
}

/* The next field of a line of tab-separated values. */
static struct mr_span next_field(struct mr_span *line)
{
    struct mr_span rest = *line;
    const uint8_t *tab =
        rest.size > 0 ? memchr(rest.data, '\t', rest.size) : NULL;
    size_t size = tab != NULL ? (size_t)(tab - rest.data) : rest.size;

    *line = mr_span(rest.data + size + (tab != NULL),
                    rest.size - size - (tab != NULL));
    return mr_span(rest.data, size);
}

static void read_article(struct mr_span line)
{
    struct article *article = &articles[article_count++];
    struct mr_json *root;
    struct mr_err err = { 0 };

    if (article_count > ARTICLES_MAX || mr_json_parse(line, &root, &err))
        ck_abort_msg("article %zu: %s", article_count, err.text);
    *article = (struct article){
        .id = mr_arena_copy(arena, mr_json_text(mr_json_get(root, "_id"))),
    };
    article->signature = signature_of(
        article->id,
        mr_arena_copy(arena, mr_json_text(mr_json_get(root, "text"))));
    mr_json_free(root);
}

static struct article *article_of(struct mr_span id)
{
    for (size_t i = 0; i < article_count; i++) {
        if (mr_span_equal(articles[i].id, id))
            return &articles[i];
    }
    ck_abort_msg("no article %.*s", MR_SPAN_ARG(id));
}

/* False when the data are not here. */
static bool read_articles(void)
{
    struct mr_span docs = test_data(arena, "dedup/articles-1000/docs.jsonl");
    struct mr_span pairs = test_data(arena, "dedup/articles-1000/pairs.tsv");
    struct mr_span line;

    if (docs.data == NULL || pairs.data == NULL)
        return false;
    article_count = 0;
    while (next_line(&docs, &line))
        read_article(line);
    (void)next_line(&pairs, &line); /* the head */
    while (next_line(&pairs, &line)) {
        struct article *a = article_of(next_field(&line));
        struct article *b = article_of(line);

        a->planted = b->id;
        b->planted = a->id;
    }
    return true;
}

/* Sends article i as the (i * step)th, all of them in one topic. */
static void judge(size_t step)
{
    struct curate_config config = curate_config_default();
    struct mr_stage *stage;
    struct harness h;

    harness_open(&h);
    ck_assert_int_eq(curate_stage_new(&config, &stage, NULL), MR_OK);
    harness_run(&h, stage);
    for (size_t i = 0; i < article_count; i++) {
        struct article *article = &articles[i * step % article_count];
        struct mr_signature *signature = &article->signature;
        struct mr_span bytes;

        signature->version = i + 1;
        signature->time_ms = 1 + (article - articles) / 2; /* some are equal */
        ck_assert_int_eq(mr_signature_encode(signature, arena, &bytes, NULL),
                         MR_OK);
        harness_append(&h, MR_TOPIC_SIGNATURES, article->id, bytes,
                       signature->version, 1);
    }
    harness_work(&h);
    for (size_t i = 0; i < harness_count(&h, MR_TOPIC_VERDICTS); i++) {
        struct mr_verdict verdict;

        ck_assert_int_eq(
            mr_verdict_parse(harness_read(&h, MR_TOPIC_VERDICTS, i).value,
                             h.arena, &verdict, NULL),
            MR_OK);
        article_of(verdict.id)->duplicate_of =
            mr_arena_copy(arena, verdict.reason.duplicate_of);
    }
    harness_close(&h);
}

/* Of each planted pair one is the duplicate of the other, and no other is. */
static void check_duplicates(void)
{
    size_t found = 0;

    for (size_t i = 0; i < article_count; i++) {
        const struct article *article = &articles[i];

        if (article->duplicate_of.size == 0)
            continue;
        if (!mr_span_equal(article->duplicate_of, article->planted))
            ck_abort_msg("%.*s is not a copy of %.*s", MR_SPAN_ARG(article->id),
                         MR_SPAN_ARG(article->duplicate_of));
        found++;
    }
    ck_assert_uint_eq(found, 10);
}

START_TEST(the_ten_planted_copies_are_found_and_no_others)
{
    static const size_t steps[] = { 1, 999, 7, 301 }; /* prime to 1,000 */
    struct mr_span first[ARTICLES_MAX];

    arena = mr_arena_new();
    if (read_articles()) {
        ck_assert_uint_eq(article_count, ARTICLES_MAX);
        for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
            judge(steps[s]);
            check_duplicates();
            for (size_t i = 0; i < article_count; i++) {
                if (s == 0)
                    first[i] = articles[i].duplicate_of;
                ck_assert(mr_span_equal(first[i], articles[i].duplicate_of));
            }
        }
    }
    mr_arena_free(arena);
}
END_TEST

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The sorted shingles of a text, each once. */
static size_t shingle_set(struct mr_span text, uint64_t **out)
{
    size_t count = clean_word_hashes(text, WORDS_MAX, arena, out);
    size_t unique = 0;

    count = clean_shingle(*out, count);
    qsort(*out, count, sizeof(**out), compare);
    for (size_t i = 0; i < count; i++) {
        if (unique == 0 || (*out)[unique - 1] != (*out)[i])
            (*out)[unique++] = (*out)[i];
    }
    return unique;
}

static double jaccard(struct mr_span a, struct mr_span b)
{
    uint64_t *x;
    uint64_t *y;
    size_t x_count = shingle_set(a, &x);
    size_t y_count = shingle_set(b, &y);
    size_t both = 0;

    for (size_t i = 0, j = 0; i < x_count && j < y_count;) {
        int order = compare(&x[i], &y[j]);

        both += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    return (double)both / (double)(x_count + y_count - both);
}

struct kind {
    const char *name;
    size_t count;
    size_t similar;
    double least, most, sum; /* true Jaccard with the original */
    double error;            /* sum of squares of the estimate's */
};

static void compare_answer(struct kind *kind, struct mr_span answer,
                           struct mr_span original)
{
    struct mr_signature a = signature_of(mr_span_str("a"), answer);
    struct mr_signature b = signature_of(mr_span_str("b"), original);
    double truth = jaccard(answer, original);
    unsigned rows = similar_rows(a.minhash, b.minhash);
    double error = rows / (double)MR_MINHASH_ROWS - truth;

    if (kind->count == 0 || truth < kind->least)
        kind->least = truth;
    if (truth > kind->most)
        kind->most = truth;
    kind->sum += truth;
    kind->error += error * error;
    kind->similar += rows >= similar_rows_min(.8);
    kind->count++;
}

static struct mr_span read_answer(struct mr_span name)
{
    return test_data(arena,
                     mr_arena_printf(arena, "dedup/clough-stevenson/%.*s",
                                     MR_SPAN_ARG(name)));
}

static void read_answers(struct mr_span labels, struct kind *kinds,
                         size_t count)
{
    struct mr_span line;

    while (next_line(&labels, &line)) {
        struct mr_span file = next_field(&line);
        struct mr_span category;

        (void)next_field(&line); /* the task */
        category = next_field(&line);
        for (size_t i = 0; i < count; i++) {
            if (mr_span_equal(category, mr_span_str(kinds[i].name)))
                compare_answer(&kinds[i], read_answer(file), read_answer(line));
        }
    }
}

/* Short texts of 200-300 words: a threshold of .8 finds plain copies only. */
START_TEST(answers_that_were_rewritten_are_not_taken_for_copies)
{
    struct kind kinds[] = { { .name = "cut" },
                            { .name = "light" },
                            { .name = "heavy" },
                            { .name = "non" } };
    size_t count = sizeof(kinds) / sizeof(kinds[0]);
    struct mr_span labels;

    arena = mr_arena_new();
    labels = read_answer(mr_span_str("labels.tsv"));
    if (labels.data != NULL) {
        read_answers(labels, kinds, count);
        printf("%-6s answers  Jaccard least  mean  most   error  similar\n",
               "");
        for (size_t i = 0; i < count; i++)
            printf("%-6s %7zu          %.3f  %.3f %.3f    %.3f  %zu\n",
                   kinds[i].name, kinds[i].count, kinds[i].least,
                   kinds[i].sum / (double)kinds[i].count, kinds[i].most,
                   sqrt(kinds[i].error / (double)kinds[i].count),
                   kinds[i].similar);
        for (size_t i = 0; i < count; i++) {
            ck_assert(kinds[i].most >= .8 || kinds[i].similar == 0);
            /* The standard error is at most .044, at .5. */
            ck_assert(kinds[i].error / (double)kinds[i].count < .044 * .044);
        }
        ck_assert_uint_eq(kinds[2].similar + kinds[3].similar, 0);
    }
    mr_arena_free(arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dedup");
    TCase *tcase = tcase_create("dedup");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, the_ten_planted_copies_are_found_and_no_others);
    tcase_add_test(tcase, answers_that_were_rewritten_are_not_taken_for_copies);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
