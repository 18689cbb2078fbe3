// SPDX-License-Identifier: Apache-2.0
/*
 * ingest_index.c - from what was taken to its final state in every mode.
 *
 * Of a line that was put, the document is asked until it has its state and
 * its vectors.  Of a source, only the last document of each partition is
 * known: a search with `at_least` waits for that one, and so for all before
 * it, by words.  A document without vectors (rejected, or a duplicate) says
 * nothing about those before it, and one whose vectors were known comes before
 * its turn; so what is still without vectors is waited for too.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/ingest.h"
#include "cli/remote.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"

#define TIMEOUT_MS 60000L
#define PAUSE_NS   200000000L
#define AT_ONCE    8u
#define BAR_EVERY  16u
/* Looks without progress after which vectors are not waited for: a minute. */
#define STALLED_MAX 300u

const char *const ingest_state_names[INGEST_STATES] = {
    [INGEST_LIVE] = "live",         [INGEST_DUPLICATE] = "duplicate",
    [INGEST_REJECTED] = "rejected", [INGEST_DELETED] = "deleted",
    [INGEST_FAILED] = "failed",     [INGEST_SUPERSEDED] = "superseded",
};

void ingest_pause(void)
{
    struct timespec wait = { .tv_nsec = PAUSE_NS };

    (void)nanosleep(&wait, NULL);
}

static double number(const struct mr_json *object, const char *key)
{
    return mr_json_number(mr_json_get(object, key), 0);
}

/* A search that is answered once the write is known, by words or in every
 * mode. */
static void write_search(const struct ingest_taken *taken, const char *mode,
                         struct mr_buf *body)
{
    struct mr_json_out out = mr_json_out(body);
    struct mr_buf token = mr_buf((size_t)1 << 20);

    mr_buf_printf(&token, "%016" PRIx64 "-", taken->version);
    mr_buf_str(&token, taken->id);
    mr_json_object_begin(&out);
    mr_json_key(&out, "query");
    mr_json_put_str(&out, "x");
    mr_json_key(&out, "mode");
    mr_json_put_str(&out, mode);
    mr_json_key(&out, "top_k");
    mr_json_put_u64(&out, 1);
    mr_json_key(&out, "draft");
    mr_json_put_bool(&out, true);
    mr_json_key(&out, "at_least");
    mr_json_put_text(&out, mr_buf_bytes(&token));
    mr_json_object_end(&out);
    mr_buf_deinit(&token);
}

/* Asks once, and the server waits some seconds with its answer. */
static int is_known(const struct ingest_wishes *wishes,
                    const struct ingest_taken *taken, const char *mode,
                    bool *known)
{
    struct mr_buf body = mr_buf((size_t)1 << 20);
    struct remote_reply reply;
    int code;

    write_search(taken, mode, &body);
    reply = remote_quiet(wishes->server, "POST", "/v1/search",
                         mr_buf_bytes(&body), TIMEOUT_MS);
    *known = reply.status != 503;
    code = *known ? reply.exit_code : CLI_OK;
    if (code != CLI_OK)
        remote_print(&reply, wishes->server, "/v1/search");
    remote_free(&reply);
    mr_buf_deinit(&body);
    return code;
}

/* Until it is found by its words: vectors come later, and are counted. */
static int wait_for_words(const struct ingest_wishes *wishes,
                          const struct ingest_taken *taken)
{
    bool known = false;
    int code = CLI_OK;

    while (code == CLI_OK && !known)
        code = is_known(wishes, taken, "keyword", &known);
    return code;
}

static int all_known(const struct ingest_wishes *wishes,
                     const struct ingest_taken *last, size_t count, bool *known)
{
    int code = CLI_OK;

    *known = true;
    for (size_t i = 0; code == CLI_OK && *known && i < count; i++)
        code = is_known(wishes, &last[i], "hybrid", known);
    return code;
}

/* What /v1/status says of what the embedder has not done. */
struct embedding {
    double waiting; /* documents found by words and not by meaning */
    bool error;     /* it fails, and tries again */
};

static void draw(struct ingest_pace *pace, double done, double total,
                 const char *what)
{
    char words[160];

    (void)snprintf(words, sizeof(words), "%.0f of %.0f %s%s", done, total, what,
                   ingest_pace_text(pace, done, total, ""));
    ingest_bar("index", total > 0 ? done / total : 0, words);
}

static int look(const struct ingest_wishes *wishes, struct ingest_pace *pace,
                struct embedding *out)
{
    struct remote_reply reply = remote_call(wishes->server, "GET", "/v1/status",
                                            (struct mr_span){ 0 }, TIMEOUT_MS);
    const struct mr_json *searchable = mr_json_get(reply.json, "searchable");
    const struct mr_json *stages = mr_json_get(reply.json, "stages");
    double words = number(searchable, "keyword");
    double meaning = number(searchable, "dense");
    int code = reply.exit_code;

    *out = (struct embedding){ .waiting = words - meaning };
    for (size_t i = 0; i < mr_json_size(stages); i++)
        out->error |= mr_json_get(mr_json_at(stages, i), "error") != NULL;
    remote_free(&reply);
    if (code == CLI_OK)
        draw(pace, meaning, words, "by meaning");
    return code;
}

/* Documents whose embedding failed for good stay without vectors, so what does
 * not change is not waited for; a stage that fails is told. */
static int give_up(const struct embedding *left)
{
    ingest_bar_clear();
    (void)fprintf(stderr,
                  "millrace ingest: %.0f documents have no vectors, and that "
                  "did not change for a minute; they are found by their words "
                  "only: see `millrace status`\n",
                  left->waiting);
    return left->error ? CLI_FAILED : CLI_OK;
}

int ingest_settle(const struct ingest_wishes *wishes,
                  const struct ingest_taken *last, size_t count)
{
    struct embedding left = { 0 };
    struct ingest_pace pace = { 0 };
    bool known = false;
    unsigned stalled = 0;
    double least = -1;
    int code = CLI_OK;

    for (size_t i = 0; code == CLI_OK && i < count; i++)
        code = wait_for_words(wishes, &last[i]);
    while (code == CLI_OK && count > 0 && !known) {
        code = look(wishes, &pace, &left);
        if (code != CLI_OK || left.waiting <= 0)
            return code;
        stalled = least < 0 || left.waiting < least ? 0 : stalled + 1;
        least = stalled == 0 ? left.waiting : least;
        ingest_pause();
        if (stalled < STALLED_MAX)
            continue;
        /* One large document may take minutes. */
        code = all_known(wishes, last, count, &known);
        stalled = 0;
    }
    return code == CLI_OK && count > 0 ? give_up(&left) : code;
}

static bool ask(struct remote *remote, struct ingest_taken *taken)
{
    char *segment = remote_segment(taken->id);
    struct mr_buf path = mr_buf((size_t)1 << 16);
    bool good;

    mr_buf_printf(&path, "/v1/why/%s", segment);
    good = remote_begin(remote, "GET", mr_buf_text(&path),
                        (struct mr_span){ 0 }, TIMEOUT_MS, taken);
    mr_buf_deinit(&path);
    mr_free(segment);
    return good;
}

/* Whether nothing more will happen to the write. */
static bool is_final(const struct remote_reply *reply,
                     const struct ingest_taken *taken)
{
    struct mr_span dense = mr_json_text(mr_json_get(reply->json, "dense"));

    return (uint64_t)number(reply->json, "version") >= taken->version &&
           !mr_span_equal(dense, mr_span_str("pending"));
}

static void count_state(struct ingest_fates *fates,
                        const struct ingest_taken *taken,
                        const struct mr_json *story)
{
    struct mr_span state = mr_json_text(mr_json_get(story, "state"));
    struct mr_span dense = mr_json_text(mr_json_get(story, "dense"));
    struct mr_span reason = mr_json_text(mr_json_get(story, "reason"));
    bool unembedded = mr_span_equal(dense, mr_span_str("failed"));
    struct mr_buf words = mr_buf((size_t)1 << 16);
    int nth = 0;

    if ((uint64_t)number(story, "content_version") > taken->version) {
        fates->states[INGEST_SUPERSEDED]++;
        return;
    }
    while (nth < INGEST_STATES &&
           !mr_span_equal(state, mr_span_str(ingest_state_names[nth])))
        nth++;
    if (nth < INGEST_STATES)
        fates->states[nth]++;
    fates->failed += nth == INGEST_FAILED || unembedded ? 1 : 0;
    mr_buf_printf(&words, "%.*s", MR_SPAN_ARG(reason));
    if (nth == INGEST_REJECTED || nth == INGEST_FAILED || unembedded)
        fates->problem(fates->context, taken->line, mr_buf_text(&words));
    mr_buf_deinit(&words);
}

/* One answer; asks again for what has no final state yet. */
static int take_answer(const struct ingest_wishes *wishes,
                       struct remote *remote, struct ingest_fates *fates,
                       bool *again)
{
    struct remote_reply reply = remote_next(remote);
    struct ingest_taken *taken = reply.tag;
    int code = reply.exit_code;

    *again =
        reply.status == 404 || (code == CLI_OK && !is_final(&reply, taken));
    if (*again) {
        ingest_pause();
        code = ask(remote, taken) ? CLI_OK : CLI_USAGE;
    } else if (code == CLI_OK) {
        count_state(fates, taken, reply.json);
    } else {
        ingest_bar_clear();
        remote_print(&reply, wishes->server, "/v1/why");
    }
    remote_free(&reply);
    return code;
}

int ingest_fates(const struct ingest_wishes *wishes, struct ingest_taken *taken,
                 size_t count, struct ingest_fates *fates)
{
    struct remote *remote = remote_open(wishes->server, AT_ONCE);
    int code = CLI_OK;
    struct ingest_pace pace = { 0 };
    size_t begun = 0;
    size_t ended = 0;
    bool again;

    while (code == CLI_OK && ended < count) {
        if (begun < count && begun - ended < AT_ONCE) {
            code = ask(remote, &taken[begun++]) ? CLI_OK : CLI_USAGE;
            continue;
        }
        code = take_answer(wishes, remote, fates, &again);
        ended += again ? 0 : 1;
        if (again || ended % BAR_EVERY == 0)
            draw(&pace, (double)ended, (double)count, "in every mode");
    }
    remote_close(remote);
    ingest_bar_clear();
    return code;
}
