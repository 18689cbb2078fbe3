// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_compare.c - `millrace compare`: the same queries asked of two servers,
 * such as two retrievers bound to two generations.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/eval_score.h"
#include "cli/eval_set.h"
#include "cli/remote.h"
#include "common/base/mr_mem.h"

#define TIMEOUT_MS 60000L
#define TOP        10u
#define QUERY_MAX  4096

struct wishes {
    const char *server;
    const char *against;
    const char *queries;
    const char *set;
    const char *mode;
    bool json;
};

/* What one server answered to all queries. */
struct side {
    const char *server;
    double *took_ms;
    size_t asked;
    double ndcg;
    bool partial;
};

/* Ids of the documents found, best first, each once. */
struct ranking {
    struct mr_span ids[TOP];
    size_t count;
    struct remote_reply reply; /* the ids lie in it */
};

struct comparison {
    const struct wishes *wishes;
    struct side sides[2];
    double overlap; /* the sum over queries */
    size_t same_first;
    size_t judged;
};

static double now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static bool has(const struct ranking *ranking, struct mr_span id)
{
    for (size_t i = 0; i < ranking->count; i++) {
        if (mr_span_equal(ranking->ids[i], id))
            return true;
    }
    return false;
}

static void read_hits(struct ranking *ranking)
{
    const struct mr_json *hits = mr_json_get(ranking->reply.json, "hits");

    for (size_t i = 0; i < mr_json_size(hits) && ranking->count < TOP; i++) {
        struct mr_span id =
            mr_json_text(mr_json_get(mr_json_at(hits, i), "document"));

        if (!has(ranking, id))
            ranking->ids[ranking->count++] = id;
    }
}

static int ask(struct comparison *comparison, size_t nth, struct mr_span query,
               struct ranking *out)
{
    struct side *side = &comparison->sides[nth];
    struct mr_buf body = mr_buf((size_t)1 << 20);
    struct mr_json_out json = mr_json_out(&body);
    double began = now_ms();

    mr_json_object_begin(&json);
    mr_json_key(&json, "query");
    mr_json_put_text(&json, query);
    mr_json_key(&json, "draft"); /* nobody's question: not logged */
    mr_json_put_bool(&json, true);
    mr_json_key(&json, "top_k");
    mr_json_put_u64(&json, 3 * TOP);
    if (comparison->wishes->mode != NULL) {
        mr_json_key(&json, "mode");
        mr_json_put_str(&json, comparison->wishes->mode);
    }
    mr_json_object_end(&json);
    *out = (struct ranking){ .reply =
                                 remote_call(side->server, "POST", "/v1/search",
                                             mr_buf_bytes(&body), TIMEOUT_MS) };
    mr_buf_deinit(&body);
    if (out->reply.exit_code != CLI_OK)
        return out->reply.exit_code;
    side->took_ms = mr_realloc_array(side->took_ms, side->asked + 1,
                                     sizeof(*side->took_ms));
    side->took_ms[side->asked++] = now_ms() - began;
    side->partial =
        side->partial ||
        mr_json_bool(mr_json_get(out->reply.json, "partial"), false);
    read_hits(out);
    return -1;
}

static double ndcg_of(const struct ranking *ranking,
                      const struct eval_query *query)
{
    double gains[TOP] = { 0 };
    double *judged = mr_calloc(query->judged_count, sizeof(*judged));
    size_t positive = 0;
    double ndcg;

    for (size_t i = 0; i < query->judged_count; i++) {
        const struct eval_judgement *judgement = &query->judged[i];

        if (judgement->gain > 0)
            judged[positive++] = judgement->gain;
        for (size_t r = 0; r < ranking->count; r++) {
            if (mr_span_equal(ranking->ids[r], judgement->document))
                gains[r] = judgement->gain;
        }
    }
    ndcg = eval_score(gains, ranking->count, judged, positive).ndcg_10;
    mr_free(judged);
    return ndcg;
}

static void weigh(struct comparison *comparison,
                  const struct ranking rankings[2],
                  const struct eval_query *query)
{
    size_t common = 0;
    size_t most = rankings[0].count > rankings[1].count ? rankings[0].count
                                                        : rankings[1].count;

    for (size_t i = 0; i < rankings[0].count; i++)
        common += has(&rankings[1], rankings[0].ids[i]);
    comparison->overlap += most == 0 ? 1 : (double)common / (double)most;
    comparison->same_first +=
        rankings[0].count > 0 && rankings[1].count > 0
            ? mr_span_equal(rankings[0].ids[0], rankings[1].ids[0])
            : most == 0;
    if (query == NULL)
        return;
    comparison->judged++;
    for (size_t i = 0; i < 2; i++)
        comparison->sides[i].ndcg += ndcg_of(&rankings[i], query);
}

static int compare_one(struct comparison *comparison, struct mr_span text,
                       const struct eval_query *query)
{
    struct ranking rankings[2] = { 0 };
    int code = ask(comparison, 0, text, &rankings[0]);

    if (code < 0)
        code = ask(comparison, 1, text, &rankings[1]);
    if (code < 0)
        weigh(comparison, rankings, query);
    remote_free(&rankings[0].reply);
    remote_free(&rankings[1].reply);
    return code;
}

static int compare_set(struct comparison *comparison)
{
    struct eval_set set;
    struct mr_err err = { 0 };
    int code = -1;

    if (eval_set_read(comparison->wishes->set, &set, &err) != MR_OK) {
        (void)fprintf(stderr, "millrace: %s\n", err.text);
        return CLI_FAILED;
    }
    for (size_t i = 0; i < set.query_count && code < 0; i++)
        code = compare_one(comparison, set.queries[i].text, &set.queries[i]);
    eval_set_free(&set);
    return code;
}

static int compare_lines(struct comparison *comparison)
{
    const char *path = comparison->wishes->queries;
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char line[QUERY_MAX];
    int code = -1;

    if (file == NULL) {
        (void)fprintf(stderr, "millrace: cannot read %s: %s\n", path,
                      strerror(errno));
        return CLI_FAILED;
    }
    while (code < 0 && fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] != '\0')
            code = compare_one(comparison, mr_span_str(line), NULL);
    }
    if (file != stdin)
        (void)fclose(file);
    return code;
}

static int compare_numbers(const void *a, const void *b)
{
    double one = *(const double *)a;
    double two = *(const double *)b;

    return (one > two) - (one < two);
}

static double percentile(struct side *side, double part)
{
    if (side->asked == 0)
        return 0;
    qsort(side->took_ms, side->asked, sizeof(*side->took_ms), compare_numbers);
    return side->took_ms[(size_t)(part * (double)(side->asked - 1))];
}

static void put_number(struct mr_json_out *out, const char *key, double value)
{
    mr_json_key(out, key);
    mr_json_put_number(out, value);
}

static void print_json(struct comparison *comparison)
{
    double queries = (double)comparison->sides[0].asked;
    struct mr_buf text = mr_buf((size_t)1 << 20);
    struct mr_json_out out = mr_json_out(&text);

    mr_json_object_begin(&out);
    put_number(&out, "queries", queries);
    put_number(&out, "overlap@10", comparison->overlap / queries);
    put_number(&out, "same_first", (double)comparison->same_first / queries);
    mr_json_key(&out, "sides");
    mr_json_array_begin(&out);
    for (size_t i = 0; i < 2; i++) {
        struct side *side = &comparison->sides[i];

        mr_json_object_begin(&out);
        mr_json_key(&out, "server");
        mr_json_put_str(&out, side->server);
        if (comparison->judged > 0)
            put_number(&out, "ndcg@10",
                       side->ndcg / (double)comparison->judged);
        put_number(&out, "p50_ms", percentile(side, .5));
        put_number(&out, "p99_ms", percentile(side, .99));
        mr_json_key(&out, "partial");
        mr_json_put_bool(&out, side->partial);
        mr_json_object_end(&out);
    }
    mr_json_array_end(&out);
    mr_json_object_end(&out);
    (void)printf("%s\n", mr_buf_text(&text));
    mr_buf_deinit(&text);
}

static void print_table(struct comparison *comparison)
{
    double queries = (double)comparison->sides[0].asked;

    (void)printf("%.0f queries: %.1f %% of the first %u documents are the "
                 "same, the first one in %.1f %%\n\n  %-32s %8s %8s %8s\n",
                 queries, 100 * comparison->overlap / queries, TOP,
                 100 * (double)comparison->same_first / queries, "server",
                 "nDCG@10", "p50 ms", "p99 ms");
    for (size_t i = 0; i < 2; i++) {
        struct side *side = &comparison->sides[i];

        (void)printf("  %-32.32s ", side->server);
        if (comparison->judged > 0)
            (void)printf("%8.4f", side->ndcg / (double)comparison->judged);
        else
            (void)printf("%8s", "-");
        (void)printf(" %8.1f %8.1f%s\n", percentile(side, .5),
                     percentile(side, .99),
                     side->partial ? "  some results were partial" : "");
    }
}

static int run(const struct cli_command *command, const struct wishes *wishes)
{
    struct comparison comparison = {
        .wishes = wishes,
        .sides = { { .server = wishes->server != NULL ? wishes->server
                                                      : REMOTE_DEFAULT },
                   { .server = wishes->against } },
    };
    int code;

    if (wishes->against == NULL)
        return cli_usage(command, "--against names the other server");
    if ((wishes->queries == NULL) == (wishes->set == NULL))
        return cli_usage(command,
                         "either --queries FILE or --set BEIR_DIR is needed");
    code = wishes->set != NULL ? compare_set(&comparison)
                               : compare_lines(&comparison);
    if (code < 0 && comparison.sides[0].asked == 0) {
        (void)fprintf(stderr, "millrace: there was no query\n");
        code = CLI_FAILED;
    }
    if (code < 0 && wishes->json)
        print_json(&comparison);
    else if (code < 0)
        print_table(&comparison);
    mr_free(comparison.sides[0].took_ms);
    mr_free(comparison.sides[1].took_ms);
    return code < 0 ? CLI_OK : code;
}

int cli_run_compare(const struct cli_command *command, int argc, char **argv)
{
    struct wishes wishes = { 0 };
    const struct cli_option options[] = {
        { "against", "URL", "the other server", &wishes.against, NULL },
        { "queries", "FILE", "a query a line; - is standard input",
          &wishes.queries, NULL },
        { "set", "BEIR_DIR", "the queries of a judged set", &wishes.set, NULL },
        { "mode", "MODE", "hybrid, dense or keyword (default the server's)",
          &wishes.mode, NULL },
        { "json", NULL, "the figures as one JSON object", NULL, &wishes.json },
        REMOTE_OPTIONS(wishes.server),
        { 0 }
    };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    if (code < 0 && count > 0)
        code = cli_usage(command, "\"%s\" is one word too many", rest[0]);
    if (code < 0)
        code = run(command, &wishes);
    mr_free(rest);
    return code;
}
