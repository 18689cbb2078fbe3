// SPDX-License-Identifier: Apache-2.0
/*
 * bench_crawl.c - how fast a site on loopback is fetched and stored.
 *
 *   bench_crawl [PAGES] [KIB_A_PAGE] [FOLDER]
 *
 * A server in this process makes the pages, each with words and links to ten
 * others; the crawl is a source's as it is in the daemon, politeness off but
 * for two connections, on the embedded bus.  Then the site is crawled again,
 * where every page is unchanged.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/backends/blob_folder/mr_blob_folder.h"
#include "common/backends/rocksdb/mr_rocksdb.h"
#include "common/backends/system/mr_system_clock.h"
#include "common/base/mr_assert.h"
#include "common/http/client.h"
#include "common/http/server.h"
#include "ingestor/source/config.h"
#include "ingestor/web/io/crawl.h"
#include "tests/bench/bench_folder.h"

static char folder[256];
static unsigned page_count;
static unsigned page_bytes;
static struct mr_buf filler;
static struct mr_place place;

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Words, made once: the site should not be what is measured. */
static void make_filler(void)
{
    uint64_t word = 1;

    filler = mr_buf(2 * (size_t)page_bytes + 100);
    while (filler.size < 2 * (size_t)page_bytes) {
        word = mr_mix64(word + 1);
        mr_buf_printf(&filler, word % 16 == 0 ? "<p>%06x " : "%06x ",
                      (unsigned)(word >> 40) & 0xFFFFFF);
    }
}

/* Page n links to pages 10 n + 1 to 10 n + 10. */
static void serve(struct mr_http_call *call, struct mr_http_reply *reply)
{
    unsigned number = 0;

    if (call->arg_count > 0 && sscanf(mr_arena_str(call->arena, call->args[0]),
                                      "p%u.html", &number) != 1) {
        mr_http_reply_error(reply, 404, "none", "none");
        return;
    }
    reply->content_type = "text/html";
    mr_http_reply_header(reply, "ETag", "\"%u\"", number);
    if (mr_http_call_header(call, "If-None-Match").data != NULL) {
        reply->status = 304;
        return;
    }
    mr_buf_printf(&reply->body, "<!DOCTYPE html><title>Page %u</title><ul>",
                  number);
    for (unsigned i = 1; i <= 10; i++) {
        if (10 * number + i < page_count)
            mr_buf_printf(&reply->body, "<li><a href=\"/p%u.html\">%u</a>",
                          10 * number + i, i);
    }
    mr_buf_str(&reply->body, "</ul>");
    MR_ASSERT(filler.size >= 2 * (size_t)page_bytes);
    mr_buf_append(&reply->body, filler.data + mr_mix64(number) % page_bytes,
                  page_bytes);
}

static const struct mr_http_route routes[] = {
    { "GET", "/", MR_SCOPE_OPEN, serve },
    { "GET", "/{page}", MR_SCOPE_OPEN, serve },
};

static void crawl(const struct source_config *config, const char *what)
{
    const struct ingestor_spec ingestor = { .place = &place };
    const struct mr_http_client_spec client = { .user_agent = "bench" };
    struct progress *progress = progress_new("bench", NULL);
    atomic_bool stop = false;
    struct crawl_spec spec = {
        .ingestor = &ingestor,
        .config = config,
        .user_agent = "bench",
        .http = mr_http_client_new(&client),
        .progress = progress,
        .stop = &stop,
        .everything = true,
    };
    struct mr_err err = { 0 };
    enum progress_outcome outcome;
    int64_t next_ms;
    double from = now_s();
    double took;

    if (crawl_run(&spec, &outcome, &next_ms, &err) != MR_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
        exit(EXIT_FAILURE);
    }
    took = now_s() - from;
    printf("%-12s %llu fetched, %llu sent, %llu unchanged, %llu failed in "
           "%.2f s: %.0f pages/s\n",
           what, (unsigned long long)progress_get(progress, PROGRESS_FETCHED),
           (unsigned long long)progress_get(progress, PROGRESS_SENT),
           (unsigned long long)progress_get(progress, PROGRESS_UNCHANGED),
           (unsigned long long)progress_get(progress, PROGRESS_FAILED), took,
           (double)progress_get(progress, PROGRESS_FETCHED) / took);
    mr_http_client_free(spec.http);
    progress_free(progress);
}

int main(int argc, char **argv)
{
    struct mr_http_server_spec server_spec = {
        .listen = "127.0.0.1:0",
        .tables = { { .routes = routes, .count = 2 } },
        .table_count = 1,
        .body_bytes_max = 1000,
        .connections_max = 64,
    };
    struct source_config config = source_config_default(SOURCE_WEB);
    struct mr_place_spec spec = {
        .collection = "main", .generation = 1, .model = "m", .partitions = 4
    };
    struct mr_rocksdb *db;
    struct mr_blob_folder *blobs;
    struct mr_system_clock *clock;
    struct mr_http_server *server;
    char path[300];
    char url[100];

    page_count = argc > 1 ? (unsigned)atoi(argv[1]) : 5000;
    page_bytes = 1024 * (argc > 2 ? (unsigned)atoi(argv[2]) : 20);
    make_filler();
    (void)snprintf(folder, sizeof(folder), "%s/bench-crawl-XXXXXX",
                   argc > 3 ? argv[3] : "/tmp");
    MR_ASSERT(mkdtemp(folder) != NULL);
    MR_ASSERT(mr_system_clock_open(&clock, NULL) == MR_OK);
    (void)snprintf(path, sizeof(path), "%s/log", folder);
    MR_ASSERT(mr_rocksdb_open(&(struct mr_rocksdb_spec){ .path = path }, &db,
                              NULL) == MR_OK);
    (void)snprintf(path, sizeof(path), "%s/blobs", folder);
    MR_ASSERT(mr_blob_folder_open(path, &blobs, NULL) == MR_OK);
    spec.bus = mr_rocksdb_bus(db);
    spec.store = mr_rocksdb_store(db);
    spec.blob = mr_blob_folder_port(blobs);
    spec.clock = mr_system_clock_port(clock);
    MR_ASSERT(mr_place_init(&place, &spec, NULL) == MR_OK);
    MR_ASSERT(mr_http_server_start(&server_spec, &server, NULL) == MR_OK);
    (void)snprintf(url, sizeof(url), "http://%s/",
                   mr_http_server_address(server));
    config.name = "bench";
    config.url = url;
    config.allow_private = true;
    config.max_pages = page_count;
    printf("%u pages of %u KiB, two connections\n", page_count,
           page_bytes / 1024);
    crawl(&config, "first");
    crawl(&config, "unchanged");
    mr_http_server_stop(server);
    mr_blob_folder_close(blobs);
    mr_rocksdb_close(db);
    mr_system_clock_close(clock);
    mr_buf_deinit(&filler);
    bench_folder_remove(folder);
    return EXIT_SUCCESS;
}
