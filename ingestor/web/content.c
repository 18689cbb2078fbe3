// SPDX-License-Identifier: Apache-2.0
/*
 * content.c - see content.h.
 */
#include "ingestor/web/content.h"

#include "common/base/mr_assert.h"

#define SNIFF_BYTES 512u

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

/* `word` is in lower case. */
static bool begins(struct mr_span text, const char *word)
{
    size_t size = strlen(word);

    if (text.size < size)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (lower(text.data[i]) != (uint8_t)word[i])
            return false;
    }
    return true;
}

static bool is(struct mr_span text, const char *word)
{
    return text.size == strlen(word) && begins(text, word);
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static struct mr_span trim(struct mr_span text, bool quotes)
{
    while (text.size > 0 &&
           (is_space(text.data[0]) ||
            (quotes && (text.data[0] == '"' || text.data[0] == '\''))))
        text = mr_span(text.data + 1, text.size - 1);
    while (text.size > 0 && (is_space(text.data[text.size - 1]) ||
                             (quotes && (text.data[text.size - 1] == '"' ||
                                         text.data[text.size - 1] == '\''))))
        text.size--;
    return text;
}

static enum content_kind kind_of(struct mr_span type)
{
    if (is(type, "text/html") || is(type, "application/xhtml+xml"))
        return CONTENT_HTML;
    if (is(type, "text/plain"))
        return CONTENT_TEXT;
    if (is(type, "text/markdown") || is(type, "text/x-markdown"))
        return CONTENT_MARKDOWN;
    return CONTENT_OTHER;
}

/* A body without a type is a page if it begins like one. */
static enum content_kind sniff(struct mr_span body)
{
    if (body.size > SNIFF_BYTES)
        body.size = SNIFF_BYTES;
    if (mr_span_starts(body, mr_span_str("\xEF\xBB\xBF")))
        body = mr_span(body.data + 3, body.size - 3);
    body = trim(body, false);
    if (begins(body, "<!doctype html") || begins(body, "<html") ||
        begins(body, "<head") || begins(body, "<body") || begins(body, "<!--"))
        return CONTENT_HTML;
    return CONTENT_OTHER;
}

struct content content_of(const char *header, struct mr_span body)
{
    struct content out = { .kind = CONTENT_OTHER };
    struct mr_span rest = mr_span_str(header);
    bool first = true;

    if (header == NULL || trim(rest, false).size == 0) {
        out.kind = sniff(body);
        return out;
    }
    while (rest.size > 0) {
        const uint8_t *end = memchr(rest.data, ';', rest.size);
        size_t size = end == NULL ? rest.size : (size_t)(end - rest.data);
        struct mr_span part = trim(mr_span(rest.data, size), false);

        rest = mr_span(rest.data + size, rest.size - size);
        if (rest.size > 0)
            rest = mr_span(rest.data + 1, rest.size - 1);
        if (first)
            out.type = part;
        else if (out.charset.data == NULL && begins(part, "charset="))
            out.charset = trim(mr_span(part.data + 8, part.size - 8), true);
        first = false;
    }
    out.kind = kind_of(out.type);
    return out;
}

const char *content_name(enum content_kind kind)
{
    switch (kind) {
    case CONTENT_HTML:
        return "text/html";
    case CONTENT_TEXT:
        return "text/plain";
    case CONTENT_MARKDOWN:
        return "text/markdown";
    case CONTENT_OTHER:
        break;
    }
    MR_UNREACHABLE();
}

bool content_is_foreign_path(struct mr_span path)
{
    static const char *const endings[] = {
        "7z",   "aac",  "apk",  "atom", "avi",  "avif", "bin",   "bmp",  "bz2",
        "css",  "csv",  "deb",  "dmg",  "doc",  "docx", "eot",   "epub", "exe",
        "flac", "flv",  "gif",  "gz",   "ico",  "iso",  "jar",   "jpeg", "jpg",
        "js",   "json", "m4a",  "m4v",  "map",  "mjs",  "mkv",   "mov",  "mp3",
        "mp4",  "mpeg", "mpg",  "msi",  "odp",  "ods",  "odt",   "ogg",  "ogv",
        "otf",  "pdf",  "png",  "ppt",  "pptx", "ps",   "psd",   "rar",  "rpm",
        "rss",  "rtf",  "svg",  "swf",  "tar",  "tgz",  "tif",   "tiff", "ttf",
        "wasm", "wav",  "webm", "webp", "wmv",  "woff", "woff2", "xls",  "xlsx",
        "xml",  "xz",   "zip",  "zst",
    };
    size_t dot = path.size;

    while (dot > 0 && path.data[dot - 1] != '.' && path.data[dot - 1] != '/')
        dot--;
    if (dot == 0 || path.data[dot - 1] != '.')
        return false;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (is(mr_span(path.data + dot, path.size - dot), endings[i]))
            return true;
    }
    return false;
}
