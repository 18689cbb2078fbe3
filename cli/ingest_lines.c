// SPDX-License-Identifier: Apache-2.0
/*
 * ingest_lines.c - standard input as JSON lines, each put as a document.
 *
 * Lines are as in a .jsonl file of the files source.  Several puts are under
 * way at a time, but never two of one id, so that of two lines with one id the
 * later counts.  A line without an id gets "stdin:<hash of the line>", which
 * makes giving the same again change nothing.  What is wrong with a line, by
 * our rules or the server's, is told with its number, and the rest goes on;
 * a server that takes nothing any more ends it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/ingest.h"
#include "cli/remote.h"
#include "common/base/mr_arena.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"
#include "ingestor/files/line.h"

#define AT_ONCE        16u
#define BYTES_AT_ONCE  ((size_t)32 << 20)
#define LINE_BYTES_MAX ((size_t)64 << 20)
#define TIMEOUT_MS     120000L
#define BAR_EVERY      32u
#define PROBLEMS_KEPT  1000u
#define TOO_MANY       429

/* A put that is under way. */
struct put {
    bool used;
    uint64_t line;
    char *id;
    struct mr_buf body; /* kept for another try */
};

struct lines {
    const struct ingest_wishes *wishes;
    struct remote *remote;
    struct mr_arena *arena; /* as long as a line */
    struct put puts[AT_ONCE];
    size_t under_way;
    size_t bytes_under_way;
    uint64_t line; /* the number of the last one that was read */
    double bytes_read;
    double bytes_total; /* 0: unknown */
    struct ingest_pace pace;
    uint64_t sent;
    uint64_t failed;
    bool told_unknown;
    int ended; /* what ends it, or CLI_OK */
    struct ingest_taken *taken;
    size_t taken_count;
    size_t taken_room;
    struct mr_buf problems_buf; /* the array of --json */
    struct mr_json_out problems;
    size_t problem_count;
};

static void tell(void *context, uint64_t line, const char *words)
{
    struct lines *lines = context;
    char where[32];

    ingest_bar_clear();
    (void)snprintf(where, sizeof(where), "line %" PRIu64, line);
    (void)fprintf(stderr, "  %s: %s\n", where, words);
    if (lines->problem_count++ >= PROBLEMS_KEPT)
        return;
    mr_json_object_begin(&lines->problems);
    mr_json_key(&lines->problems, "where");
    mr_json_put_str(&lines->problems, where);
    mr_json_key(&lines->problems, "problem");
    mr_json_put_str(&lines->problems, words);
    mr_json_object_end(&lines->problems);
}

static void bad_line(struct lines *lines, uint64_t line, const char *words)
{
    lines->failed++;
    tell(lines, line, words);
}

/* Whether a put of the id is under way. */
static bool is_under_way(const struct lines *lines, const char *id)
{
    for (size_t i = 0; i < AT_ONCE; i++) {
        if (lines->puts[i].used && strcmp(lines->puts[i].id, id) == 0)
            return true;
    }
    return false;
}

static bool begin(struct lines *lines, struct put *put)
{
    struct mr_buf path = mr_buf((size_t)1 << 16);
    char *segment = remote_segment(put->id);
    bool good;

    mr_buf_printf(&path, "/v1/documents/%s?lane=bulk", segment);
    good = remote_begin(lines->remote, "PUT", mr_buf_text(&path),
                        mr_buf_bytes(&put->body), TIMEOUT_MS, put);
    mr_buf_deinit(&path);
    mr_free(segment);
    if (!good)
        lines->ended = CLI_USAGE;
    return good;
}

static void end_put(struct lines *lines, struct put *put)
{
    lines->under_way--;
    lines->bytes_under_way -= put->body.size;
    mr_buf_deinit(&put->body);
    mr_free(put->id);
    *put = (struct put){ 0 };
}

static void keep_taken(struct lines *lines, const struct put *put,
                       const struct mr_json *reply)
{
    lines->sent++;
    if (!lines->wishes->wait)
        return;
    if (lines->taken_count == lines->taken_room) {
        lines->taken_room = lines->taken_room * 2 + 64;
        lines->taken = mr_realloc_array(lines->taken, lines->taken_room,
                                        sizeof(*lines->taken));
    }
    lines->taken[lines->taken_count++] = (struct ingest_taken){
        .line = put->line,
        .version = (uint64_t)mr_json_number(mr_json_get(reply, "version"), 0),
        .id = mr_strdup(put->id),
    };
}

/* The first line whose put has not ended. */
static uint64_t first_open(const struct lines *lines)
{
    uint64_t first = UINT64_MAX;

    for (size_t i = 0; i < AT_ONCE; i++) {
        if (lines->puts[i].used && lines->puts[i].line < first)
            first = lines->puts[i].line;
    }
    return first;
}

static void refused(struct lines *lines, const struct put *put,
                    const struct remote_reply *reply)
{
    char words[512];
    struct mr_span own = remote_words(reply);

    if (reply->status >= 400 && reply->status < 500) {
        (void)snprintf(words, sizeof(words), "%.*s", MR_SPAN_ARG(own));
        bad_line(lines, put->line, words);
        return;
    }
    /* Once is enough, of all that were under way. */
    if (lines->ended == CLI_OK) {
        ingest_bar_clear();
        remote_print(reply, lines->wishes->server, "/v1/documents");
        (void)fprintf(
            stderr,
            "millrace ingest: what comes from line %" PRIu64
            " on may not have been taken; giving all of it again does no "
            "harm\n",
            first_open(lines));
    }
    lines->ended = reply->exit_code;
}

/* Waits for one put to end; one that came too soon is tried again. */
static void step(struct lines *lines)
{
    struct remote_reply reply = remote_next(lines->remote);
    struct put *put = reply.tag;
    bool again = reply.status == TOO_MANY && lines->ended == CLI_OK;

    if (again)
        ingest_pause();
    else if (reply.exit_code == CLI_OK)
        keep_taken(lines, put, reply.json);
    else
        refused(lines, put, &reply);
    remote_free(&reply);
    if (!again || !begin(lines, put))
        end_put(lines, put);
}

static void write_body(const struct mr_json *json, struct mr_buf *body)
{
    static const char *const members[] = { "text",     "html", "title", "url",
                                           "metadata", "time", "owner", "acl" };
    struct mr_json_out out = mr_json_out(body);

    mr_json_object_begin(&out);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const struct mr_json *value = mr_json_get(json, members[i]);

        if (value == NULL)
            continue;
        mr_json_key(&out, members[i]);
        mr_json_put_value(&out, value);
    }
    mr_json_object_end(&out);
}

/* Puts the document, as soon as there is room for it. */
static void send(struct lines *lines, const char *id,
                 const struct mr_json *json)
{
    struct put put = { .used = true,
                       .line = lines->line,
                       .id = mr_strdup(id),
                       .body = mr_buf(2 * LINE_BYTES_MAX) };
    size_t nth = 0;

    write_body(json, &put.body);
    while (lines->ended == CLI_OK && lines->under_way > 0 &&
           (lines->under_way == AT_ONCE || is_under_way(lines, id) ||
            lines->bytes_under_way + put.body.size > BYTES_AT_ONCE))
        step(lines);
    while (nth < AT_ONCE && lines->puts[nth].used)
        nth++;
    MR_ASSERT(nth < AT_ONCE || lines->ended != CLI_OK);
    if (lines->ended != CLI_OK) {
        mr_buf_deinit(&put.body);
        mr_free(put.id);
        return;
    }
    lines->puts[nth] = put;
    lines->under_way++;
    lines->bytes_under_way += put.body.size;
    if (!begin(lines, &lines->puts[nth]))
        end_put(lines, &lines->puts[nth]);
}

/* The line's own id, or one made of its bytes. */
static const char *id_of(struct lines *lines, struct mr_span own,
                         struct mr_span line)
{
    char hex[33];

    if (own.data != NULL)
        return mr_arena_str(lines->arena, own);
    mr_hash128_hex(mr_hash128(line), hex);
    return mr_arena_printf(lines->arena, "stdin:%s", hex);
}

static void read_document(struct lines *lines, struct mr_span line,
                          const struct mr_json *json)
{
    struct line_document document;
    struct mr_raw raw = { 0 };
    struct mr_err err = { 0 };
    char words[160];

    if (line_read(json, lines->arena, &raw, &document, &err) != MR_OK) {
        bad_line(lines, lines->line, err.text);
        return;
    }
    if (document.unknown.data != NULL && !lines->told_unknown) {
        lines->told_unknown = true;
        (void)snprintf(words, sizeof(words),
                       "\"%.*s\" is not known here and is left out (told "
                       "once)",
                       document.unknown.size > 64 ? 64
                                                  : (int)document.unknown.size,
                       (const char *)document.unknown.data);
        tell(lines, lines->line, words);
    }
    send(lines, id_of(lines, document.id, line), json);
}

static void read_line(struct lines *lines, struct mr_span line)
{
    static const char bom[] = "\xEF\xBB\xBF";
    static const char place[] = "json: line 1, "; /* of the one we know */
    struct mr_err err = { 0 };
    size_t skip;
    struct mr_json *json;

    if (lines->line == 1 && mr_span_starts(line, mr_span_str(bom)))
        line = mr_span(line.data + 3, line.size - 3);
    while (line.size > 0 && (line.data[line.size - 1] == '\r' ||
                             line.data[line.size - 1] == ' '))
        line.size--;
    if (line.size == 0)
        return;
    if (mr_json_parse(line, &json, &err) != MR_OK) {
        skip = strncmp(err.text, place, sizeof(place) - 1) == 0
                   ? sizeof(place) - 1
                   : 0;
        bad_line(lines, lines->line, err.text + skip);
        return;
    }
    read_document(lines, line, json);
    mr_json_free(json);
    mr_arena_reset(lines->arena);
}

/* A line without its end, false when there is none left. */
static bool next_line(struct lines *lines, struct mr_buf *line)
{
    int byte = getc_unlocked(stdin);

    mr_buf_reset(line);
    if (byte == EOF)
        return false;
    lines->line++;
    while (byte != EOF && byte != '\n') {
        mr_buf_byte(line, (uint8_t)byte);
        lines->bytes_read++;
        byte = getc_unlocked(stdin);
    }
    lines->bytes_read++;
    return true;
}

static void draw(struct lines *lines)
{
    double total = lines->bytes_total;
    char words[160];
    int used = 0;

    if (total > 0)
        used = snprintf(words, sizeof(words), "%.1f of %.1f MB, ",
                        lines->bytes_read / 1e6, total / 1e6);
    (void)snprintf(words + used, sizeof(words) - (size_t)used,
                   "%" PRIu64 " lines sent%s", lines->sent,
                   ingest_pace_text(&lines->pace, lines->bytes_read / 1e6,
                                    total / 1e6, " MB"));
    ingest_bar("-", total > 0 ? lines->bytes_read / total : 0, words);
}

static void read_all(struct lines *lines)
{
    struct mr_buf line = mr_buf(LINE_BYTES_MAX);
    char words[64];

    while (lines->ended == CLI_OK && next_line(lines, &line)) {
        if (line.full) {
            (void)snprintf(words, sizeof(words), "it has more than %zu bytes",
                           LINE_BYTES_MAX);
            bad_line(lines, lines->line, words);
        } else {
            read_line(lines, mr_buf_bytes(&line));
        }
        if (lines->line % BAR_EVERY == 0)
            draw(lines);
    }
    while (lines->under_way > 0)
        step(lines);
    if (ferror_unlocked(stdin) != 0 && lines->ended == CLI_OK) {
        (void)fprintf(stderr, "millrace ingest: standard input: %m\n");
        lines->ended = CLI_FAILED;
    }
    ingest_bar_clear();
    mr_buf_deinit(&line);
}

static void put_states(struct mr_json_out *out,
                       const struct ingest_fates *fates)
{
    mr_json_key(out, "states");
    mr_json_object_begin(out);
    for (int i = 0; i < INGEST_STATES; i++) {
        mr_json_key(out, ingest_state_names[i]);
        mr_json_put_u64(out, fates->states[i]);
    }
    mr_json_object_end(out);
}

static void put_json(struct lines *lines, const struct ingest_fates *fates,
                     struct mr_json_out *out)
{
    mr_json_key(out, "lines");
    mr_json_put_u64(out, lines->line);
    mr_json_key(out, "sent");
    mr_json_put_u64(out, lines->sent);
    mr_json_key(out, "failed");
    mr_json_put_u64(out, lines->failed);
    if (lines->wishes->wait)
        put_states(out, fates);
    mr_json_key(out, "problem_count");
    mr_json_put_u64(out, lines->problem_count);
    mr_json_key(out, "problems");
    mr_json_array_begin(out);
    mr_buf_span(out->buf, mr_buf_bytes(&lines->problems_buf));
    mr_json_array_end(out);
}

static void print(const struct lines *lines, const struct ingest_fates *fates)
{
    (void)printf("-: %" PRIu64 " lines, %" PRIu64 " sent, %" PRIu64 " failed",
                 lines->line, lines->sent, lines->failed);
    for (int i = 0; lines->wishes->wait && i < INGEST_STATES; i++)
        (void)printf("%s %" PRIu64 " %s", i == 0 ? ";" : ",", fates->states[i],
                     ingest_state_names[i]);
    (void)printf("\n");
}

int ingest_lines(const struct ingest_wishes *wishes, struct mr_json_out *out)
{
    struct lines lines = {
        .wishes = wishes,
        .remote = remote_open(wishes->server, AT_ONCE),
        .arena = mr_arena_new(),
        .problems_buf = mr_buf((size_t)4 << 20),
    };
    struct ingest_fates fates = { .problem = tell, .context = &lines };
    struct stat about;
    int code;

    lines.problems = mr_json_out(&lines.problems_buf);
    if (fstat(STDIN_FILENO, &about) == 0 && S_ISREG(about.st_mode))
        lines.bytes_total = (double)about.st_size;
    ingest_on_interrupt(INGEST_NOT_ALL_SENT);
    read_all(&lines);
    ingest_on_interrupt(INGEST_GOES_ON);
    code = lines.ended;
    if (code == CLI_OK && wishes->wait)
        code = ingest_fates(wishes, lines.taken, lines.taken_count, &fates);
    if (code == CLI_OK && (lines.failed > 0 || fates.failed > 0))
        code = CLI_FAILED;
    if (wishes->json)
        put_json(&lines, &fates, out);
    else
        print(&lines, &fates);
    for (size_t i = 0; i < lines.taken_count; i++)
        mr_free(lines.taken[i].id);
    mr_free(lines.taken);
    mr_buf_deinit(&lines.problems_buf);
    mr_arena_free(lines.arena);
    remote_close(lines.remote);
    return code;
}
