// SPDX-License-Identifier: Apache-2.0
/*
 * tiny_model.h - model folders that are wrong in one way each.
 *
 * A tiny model gives the sum of a text's ids times `dimension` ones: the right
 * shape for dimension 384, never of length 1.
 */
#ifndef TESTS_UNIT_EMBEDDER_TINY_MODEL_H
#define TESTS_UNIT_EMBEDDER_TINY_MODEL_H

#include <check.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The input's name, and the dimension three times. */
#define TINY_IR                                                             \
    "<?xml version=\"1.0\"?>\n<net name=\"tiny\" version=\"11\"><layers>"   \
    "<layer id=\"0\" name=\"a\" type=\"Parameter\" version=\"opset1\">"     \
    "<data shape=\"?,?\" element_type=\"i64\"/><output>"                    \
    "<port id=\"0\" precision=\"I64\" names=\"%s\">"                        \
    "<dim>-1</dim><dim>-1</dim></port></output></layer>"                    \
    "<layer id=\"1\" name=\"b\" type=\"Parameter\" version=\"opset1\">"     \
    "<data shape=\"?,?\" element_type=\"i64\"/><output>"                    \
    "<port id=\"0\" precision=\"I64\" names=\"attention_mask\">"            \
    "<dim>-1</dim><dim>-1</dim></port></output></layer>"                    \
    "<layer id=\"2\" name=\"c\" type=\"Multiply\" version=\"opset1\">"      \
    "<data auto_broadcast=\"numpy\"/><input>"                               \
    "<port id=\"0\" precision=\"I64\"><dim>-1</dim><dim>-1</dim></port>"    \
    "<port id=\"1\" precision=\"I64\"><dim>-1</dim><dim>-1</dim></port>"    \
    "</input><output><port id=\"2\" precision=\"I64\">"                     \
    "<dim>-1</dim><dim>-1</dim></port></output></layer>"                    \
    "<layer id=\"3\" name=\"d\" type=\"Convert\" version=\"opset1\">"       \
    "<data destination_type=\"f32\"/><input>"                               \
    "<port id=\"0\" precision=\"I64\"><dim>-1</dim><dim>-1</dim></port>"    \
    "</input><output><port id=\"1\" precision=\"FP32\">"                    \
    "<dim>-1</dim><dim>-1</dim></port></output></layer>"                    \
    "<layer id=\"4\" name=\"e\" type=\"Const\" version=\"opset1\">"         \
    "<data element_type=\"i64\" shape=\"1\" offset=\"0\" size=\"8\"/>"      \
    "<output><port id=\"0\" precision=\"I64\"><dim>1</dim></port></output>" \
    "</layer>"                                                              \
    "<layer id=\"5\" name=\"f\" type=\"ReduceSum\" version=\"opset1\">"     \
    "<data keep_dims=\"true\"/><input>"                                     \
    "<port id=\"0\" precision=\"FP32\"><dim>-1</dim><dim>-1</dim></port>"   \
    "<port id=\"1\" precision=\"I64\"><dim>1</dim></port></input>"          \
    "<output><port id=\"2\" precision=\"FP32\">"                            \
    "<dim>-1</dim><dim>1</dim></port></output></layer>"                     \
    "<layer id=\"6\" name=\"g\" type=\"Const\" version=\"opset1\">"         \
    "<data element_type=\"f32\" shape=\"1,%u\" offset=\"8\" size=\"%u\"/>"  \
    "<output><port id=\"0\" precision=\"FP32\"><dim>1</dim><dim>%u</dim>"   \
    "</port></output></layer>"                                              \
    "<layer id=\"7\" name=\"h\" type=\"Multiply\" version=\"opset1\">"      \
    "<data auto_broadcast=\"numpy\"/><input>"                               \
    "<port id=\"0\" precision=\"FP32\"><dim>-1</dim><dim>1</dim></port>"    \
    "<port id=\"1\" precision=\"FP32\"><dim>1</dim><dim>%u</dim></port>"    \
    "</input><output><port id=\"2\" precision=\"FP32\">"                    \
    "<dim>-1</dim><dim>%u</dim></port></output></layer>"                    \
    "<layer id=\"8\" name=\"i\" type=\"Result\" version=\"opset1\"><input>" \
    "<port id=\"0\" precision=\"FP32\"><dim>-1</dim><dim>%u</dim></port>"   \
    "</input></layer></layers><edges>"                                      \
    "<edge from-layer=\"0\" from-port=\"0\" to-layer=\"2\" to-port=\"0\"/>" \
    "<edge from-layer=\"1\" from-port=\"0\" to-layer=\"2\" to-port=\"1\"/>" \
    "<edge from-layer=\"2\" from-port=\"2\" to-layer=\"3\" to-port=\"0\"/>" \
    "<edge from-layer=\"3\" from-port=\"1\" to-layer=\"5\" to-port=\"0\"/>" \
    "<edge from-layer=\"4\" from-port=\"0\" to-layer=\"5\" to-port=\"1\"/>" \
    "<edge from-layer=\"5\" from-port=\"2\" to-layer=\"7\" to-port=\"0\"/>" \
    "<edge from-layer=\"6\" from-port=\"0\" to-layer=\"7\" to-port=\"1\"/>" \
    "<edge from-layer=\"7\" from-port=\"2\" to-layer=\"8\" to-port=\"0\"/>" \
    "</edges></net>\n"

static inline FILE *tiny_create(const char *folder, const char *name)
{
    char path[512];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    return file;
}

static inline void tiny_write_model(const char *folder, const char *input,
                                    unsigned dimension)
{
    FILE *xml = tiny_create(folder, "model.xml");
    FILE *bin = tiny_create(folder, "model.bin");
    const int64_t axis = 1;
    const float one = 1;

    (void)fprintf(xml, TINY_IR, input, dimension, 4 * dimension, dimension,
                  dimension, dimension, dimension);
    ck_assert_int_eq(fclose(xml), 0);
    (void)fwrite(&axis, sizeof(axis), 1, bin);
    for (unsigned i = 0; i < dimension; i++)
        (void)fwrite(&one, sizeof(one), 1, bin);
    ck_assert_int_eq(fclose(bin), 0);
}

/* A vocabulary of `lines` lines, at least 5. */
static inline void tiny_write_vocabulary(const char *folder, unsigned lines)
{
    FILE *file = tiny_create(folder, "vocab.txt");

    (void)fprintf(file, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n");
    for (unsigned i = 5; i < lines; i++)
        (void)fprintf(file, "w%u\n", i);
    ck_assert_int_eq(fclose(file), 0);
}

static inline int tiny_remove_one(const char *path, const struct stat *status,
                                  int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

/* Removes what tiny_folder() made, with all in it. */
static inline void tiny_remove(char *folder)
{
    (void)nftw(folder, tiny_remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

/* A new folder; removed by tiny_remove(). */
static inline char *tiny_folder(void)
{
    const char *root = getenv("TMPDIR");
    char *path;

    ck_assert_int_gt(asprintf(&path, "%s/millrace-model-XXXXXX",
                              root == NULL ? "/tmp" : root),
                     0);
    ck_assert_ptr_nonnull(mkdtemp(path));
    return path;
}

#endif
