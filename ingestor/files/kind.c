// SPDX-License-Identifier: Apache-2.0
/*
 * kind.c - see kind.h.
 */
#include "ingestor/files/kind.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_buf.h"
#include "common/text/utf8.h"
#include "common/wire/types.h"

/* `ending` is in lower case. */
static bool ends(struct mr_span path, const char *ending)
{
    size_t size = strlen(ending);

    if (path.size <= size)
        return false;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = path.data[path.size - size + i];

        if ((byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte) != ending[i])
            return false;
    }
    return true;
}

enum file_kind file_kind_of(struct mr_span path)
{
    static const struct {
        const char *ending;
        enum file_kind kind;
    } known[] = {
        { ".html", FILE_HTML },         { ".htm", FILE_HTML },
        { ".xhtml", FILE_HTML },        { ".md", FILE_MARKDOWN },
        { ".markdown", FILE_MARKDOWN }, { ".txt", FILE_TEXT },
        { ".text", FILE_TEXT },         { ".jsonl", FILE_JSONL },
        { ".ndjson", FILE_JSONL },
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (ends(path, known[i].ending))
            return known[i].kind;
    }
    return FILE_OTHER;
}

const char *file_kind_content(enum file_kind kind)
{
    switch (kind) {
    case FILE_HTML:
        return "text/html";
    case FILE_MARKDOWN:
        return "text/markdown";
    case FILE_TEXT:
        return "text/plain";
    case FILE_OTHER:
    case FILE_JSONL:
        break;
    }
    MR_UNREACHABLE();
}

bool file_is_hidden(struct mr_span path)
{
    for (size_t i = 0; i < path.size; i++) {
        if (path.data[i] == '.' && (i == 0 || path.data[i - 1] == '/'))
            return true;
    }
    return false;
}

enum mr_code file_id(const char *source, struct mr_span path, uint64_t line,
                     struct mr_arena *arena, struct mr_span *out,
                     struct mr_err *err)
{
    struct mr_buf id = mr_buf(8192);
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < path.size; i++) {
        if (path.data[i] < 0x20 || path.data[i] == 0x7F)
            return mr_fail(err, MR_E_INVALID,
                           "its name has a control character");
    }
    if (!mr_utf8_valid(path))
        return mr_fail(err, MR_E_INVALID, "its name is no UTF-8");
    mr_buf_printf(&id, "%s:", source);
    mr_buf_span(&id, path);
    if (line > 0)
        mr_buf_printf(&id, "#%llu", (unsigned long long)line);
    if (id.full || id.size > MR_ID_BYTES_MAX)
        code = mr_fail(err, MR_E_INVALID,
                       "its path makes an id of %zu bytes, at most %u", id.size,
                       MR_ID_BYTES_MAX);
    else
        *out = mr_arena_copy(arena, mr_buf_bytes(&id));
    mr_buf_deinit(&id);
    return code;
}
