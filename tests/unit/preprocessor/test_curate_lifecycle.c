// SPDX-License-Identifier: Apache-2.0
/*
 * test_curate_lifecycle.c - histories of one document, as a table: what each
 * message makes of it.
 */
#include <check.h>

#include "preprocessor/curate/lifecycle.h"

#define STEPS_MAX 6

/* What a message is, in short. */
enum what {
    END,
    PUT,      /* source "site", text 1, access 0 */
    REJECTED, /* a put that clean refuses */
    OTHER,    /* a put of text 2 */
    PATCH,    /* without access */
    ACCESS,   /* a patch to access 1 */
    DELETE,
    SWEEP, /* by "site", of what is older than version 10 */
    FOREIGN /* by "other", of the same */,
    FAILED,
};

struct step {
    enum what what;
    uint64_t version; /* and time */
    enum lifecycle_change change;
    enum mr_doc_state state;
    uint64_t known; /* version and content version after it */
    uint64_t content;
    int64_t first_seen;
};

#define NO      LIFECYCLE_NONE
#define RECORD  LIFECYCLE_RECORD
#define CONTENT LIFECYCLE_CONTENT
#define LIVE    MR_STATE_LIVE
#define REJ     MR_STATE_REJECTED
#define DEL     MR_STATE_DELETED
#define FAIL    MR_STATE_FAILED

static const struct {
    const char *what;
    struct step steps[STEPS_MAX];
} table[] = {
    { "the newest put wins",
      { { PUT, 2, CONTENT, LIVE, 2, 2, 2 },
        { OTHER, 3, CONTENT, LIVE, 3, 3, 2 },
        { PUT, 2, NO, LIVE, 3, 3, 2 },
        { OTHER, 3, NO, LIVE, 3, 3, 2 },
        { DELETE, 1, NO, LIVE, 3, 3, 2 } } },
    { "the same put again keeps its place",
      { { PUT, 1, CONTENT, LIVE, 1, 1, 1 },
        { PUT, 2, RECORD, LIVE, 2, 2, 1 },
        { REJECTED, 3, CONTENT, REJ, 3, 3, 1 },
        { PUT, 4, CONTENT, LIVE, 4, 4, 1 } } },
    { "a patch raises the version only",
      { { PUT, 1, CONTENT, LIVE, 1, 1, 1 },
        { PATCH, 2, RECORD, LIVE, 2, 1, 1 },
        { ACCESS, 3, CONTENT, LIVE, 3, 1, 1 },
        { ACCESS, 4, RECORD, LIVE, 4, 1, 1 },
        { PUT, 5, CONTENT, LIVE, 5, 5, 1 } } },
    { "a patch of nothing finds nothing",
      { { PATCH, 1, RECORD, DEL, 1, 0, 0 },
        { PUT, 2, CONTENT, LIVE, 2, 2, 2 },
        { DELETE, 3, CONTENT, DEL, 3, 2, 0 },
        { ACCESS, 4, RECORD, DEL, 4, 2, 0 } } },
    { "a put after a deletion is seen for the first time",
      { { PUT, 1, CONTENT, LIVE, 1, 1, 1 },
        { PUT, 2, RECORD, LIVE, 2, 2, 1 },
        { DELETE, 3, CONTENT, DEL, 3, 2, 0 },
        { DELETE, 4, CONTENT, DEL, 4, 2, 0 },
        { PUT, 5, CONTENT, LIVE, 5, 5, 5 },
        { PUT, 6, RECORD, LIVE, 6, 6, 5 } } },
    { "a sweep deletes what its source owns and what is older",
      { { PUT, 5, CONTENT, LIVE, 5, 5, 5 },
        { FOREIGN, 12, NO, LIVE, 5, 5, 5 },
        { SWEEP, 12, CONTENT, DEL, 12, 5, 0 },
        { SWEEP, 13, NO, DEL, 12, 5, 0 } } },
    { "a sweep spares what is newer than its beginning",
      { { PUT, 5, CONTENT, LIVE, 5, 5, 5 },
        { PUT, 10, RECORD, LIVE, 10, 10, 5 },
        { SWEEP, 12, NO, LIVE, 10, 10, 5 } } },
    { "a sweep of nothing stays nothing", { { SWEEP, 12, NO, 0, 0, 0, 0 } } },
    { "a sweep takes what was rejected or failed",
      { { REJECTED, 1, CONTENT, REJ, 1, 1, 1 },
        { FAILED, 2, CONTENT, FAIL, 2, 1, 1 },
        { SWEEP, 12, CONTENT, DEL, 12, 1, 0 } } },
    { "a failure takes the older text away, until the next put",
      { { PUT, 1, CONTENT, LIVE, 1, 1, 1 },
        { FAILED, 2, CONTENT, FAIL, 2, 1, 1 },
        { PATCH, 3, RECORD, FAIL, 3, 1, 1 },
        { PUT, 4, CONTENT, LIVE, 4, 4, 1 },
        { FAILED, 3, NO, LIVE, 4, 4, 1 } } },
    { "a first failure is no first put",
      { { FAILED, 1, CONTENT, FAIL, 1, 0, 0 },
        { PUT, 2, CONTENT, LIVE, 2, 2, 2 } } },
};

static struct mr_signature message_of(const struct step *step)
{
    struct mr_signature message = { .id = mr_span_str("d"),
                                    .version = step->version,
                                    .time_ms = (int64_t)step->version,
                                    .kind = MR_KIND_PUT };

    switch (step->what) {
    case PUT:
    case REJECTED:
    case OTHER:
        message.source = mr_span_str("site");
        message.text_hash.low = step->what == OTHER ? 2 : 1;
        if (step->what == REJECTED)
            message.reject_rule = mr_span_str("empty");
        break;
    case PATCH:
    case ACCESS:
        message.kind = MR_KIND_PATCH;
        message.has_access = step->what == ACCESS;
        message.access_hash = step->what == ACCESS;
        break;
    case DELETE:
    case SWEEP:
    case FOREIGN:
        message.kind = MR_KIND_DELETE;
        if (step->what == DELETE)
            break;
        message.sweep_source =
            mr_span_str(step->what == SWEEP ? "site" : "other");
        message.sweep_before = 10;
        break;
    case FAILED:
        message.kind = MR_KIND_FAILED;
        message.error = mr_span_str("broken");
        break;
    case END:
        break;
    }
    return message;
}

START_TEST(each_message_makes_of_a_document_what_the_table_says)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct curate_record known = { .id = mr_span_str("d") };

        for (size_t s = 0; s < STEPS_MAX && table[i].steps[s].what != END;
             s++) {
            const struct step *step = &table[i].steps[s];
            struct mr_signature message = message_of(step);
            struct curate_record now;
            enum lifecycle_change change =
                lifecycle_apply(&known, &message, &now);

            ck_assert_msg(change == step->change, "%s: step %zu: change %d",
                          table[i].what, s, change);
            ck_assert_msg(
                now.state == step->state && now.version == step->known &&
                    now.content_version == step->content &&
                    now.first_seen_ms == step->first_seen,
                "%s: step %zu: state %d version %llu content %llu "
                "first seen %lld",
                table[i].what, s, now.state, (unsigned long long)now.version,
                (unsigned long long)now.content_version,
                (long long)now.first_seen_ms);
            known = now;
        }
    }
}
END_TEST

START_TEST(an_unchanged_put_of_a_duplicate_stays_one)
{
    struct step step = { .what = PUT, .version = 1 };
    struct mr_signature message = message_of(&step);
    struct curate_record known = { .id = message.id };
    struct curate_record now;

    lifecycle_apply(&known, &message, &known);
    known.state = MR_STATE_DUPLICATE;
    known.duplicate_of = mr_span_str("c");
    known.rows = 110;
    known.placed = CURATE_PLACED_TEXT;
    message.version = 2;
    ck_assert_int_eq(lifecycle_apply(&known, &message, &now), LIFECYCLE_RECORD);
    ck_assert(now.state == MR_STATE_DUPLICATE && now.rows == 110 &&
              now.placed == CURATE_PLACED_TEXT);
    message.source_rank = 1; /* another priority: judged again */
    message.version = 3;
    ck_assert_int_eq(lifecycle_apply(&known, &message, &now),
                     LIFECYCLE_CONTENT);
    ck_assert(now.state == MR_STATE_LIVE && now.duplicate_of.data == NULL &&
              now.placed == 0);
}
END_TEST

START_TEST(a_reason_goes_with_what_it_was_about)
{
    struct step step = { .what = REJECTED, .version = 1 };
    struct mr_signature message = message_of(&step);
    struct curate_record known = { .id = message.id };

    message.reject_value = mr_span_str("0");
    lifecycle_apply(&known, &message, &known);
    ck_assert(mr_span_equal(known.rule, mr_span_str("empty")));
    ck_assert(mr_span_equal(known.value, mr_span_str("0")));
    step = (struct step){ .what = FAILED, .version = 2 };
    message = message_of(&step);
    lifecycle_apply(&known, &message, &known);
    ck_assert(known.rule.data == NULL);
    ck_assert(mr_span_equal(known.value, mr_span_str("broken")));
    step = (struct step){ .what = PUT, .version = 3 };
    message = message_of(&step);
    lifecycle_apply(&known, &message, &known);
    ck_assert(known.rule.data == NULL && known.value.data == NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("curate lifecycle");
    TCase *tcase = tcase_create("curate lifecycle");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, each_message_makes_of_a_document_what_the_table_says);
    tcase_add_test(tcase, an_unchanged_put_of_a_duplicate_stays_one);
    tcase_add_test(tcase, a_reason_goes_with_what_it_was_about);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
