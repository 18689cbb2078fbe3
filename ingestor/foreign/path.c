// SPDX-License-Identifier: Apache-2.0
/*
 * path.c - see path.h.
 */
#include "ingestor/foreign/path.h"

#include <stdlib.h>
#include <string.h>

void foreign_tree_free(struct foreign_tree *tree)
{
    mr_json_free(tree->root);
    mr_json_free(tree->data);
    *tree = (struct foreign_tree){ 0 };
}

static enum mr_code no_path(const char *what, const char *text, const char *why,
                            struct mr_err *err)
{
    return mr_fail(err, MR_E_INVALID,
                   "\"%s\" is \"%.200s\": %s; paths are such as $key, "
                   "$header.NAME, $.meta.ids[0] and /meta/ids/0",
                   what, text, why);
}

/* Adds the step; false: it is empty, or one too many. */
static bool add_step(struct foreign_path *path, struct mr_span step,
                     struct mr_arena *arena)
{
    if (path->step_count == FOREIGN_STEPS_MAX || step.size == 0)
        return false;
    path->steps[path->step_count++] = mr_arena_str(arena, step);
    return true;
}

/* "~1" is "/" and "~0" is "~". */
static struct mr_span unescape(struct mr_span step, struct mr_arena *arena)
{
    uint8_t *out = mr_arena_alloc(arena, step.size + 1);
    size_t size = 0;

    for (size_t i = 0; i < step.size; i++) {
        bool escaped = step.data[i] == '~' && i + 1 < step.size;

        if (escaped)
            i++;
        out[size++] = !escaped ? step.data[i] : step.data[i] == '1' ? '/' : '~';
    }
    return mr_span(out, size);
}

static bool split_pointer(struct foreign_path *path, const char *at,
                          struct mr_arena *arena)
{
    while (*at == '/') {
        size_t size = strcspn(++at, "/");

        if (!add_step(path, unescape(mr_span(at, size), arena), arena))
            return false;
        at += size;
    }
    return *at == '\0';
}

/* "a.b[0].c", the first dot already gone. */
static bool split_dotted(struct foreign_path *path, const char *at,
                         struct mr_arena *arena)
{
    bool more = true;

    while (more) {
        size_t size = strcspn(at, ".[");

        if (!add_step(path, mr_span(at, size), arena))
            return false;
        at += size;
        while (*at == '[') {
            size = strcspn(++at, "]");
            if (at[size] != ']' || strspn(at, "0123456789") != size ||
                !add_step(path, mr_span(at, size), arena))
                return false;
            at += size + 1;
        }
        more = *at == '.';
        at += more;
    }
    return *at == '\0';
}

enum mr_code foreign_path_parse(const char *what, const char *text,
                                struct mr_arena *arena,
                                struct foreign_path *out, struct mr_err *err)
{
    bool good;

    *out = (struct foreign_path){
        .text = text,
        .origin = FOREIGN_VALUE,
        .steps = mr_arena_calloc(arena, FOREIGN_STEPS_MAX, sizeof(char *)),
    };
    if (strcmp(text, "$key") == 0) {
        out->origin = FOREIGN_KEY;
        return MR_OK;
    }
    if (strncmp(text, "$header.", 8) == 0 && text[8] != '\0') {
        out->origin = FOREIGN_HEADER;
        out->header = text + 8;
        return MR_OK;
    }
    if (strcmp(text, "$") == 0)
        return MR_OK;
    if (text[0] == '$' && text[1] != '.' && text[1] != '[')
        return no_path(what, text, "there is no such variable", err);
    if (text[0] == '/')
        good = split_pointer(out, text, arena);
    else
        good = split_dotted(out, strncmp(text, "$.", 2) == 0 ? text + 2 : text,
                            arena);
    return good ? MR_OK
                : no_path(what, text,
                          "a step is empty or broken, or there "
                          "are more than 32",
                          err);
}

static const struct mr_json *step_into(const struct mr_json *value,
                                       const char *step)
{
    char *end;
    unsigned long nth;

    if (mr_json_kind(value) == MR_JSON_OBJECT)
        return mr_json_get(value, step);
    if (mr_json_kind(value) != MR_JSON_ARRAY || strlen(step) > 9)
        return NULL;
    nth = strtoul(step, &end, 10);
    if (*end != '\0' || step[0] < '0' || step[0] > '9' ||
        nth >= mr_json_size(value))
        return NULL;
    return mr_json_at(value, nth);
}

const struct mr_json *foreign_path_find(const struct foreign_path *path,
                                        const struct foreign_tree *tree)
{
    const struct mr_json *value = tree->root;

    for (size_t i = 0; i < path->step_count && value != NULL; i++) {
        if (i == 0 && tree->data != NULL && strcmp(path->steps[0], "data") == 0)
            value = tree->data;
        else
            value = step_into(value, path->steps[i]);
    }
    return value;
}
