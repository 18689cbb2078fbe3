// SPDX-License-Identifier: Apache-2.0
/*
 * test_admit_fold.c - patches upon patches and upon a document, as tables.
 */
#include <check.h>
#include <string.h>

#include "preprocessor/admit/fold.h"

/* "a=1 a=2 b=" : two values of a, a null of b. */
static struct mr_pairs parse(const char *text, struct mr_arena *arena)
{
    struct mr_pairs pairs = {
        .items = mr_arena_calloc(arena, 16, sizeof(struct mr_pair)),
    };

    while (*text != '\0') {
        struct mr_pair *pair = &pairs.items[pairs.count++];
        size_t size = strcspn(text, " ");

        pair->key = mr_span(text, 1);
        pair->kind = size > 2 ? MR_VALUE_TEXT : MR_VALUE_NULL;
        pair->text = mr_span(text + 2, size - 2);
        text += size + (text[size] == ' ');
    }
    return pairs;
}

static const char *print(const struct mr_pairs *pairs, struct mr_arena *arena)
{
    char *text = mr_arena_printf(arena, "%s", "");

    for (size_t i = 0; i < pairs->count; i++)
        text = mr_arena_printf(arena, "%s%s%.*s=%.*s", text, i > 0 ? " " : "",
                               MR_SPAN_ARG(pairs->items[i].key),
                               MR_SPAN_ARG(pairs->items[i].text));
    return text;
}

static const struct {
    const char *first, *second, *patch, *metadata;
} table[] = {
    { "", "", "", "" },
    { "a=1", "", "a=1", "a=1" },
    { "", "a=1", "a=1", "a=1" },
    { "a=1", "a=2", "a=2", "a=2" },
    { "a=1", "a=", "a=", "" },
    { "a=", "a=1", "a=1", "a=1" },
    { "a=1 a=2 c=3", "a=4 b=5", "a=4 b=5 c=3", "a=4 b=5 c=3" },
    { "a=1 b=2 c=3", "b= d=", "a=1 b= c=3 d=", "a=1 c=3" },
    { "b=1", "a=1 c=1 c=2", "a=1 b=1 c=1 c=2", "a=1 b=1 c=1 c=2" },
    { "a=1 b=1 b=2 b=3 c=1", "b=4", "a=1 b=4 c=1", "a=1 b=4 c=1" },
};

START_TEST(a_patch_replaces_the_keys_that_it_names)
{
    struct mr_arena *arena = mr_arena_new();

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct mr_pairs first = parse(table[i].first, arena);
        struct mr_pairs second = parse(table[i].second, arena);
        struct mr_pairs patch = fold_patches(&first, &second, arena);
        struct mr_pairs metadata = fold_metadata(&first, &second, arena);

        ck_assert_str_eq(print(&patch, arena), table[i].patch);
        ck_assert_str_eq(print(&metadata, arena), table[i].metadata);
    }
    mr_arena_free(arena);
}
END_TEST

/* Folding and then applying is applying in turn. */
START_TEST(two_patches_folded_do_what_they_do_in_turn)
{
    struct mr_arena *arena = mr_arena_new();
    size_t count = sizeof(table) / sizeof(table[0]);

    for (size_t i = 0; i < count * count * count; i++) {
        struct mr_pairs metadata = parse(table[i % count].metadata, arena);
        struct mr_pairs one = parse(table[i / count % count].first, arena);
        struct mr_pairs two =
            parse(table[i / count / count % count].second, arena);
        struct mr_pairs folded = fold_patches(&one, &two, arena);
        struct mr_pairs at_once = fold_metadata(&metadata, &folded, arena);
        struct mr_pairs in_turn = fold_metadata(&metadata, &one, arena);

        in_turn = fold_metadata(&in_turn, &two, arena);
        ck_assert_str_eq(print(&at_once, arena), print(&in_turn, arena));
        mr_arena_reset(arena);
    }
    mr_arena_free(arena);
}
END_TEST

static struct mr_verdict verdict(uint64_t version, uint64_t content,
                                 const char *patch, struct mr_arena *arena)
{
    struct mr_verdict out = { .version = version,
                              .content_version = content,
                              .state = MR_STATE_LIVE,
                              .is_patch = version != content,
                              .patch = parse(patch, arena) };

    return out;
}

START_TEST(a_put_drops_the_patches_before_it)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_verdict put = verdict(1, 1, "", arena);
    struct mr_verdict patch = verdict(2, 1, "a=1", arena);
    struct mr_verdict again = verdict(3, 1, "b=", arena);
    struct mr_verdict flip = verdict(3, 1, "", arena);
    struct mr_verdict next = verdict(4, 4, "", arena);
    struct mr_verdict now = fold_verdict(NULL, &put, arena);

    ck_assert(!now.is_patch);
    patch.has_access = true;
    patch.access.owner = mr_span_str("me");
    now = fold_verdict(&now, &patch, arena);
    now = fold_verdict(&now, &again, arena);
    flip.is_patch = false;
    now = fold_verdict(&now, &flip, arena);
    ck_assert_str_eq(print(&now.patch, arena), "a=1 b=");
    ck_assert(now.is_patch && now.has_access && now.version == 3);
    ck_assert(mr_span_equal(now.access.owner, mr_span_str("me")));
    now = fold_verdict(&now, &next, arena);
    ck_assert(now.patch.count == 0 && !now.has_access && !now.is_patch);
    mr_arena_free(arena);
}
END_TEST

START_TEST(a_deletion_keeps_the_access_and_drops_the_rest)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_verdict patch = verdict(2, 1, "a=1", arena);
    struct mr_verdict gone = verdict(3, 1, "", arena);
    struct mr_verdict now;

    patch.has_access = true;
    now = fold_verdict(NULL, &patch, arena);
    gone.state = MR_STATE_DELETED;
    now = fold_verdict(&now, &gone, arena);
    ck_assert(now.patch.count == 0 && now.has_access && now.is_patch);
    mr_arena_free(arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("admit fold");
    TCase *tcase = tcase_create("admit fold");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, a_patch_replaces_the_keys_that_it_names);
    tcase_add_test(tcase, two_patches_folded_do_what_they_do_in_turn);
    tcase_add_test(tcase, a_put_drops_the_patches_before_it);
    tcase_add_test(tcase, a_deletion_keeps_the_access_and_drops_the_rest);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
