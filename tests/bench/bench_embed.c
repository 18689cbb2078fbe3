// SPDX-License-Identifier: Apache-2.0
// link: embedder common_json
/*
 * bench_embed.c - what the embedder adds to the model, and how long a query
 * waits.
 *
 *   model     texts through mr_model_embed(): tokens, batches, padding, turns
 *   openvino  the same batches, made before, straight through the session
 *   tokens    the tokenizer alone
 *   query     12 tokens, on an idle model and while a bulk call runs
 *
 * The first two alternate; the ratio is the median of those of neighbours, by
 * the clock and by processor time, which other work on the machine moves less.
 *
 *   bench_embed [TEXTS [MODEL_FOLDER]]      default 96
 */
#include <pthread.h>

#include "bench_corpus.h"
#include "embedder/embedder.h"
#include "embedder/openvino/session.h"
#include "embedder/plan/batch_plan.h"
#include "embedder/wordpiece/wordpiece.h"

#define TEXTS_MAX    4096u
#define TOKENS_MAX   256u
#define BATCH_TOKENS 1024u
#define ROUNDS       15
#define QUERIES      300
#define DIMENSION    384u

struct prepared {
    uint32_t rows;
    uint32_t length;
    int64_t *ids;
    int64_t *mask;
};

struct world {
    struct mr_arena *arena;
    struct mr_span texts[TEXTS_MAX];
    size_t text_max;
    size_t text_count;
    size_t bytes;
    size_t tokens;
    size_t padded;
    struct prepared batches[TEXTS_MAX];
    size_t batch_count;
    struct mr_model *model;
    struct session *session;
    struct wordpiece *wordpiece;
    float *out;
};

static void fail(const char *what, const struct mr_err *err)
{
    (void)fprintf(stderr, "bench_embed: %s: %s\n", what, err->text);
    exit(EXIT_FAILURE);
}

static void take_text(void *context, const struct mr_json *object)
{
    struct world *world = context;
    struct mr_span title = mr_json_text(mr_json_get(object, "title"));
    struct mr_span text = mr_json_text(mr_json_get(object, "text"));
    char *joined;

    if (world->text_count == world->text_max)
        return;
    joined = mr_arena_printf(world->arena, "%.*s. %.*s", (int)title.size,
                             (const char *)title.data, (int)text.size,
                             (const char *)text.data);
    world->texts[world->text_count++] = mr_span_str(joined);
}

/* The batches of up to BATCH_TEXTS_MAX texts, as the model makes them. */
static void prepare_some(struct world *world, const struct mr_span *texts,
                         size_t count)
{
    static int32_t ids[BATCH_TEXTS_MAX][TOKENS_MAX];
    static struct batch_plan plan;
    uint32_t lengths[BATCH_TEXTS_MAX];

    for (size_t i = 0; i < count; i++) {
        lengths[i] = (uint32_t)wordpiece_encode(world->wordpiece, texts[i],
                                                ids[i], TOKENS_MAX);
        world->tokens += lengths[i];
        world->bytes += texts[i].size;
    }
    batch_plan(&plan, lengths, count, BATCH_TOKENS);
    for (size_t i = 0; i < plan.count; i++) {
        const struct batch *batch = &plan.batches[i];
        size_t size = (size_t)batch->count * batch->length;
        struct prepared *out = &world->batches[world->batch_count++];

        *out = (struct prepared){
            .rows = batch->count,
            .length = batch->length,
            .ids = mr_arena_calloc(world->arena, size, sizeof(int64_t)),
            .mask = mr_arena_calloc(world->arena, size, sizeof(int64_t)),
        };
        world->padded += size;
        for (uint32_t row = 0; row < batch->count; row++) {
            uint32_t text = plan.order[batch->first + row];

            for (uint32_t k = 0; k < lengths[text]; k++) {
                out->ids[row * batch->length + k] = ids[text][k];
                out->mask[row * batch->length + k] = 1;
            }
        }
    }
}

static double run_model(struct world *world)
{
    struct mr_err err;
    double start = bench_now();

    if (mr_model_embed(world->model, MR_MODEL_BULK, world->texts,
                       world->text_count, world->out, &err) != MR_OK)
        fail("embedding", &err);
    return bench_now() - start;
}

static double run_openvino(struct world *world)
{
    struct mr_err err;
    double start = bench_now();

    for (size_t i = 0; i < world->batch_count; i++) {
        const struct prepared *batch = &world->batches[i];

        if (session_run(world->session, batch->ids, batch->mask, batch->rows,
                        batch->length, world->out, &err) != MR_OK)
            fail("running", &err);
    }
    return bench_now() - start;
}

static double run_tokens(struct world *world)
{
    static int32_t ids[TOKENS_MAX];
    double start = bench_now();

    for (size_t i = 0; i < world->text_count; i++)
        (void)wordpiece_encode(world->wordpiece, world->texts[i], ids,
                               TOKENS_MAX);
    return bench_now() - start;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static double at_share(double *values, size_t count, double share)
{
    qsort(values, count, sizeof(values[0]), compare);
    return values[(size_t)(share * (double)(count - 1))];
}

/* What a run takes by the clock and in processor time. */
struct cost {
    double wall;
    double cpu;
};

static double cpu_now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static struct cost measure(struct world *world,
                           double (*run)(struct world *world))
{
    double cpu = cpu_now();
    double wall = run(world);

    return (struct cost){ wall, cpu_now() - cpu };
}

static void throughput(struct world *world)
{
    double model[ROUNDS], openvino[ROUNDS], tokens[ROUNDS];
    double wall[ROUNDS], cpu[ROUNDS];
    double total = (double)world->tokens;

    (void)run_openvino(world);
    (void)run_model(world);
    for (size_t i = 0; i < ROUNDS; i++) {
        struct cost alone = measure(world, run_openvino);
        struct cost whole = measure(world, run_model);

        openvino[i] = alone.wall;
        model[i] = whole.wall;
        tokens[i] = run_tokens(world);
        wall[i] = alone.wall / whole.wall;
        cpu[i] = alone.cpu / whole.cpu;
    }
    (void)printf("texts %zu, tokens %zu, %.1f %% more by padding\n",
                 world->text_count, world->tokens,
                 100.0 * ((double)world->padded / total - 1));
    (void)printf("model     %8.0f tokens/s\n",
                 total / at_share(model, ROUNDS, .5));
    (void)printf("openvino  %8.0f tokens/s\n",
                 total / at_share(openvino, ROUNDS, .5));
    (void)printf("ratio     %.3f by the clock, %.3f by processor time\n",
                 at_share(wall, ROUNDS, .5), at_share(cpu, ROUNDS, .5));
    (void)printf("tokens    %8.1f million/s, %.1f MB/s\n",
                 total / at_share(tokens, ROUNDS, .5) * 1e-6,
                 (double)world->bytes / at_share(tokens, ROUNDS, .5) * 1e-6);
}

static void queries(struct world *world, const char *name, size_t count)
{
    struct mr_span text =
        mr_span_str("which wing shapes give less drag near mach one");
    double took[QUERIES];
    float vector[DIMENSION];
    struct mr_err err;
    int32_t ids[TOKENS_MAX];

    for (size_t i = 0; i < count; i++) {
        double start = bench_now();

        if (mr_model_embed(world->model, MR_MODEL_QUERY, &text, 1, vector,
                           &err) != MR_OK)
            fail("embedding a query", &err);
        took[i] = bench_now() - start;
    }
    (void)printf("query     %zu tokens, %s: p50 %.2f ms, p99 %.2f ms\n",
                 wordpiece_encode(world->wordpiece, text, ids, TOKENS_MAX),
                 name, 1e3 * at_share(took, count, .5),
                 1e3 * at_share(took, count, .99));
}

static void *bulk(void *context)
{
    (void)run_model(context);
    return NULL;
}

static void open_all(struct world *world, const char *folder)
{
    struct embedder_model_spec spec = { .folder = folder };
    struct mr_buf vocabulary = mr_buf(1u << 24);
    char path[1200];
    struct mr_err err;
    FILE *file;
    int byte;

    if (embedder_model_open(&spec, &world->model, &err) != MR_OK)
        fail("opening the model", &err);
    (void)snprintf(path, sizeof(path), "%s/model.xml", folder);
    if (session_open(path, 0, &world->session, &err) != MR_OK)
        fail("opening the session", &err);
    (void)snprintf(path, sizeof(path), "%s/vocab.txt", folder);
    file = fopen(path, "rb");
    while (file != NULL && (byte = fgetc(file)) != EOF)
        mr_buf_byte(&vocabulary, (uint8_t)byte);
    if (file != NULL)
        (void)fclose(file);
    if (wordpiece_parse(mr_buf_bytes(&vocabulary), &world->wordpiece, &err) !=
        MR_OK)
        fail("reading the vocabulary", &err);
    mr_buf_deinit(&vocabulary);
}

int main(int argc, char **argv)
{
    static struct world world;
    char folder[1024];
    pthread_t thread;

    embedder_model_folder(folder, sizeof(folder));
    world.arena = mr_arena_new();
    world.text_max = argc > 1 ? strtoul(argv[1], NULL, 10) : 96;
    if (world.text_max > TEXTS_MAX)
        world.text_max = TEXTS_MAX;
    if (!bench_json_lines("ir/cranfield/corpus.jsonl", take_text, &world)) {
        (void)printf("skipped: no evaluation data\n");
        return EXIT_SUCCESS;
    }
    (void)bench_json_lines("ir/cacm/corpus.jsonl", take_text, &world);
    open_all(&world, argc > 2 ? argv[2] : folder);
    world.out = mr_calloc(world.text_count * DIMENSION, sizeof(float));
    for (size_t i = 0; i < world.text_count; i += BATCH_TEXTS_MAX)
        prepare_some(&world, world.texts + i,
                     world.text_count - i < BATCH_TEXTS_MAX
                         ? world.text_count - i
                         : BATCH_TEXTS_MAX);

    throughput(&world);
    queries(&world, "idle", QUERIES);
    if (pthread_create(&thread, NULL, bulk, &world) != 0)
        return EXIT_FAILURE;
    queries(&world, "beside a bulk call", 20);
    (void)pthread_join(thread, NULL);

    mr_free(world.out);
    wordpiece_free(world.wordpiece);
    session_close(world.session);
    embedder_model_close(world.model);
    mr_arena_free(world.arena);
    return EXIT_SUCCESS;
}
