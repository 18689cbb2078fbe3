// SPDX-License-Identifier: Apache-2.0
/*
 * test_v1.c - bytes of major version 1 mean what they meant.
 *
 * `compat_v1 write FOLDER` writes the bytes of today instead: it was run once.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mr_buf.h"
#include "tests/compat/v1/expected.h"
#include "tests/unit/common_wire/compare.h"

#define DIGITS_A_LINE 64u

static void open_path(const char *name, char path[4096])
{
    const char *root = getenv("MILLRACE_SOURCE_DIR");

    (void)snprintf(path, 4096, "%s/tests/compat/v1/%s.hex",
                   root == NULL ? "." : root, name);
}

/* Digits of a file by twos, but for lines that begin with '#'. */
static void read_hex(FILE *file, struct mr_buf *out)
{
    char line[256];
    unsigned byte;

    while (fgets(line, sizeof(line), file) != NULL) {
        if (line[0] == '#')
            continue;
        for (const char *at = line; sscanf(at, "%2x", &byte) == 1; at += 2)
            mr_buf_byte(out, (uint8_t)byte);
    }
}

START_TEST(the_frozen_bytes_parse_to_what_they_meant)
{
    const struct sample *sample = &v1_all[_i];
    struct mr_arena *arena = mr_arena_new();
    struct mr_buf bytes = mr_buf(1 << 20);
    union any expected = { 0 };
    union any parsed;
    struct mr_err err;
    char path[4096];
    FILE *file;

    open_path(sample->name, path);
    file = fopen(path, "r");
    ck_assert_msg(file != NULL, "no %s", path);
    read_hex(file, &bytes);
    (void)fclose(file);
    ck_assert_msg(sample->parse(mr_buf_bytes(&bytes), arena, &parsed, &err) ==
                      MR_OK,
                  "%s: %s", sample->name, err.text);
    sample->fill(&expected);
    same_any(sample->name, &parsed, &expected);
    mr_buf_deinit(&bytes);
    mr_arena_free(arena);
}
END_TEST

static int write_hex(const struct sample *sample, const char *folder)
{
    struct mr_arena *arena = mr_arena_new();
    union any any = { 0 };
    struct mr_span bytes = { 0 };
    struct mr_err err;
    FILE *file;

    sample->fill(&any);
    if (sample->encode(&any, arena, &bytes, &err) != MR_OK) {
        (void)fprintf(stderr, "%s: %s\n", sample->name, err.text);
        return EXIT_FAILURE;
    }
    file =
        fopen(mr_arena_printf(arena, "%s/%s.hex", folder, sample->name), "wx");
    if (file == NULL) {
        perror(sample->name);
        return EXIT_FAILURE;
    }
    (void)fprintf(file, "# %s, major version %u\n", sample->name,
                  MR_WIRE_MAJOR);
    for (size_t i = 0; i < bytes.size; i++)
        (void)fprintf(file, "%02x%s", bytes.data[i],
                      (i + 1) % (DIGITS_A_LINE / 2) == 0 || i + 1 == bytes.size
                          ? "\n"
                          : "");
    (void)fclose(file);
    mr_arena_free(arena);
    return EXIT_SUCCESS;
}

static int write_all(const char *folder)
{
    int worst = EXIT_SUCCESS;

    for (size_t i = 0; i < V1_COUNT; i++)
        worst |= write_hex(&v1_all[i], folder);
    return worst;
}

int main(int argc, char **argv)
{
    Suite *suite;
    TCase *tests;
    SRunner *runner;
    int failed;

    if (argc == 3 && strcmp(argv[1], "write") == 0)
        return write_all(argv[2]);
    suite = suite_create("compat.v1");
    tests = tcase_create("all");
    runner = srunner_create(suite);
    tcase_add_loop_test(tests, the_frozen_bytes_parse_to_what_they_meant, 0,
                        V1_COUNT);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
