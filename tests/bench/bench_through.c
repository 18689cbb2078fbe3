// SPDX-License-Identifier: Apache-2.0
/*
 * bench_through.c - what a document costs on its way from PUT to being found,
 * its embedding aside.
 *
 *   bench_through [DOCUMENTS [BYTES [hashing]]]
 *
 * The whole engine as `millrace up` runs it, on disk, defaults everywhere,
 * near-duplicates looked for, every PUT synced.  The texts are put and
 * deleted, which fills the cache of vectors (made up here: only the model's
 * tokenizer is the real one), and put again: this is measured, and no text is
 * embedded in it.  Clients are threads that
 * speak HTTP; their time is part of the wall's, and told apart in the rest.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/engine_parts.h"
#include "cli/settings.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"
#include "tests/bench/bench_folder.h"

#define CLIENTS       16u
#define RARE_WORDS    20000u
#define REPLY_BYTES   4096u
#define LOOK_MS       2
#define THREADS_MAX   64u
#define NAME_BYTES    32u
#define DIMENSION_MAX 1024u
#define PATIENCE_S    600

static char folder[256];
static struct engine *engine;
static unsigned document_count = 5000;
static unsigned document_bytes = 1500;
static char **texts;
static atomic_uint embedded;
static const struct mr_model_ops *real_ops;

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void end(int status)
{
    bench_folder_remove(folder);
    exit(status);
}

static void must(enum mr_code code, const struct mr_err *err)
{
    if (code == MR_OK)
        return;
    (void)fprintf(stderr, "bench_through: %s\n", err->text);
    end(1);
}

/* --- texts --- */

static const char *const common[] = { "the", "of",   "and", "to",  "in",
                                      "is",  "that", "for", "was", "with",
                                      "on",  "as",   "are", "by",  "from" };

static const char *const usual[] = {
    "river",    "water",       "stone",   "wheel",   "house",    "field",
    "market",   "village",     "bread",   "people",  "work",     "time",
    "year",     "day",         "hand",    "place",   "part",     "number",
    "way",      "world",       "state",   "school",  "family",   "student",
    "group",    "country",     "problem", "company", "system",   "program",
    "question", "government",  "night",   "point",   "home",     "room",
    "mother",   "area",        "money",   "story",   "fact",     "month",
    "right",    "study",       "book",    "word",    "business", "issue",
    "side",     "kind",        "head",    "service", "friend",   "father",
    "power",    "hour",        "game",    "line",    "member",   "law",
    "car",      "city",        "name",    "team",    "minute",   "idea",
    "body",     "information", "back",    "parent",  "face",     "others",
    "level",    "office",      "door",    "health",  "person",   "art",
    "war",      "history",     "party",   "result",  "change",   "morning",
    "reason",   "research",    "girl",    "moment",  "air",      "teacher",
    "force",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A rare word: syllables, so that it is nobody's and yet looks like one. */
static void put_rare(struct mr_buf *out, uint64_t n)
{
    static const char *const syllables[] = {
        "ba",  "cor", "de", "fil", "gan", "he", "in",  "jo",  "kel", "lu",
        "mar", "ne",  "or", "pen", "qua", "ri", "sta", "ton", "ver", "wi",
    };

    do {
        mr_buf_str(out, syllables[n % COUNT(syllables)]);
        n /= COUNT(syllables);
    } while (n > 0);
}

/* Two words of five are of the language, two of any topic, one is rare; the
 * rare ones are as frequent as Zipf's law has it. */
static char *make_text(uint64_t seed)
{
    struct mr_buf out = mr_buf((size_t)document_bytes + 256);
    uint64_t state = seed * 1000003;
    char *text;

    for (unsigned i = 0; out.size < document_bytes; i++) {
        uint64_t random = mr_mix64(++state);
        double chance = (double)(random >> 11) / 9007199254740992.0;

        if (random % 5 < 2)
            mr_buf_str(&out, common[(random >> 8) % COUNT(common)]);
        else if (random % 5 < 4)
            mr_buf_str(&out, usual[(random >> 8) % COUNT(usual)]);
        else
            put_rare(&out, (uint64_t)pow(RARE_WORDS, chance));
        mr_buf_str(&out, i % 97 == 96 ? ".\\n\\n" : i % 13 == 12 ? ". " : " ");
    }
    text = mr_strdup(mr_buf_text(&out));
    mr_buf_deinit(&out);
    return text;
}

/* --- vectors --- */

static enum mr_code split(struct mr_model *model, struct mr_span text,
                          struct mr_arena *arena, struct mr_span **parts,
                          uint32_t **tokens, size_t *count, struct mr_err *err)
{
    return real_ops->split(model, text, arena, parts, tokens, count, err);
}

static enum mr_code embed(struct mr_model *model, enum mr_model_lane lane,
                          const struct mr_span *parts, size_t count, float *out,
                          struct mr_err *err)
{
    (void)lane;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        uint64_t seed = mr_hash64(parts[i], 0);
        float *vector = out + i * model->dimension;
        double sum = 0;

        for (uint32_t d = 0; d < model->dimension; d++) {
            vector[d] = (float)(int32_t)(mr_mix64(seed + d) >> 32);
            sum += (double)vector[d] * (double)vector[d];
        }
        for (uint32_t d = 0; d < model->dimension; d++)
            vector[d] /= (float)sqrt(sum);
    }
    atomic_fetch_add(&embedded, (unsigned)count);
    return MR_OK;
}

/* --- clients --- */

struct client {
    pthread_t thread;
    const char *method;
    unsigned first;
    int socket;
};

static int connect_to(const char *address)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_port = htons((uint16_t)atoi(strrchr(address, ':') + 1));
    MR_ASSERT(fd >= 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        end(1);
    return fd;
}

/* Gives the status of the reply, which is short and comes at once. */
static int call(int fd, const struct client *client, unsigned number,
                const char *text)
{
    char request[8192];
    char reply[REPLY_BYTES];
    int size =
        snprintf(request, sizeof(request),
                 "%s /v1/documents/site-%u?lane=bulk HTTP/1.1\r\n"
                 "Host: localhost\r\nContent-Length: %zu\r\n\r\n%s%s%s",
                 client->method, number, text == NULL ? 0 : strlen(text) + 11,
                 text == NULL ? "" : "{\"text\":\"", text == NULL ? "" : text,
                 text == NULL ? "" : "\"}");
    ssize_t got = 0;

    MR_ASSERT((size_t)size < sizeof(request));
    if (write(fd, request, (size_t)size) == size)
        got = read(fd, reply, sizeof(reply) - 1);
    if (got < 13) {
        (void)fprintf(stderr, "bench_through: a client was cut off\n");
        end(1);
    }
    reply[got] = '\0';
    return atoi(reply + 9);
}

static void *run_client(void *context)
{
    struct client *client = context;
    bool is_put = strcmp(client->method, "PUT") == 0;

    (void)pthread_setname_np(pthread_self(), "client");
    client->socket = connect_to(engine_address(engine));
    for (unsigned i = client->first; i < document_count; i += CLIENTS) {
        int status;

        do
            status = call(client->socket, client, i, is_put ? texts[i] : NULL);
        while (status == 429);
        if (status != 202) {
            (void)fprintf(stderr, "bench_through: status %d\n", status);
            end(1);
        }
    }
    return NULL;
}

struct counts {
    uint64_t words;
    uint64_t meaning;
};

static struct counts count_found(void)
{
    struct counts counts = { 0 };

    for (size_t i = 0; i < engine->shard_count; i++) {
        struct shard_status status;

        shard_status(engine->shards[i], &status);
        counts.words += status.live;
        counts.meaning += status.documents_dense;
    }
    return counts;
}

struct times {
    double written_s;
    double words_s;
    double meaning_s;
};

/* Sends all documents, and waits until `found` of them are.  The clients'
 * connections stay open, so that their threads' times can be read. */
static struct times go(struct client *clients, const char *method,
                       uint64_t found)
{
    double began = now_s();
    struct times times = { 0 };
    struct counts counts;

    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){ .method = method, .first = i };
        if (pthread_create(&clients[i].thread, NULL, run_client, &clients[i]) !=
            0)
            end(1);
    }
    for (unsigned i = 0; i < CLIENTS; i++)
        (void)pthread_join(clients[i].thread, NULL);
    times.written_s = now_s() - began;
    do {
        mr_clock_sleep_ms(engine_place(engine)->clock, LOOK_MS);
        counts = count_found();
        if (counts.words == found && times.words_s == 0)
            times.words_s = now_s() - began;
        if (now_s() - began > PATIENCE_S) {
            (void)fprintf(stderr, "bench_through: found %llu and %llu\n",
                          (unsigned long long)counts.words,
                          (unsigned long long)counts.meaning);
            end(1);
        }
    } while (counts.words != found || counts.meaning != found);
    times.meaning_s = now_s() - began;
    return times;
}

/* --- processor time --- */

struct usage {
    char names[THREADS_MAX][NAME_BYTES];
    double cpu_s[THREADS_MAX];
    size_t count;
    double process_s;
};

static bool read_line(const char *task, const char *file, char *out, int size)
{
    char path[512];
    FILE *stream;
    bool ok;

    (void)snprintf(path, sizeof(path), "/proc/self/task/%s/%s", task, file);
    stream = fopen(path, "re");
    if (stream == NULL)
        return false;
    ok = fgets(out, size, stream) != NULL;
    (void)fclose(stream);
    out[strcspn(out, "\n")] = '\0';
    return ok;
}

static void add_usage(struct usage *usage, const char *name, double cpu_s)
{
    size_t i = 0;

    while (i < usage->count && strcmp(usage->names[i], name) != 0)
        i++;
    if (i == THREADS_MAX)
        return;
    if (i == usage->count)
        (void)snprintf(usage->names[usage->count++], NAME_BYTES, "%s", name);
    usage->cpu_s[i] += cpu_s;
}

/* Of all threads by name, but for the digits at its end. */
static struct usage usage_now(void)
{
    struct usage usage = { 0 };
    struct rusage all;
    struct dirent *entry;
    DIR *tasks = opendir("/proc/self/task");

    while (tasks != NULL && (entry = readdir(tasks)) != NULL) {
        char name[NAME_BYTES];
        char spent[128];

        if (entry->d_name[0] == '.' ||
            !read_line(entry->d_name, "comm", name, sizeof(name)) ||
            !read_line(entry->d_name, "schedstat", spent, sizeof(spent)))
            continue;
        name[strcspn(name, "/0123456789")] = '\0';
        add_usage(&usage, name, strtod(spent, NULL) / 1e9);
    }
    if (tasks != NULL)
        (void)closedir(tasks);
    (void)getrusage(RUSAGE_SELF, &all);
    usage.process_s =
        (double)(all.ru_utime.tv_sec + all.ru_stime.tv_sec) +
        (double)(all.ru_utime.tv_usec + all.ru_stime.tv_usec) / 1e6;
    return usage;
}

static void show(const char *name, double seconds)
{
    (void)printf("%-44s %8.1f us a document\n", name,
                 seconds * 1e6 / document_count);
}

/* What has ended meanwhile, such as the clients and who builds a segment, is
 * in the process' time only. */
static void show_usage(const struct usage *before, const struct usage *after)
{
    double rest = after->process_s - before->process_s;

    show("processor time, all", rest);
    for (size_t i = 0; i < after->count; i++) {
        double cpu_s = after->cpu_s[i];
        char label[2 * NAME_BYTES];

        for (size_t k = 0; k < before->count; k++)
            if (strcmp(before->names[k], after->names[i]) == 0)
                cpu_s -= before->cpu_s[k];
        (void)snprintf(label, sizeof(label), "  %s", after->names[i]);
        show(label, cpu_s);
        rest -= cpu_s;
    }
    show("  threads that have ended, clients among them", rest);
}

/* --- the whole --- */

static void run(void)
{
    struct client warm[CLIENTS];
    struct client gone[CLIENTS];
    struct client again[CLIENTS];
    struct usage before;
    struct times times;
    unsigned parts;

    (void)go(warm, "PUT", document_count);
    (void)go(gone, "DELETE", 0);
    for (unsigned i = 0; i < CLIENTS; i++) {
        (void)close(warm[i].socket);
        (void)close(gone[i].socket);
    }
    parts = atomic_load(&embedded);
    before = usage_now();
    times = go(again, "PUT", document_count);
    (void)printf("%u documents of %u bytes, %u parts to embed, %u of them not "
                 "cached\n",
                 document_count, document_bytes, parts,
                 atomic_load(&embedded) - parts);
    show("wall: written", times.written_s);
    show("wall: found by words", times.words_s);
    show("wall: found by meaning too", times.meaning_s);
    {
        struct usage after = usage_now();

        show_usage(&before, &after);
    }
}

int main(int argc, char **argv)
{
    const char *where = getenv("TMPDIR");
    struct mr_config *config = settings_load(NULL);
    struct mr_model_ops ops = { .split = split, .embed = embed };
    struct engine_options options;
    struct mr_err err = { 0 };

    if (config == NULL)
        return 2;
    if (argc > 1)
        document_count = (unsigned)strtoul(argv[1], NULL, 10);
    if (argc > 2)
        document_bytes = (unsigned)strtoul(argv[2], NULL, 10);
    if (document_count == 0 || document_bytes > 6000) {
        (void)fprintf(stderr, "bench_through: a document or more, of 6,000 "
                              "bytes at most\n");
        return 2;
    }
    options = settings_engine(config, NULL);
    if (argc > 3)
        options.model.folder = argv[3];
    (void)snprintf(folder, sizeof(folder), "%s/bench_through.XXXXXX",
                   where == NULL ? "/tmp" : where);
    if (mkdtemp(folder) == NULL)
        return 1;
    options.data = folder;
    options.listen = "127.0.0.1:0";
    options.log_level = MR_LEVEL_WARN;
    texts = mr_calloc(document_count, sizeof(*texts));
    for (unsigned i = 0; i < document_count; i++)
        texts[i] = make_text(i + 1);
    (void)prctl(PR_SET_NAME, "index, rest");
    must(engine_open(&options, &engine, &err), &err);
    real_ops = engine->model->ops;
    engine->model->ops = &ops;
    run();
    engine->model->ops = real_ops;
    engine_close(engine);
    for (unsigned i = 0; i < document_count; i++)
        mr_free(texts[i]);
    mr_free(texts);
    mr_config_free(config);
    end(0);
}
