// SPDX-License-Identifier: Apache-2.0
/*
 * url.c - see url.h.
 */
#include "common/text/url.h"

#include <lexbor/url/url.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"
#include "common/text/utf8.h"

/* Every byte of a text may become "%XX". */
#define CANONICAL_MAX ((size_t)3 * MR_URL_TEXT_MAX + 64)

struct mr_url_parser {
    lxb_url_parser_t *lexbor;
    lexbor_mraw_t *scratch;   /* of the URL that is parsed */
    lexbor_mraw_t *base_mraw; /* of `base` */
    lxb_url_t *base;          /* the last one used, NULL for none */
    struct mr_buf base_text;  /* what `base` was parsed from */
    struct mr_buf clean;      /* the input as UTF-8 */
    struct mr_buf out;
};

static lexbor_mraw_t *mraw_new(void)
{
    lexbor_mraw_t *mraw = lexbor_mraw_create();

    MR_ASSERT(lexbor_mraw_init(mraw, 4096) == LXB_STATUS_OK);
    return mraw;
}

struct mr_url_parser *mr_url_parser_new(void)
{
    struct mr_url_parser *parser = mr_calloc(1, sizeof(*parser));

    parser->scratch = mraw_new();
    parser->base_mraw = mraw_new();
    parser->lexbor = lxb_url_parser_create();
    MR_ASSERT(lxb_url_parser_init(parser->lexbor, parser->scratch) ==
              LXB_STATUS_OK);
    parser->base_text = mr_buf(MR_URL_TEXT_MAX);
    parser->clean = mr_buf(CANONICAL_MAX);
    parser->out = mr_buf(CANONICAL_MAX);
    return parser;
}

void mr_url_parser_free(struct mr_url_parser *parser)
{
    if (parser == NULL)
        return;
    (void)lxb_url_parser_destroy(parser->lexbor, true);
    (void)lexbor_mraw_destroy(parser->scratch, true);
    (void)lexbor_mraw_destroy(parser->base_mraw, true);
    mr_buf_deinit(&parser->base_text);
    mr_buf_deinit(&parser->clean);
    mr_buf_deinit(&parser->out);
    mr_free(parser);
}

/* lexbor wants UTF-8. */
static struct mr_span as_utf8(struct mr_url_parser *parser, struct mr_span text)
{
    size_t at = 0;

    if (mr_utf8_valid(text))
        return text;
    mr_buf_reset(&parser->clean);
    while (at < text.size) {
        uint8_t bytes[MR_UTF8_BYTES_MAX];
        uint32_t point = mr_utf8_next(text.data, text.size, &at);

        mr_buf_append(&parser->clean, bytes, mr_utf8_encode(point, bytes));
    }
    return mr_buf_bytes(&parser->clean);
}

static lxb_url_t *parse_into(struct mr_url_parser *parser, lexbor_mraw_t *mraw,
                             const lxb_url_t *base, struct mr_span text)
{
    lexbor_mraw_clean(mraw);
    lxb_url_parser_clean(parser->lexbor);
    lxb_url_mraw_set(parser->lexbor, mraw);
    return lxb_url_parse(parser->lexbor, base, text.data, text.size);
}

/* Links of one page share their base, so the last one is kept. */
static enum mr_code use_base(struct mr_url_parser *parser, struct mr_span base,
                             struct mr_err *err)
{
    if (base.size > MR_URL_TEXT_MAX)
        return mr_fail(err, MR_E_LIMIT,
                       "url: the base has %zu bytes, at "
                       "most %u",
                       base.size, MR_URL_TEXT_MAX);
    if (parser->base != NULL &&
        mr_span_equal(base, mr_buf_bytes(&parser->base_text)))
        return MR_OK;
    mr_buf_reset(&parser->base_text);
    mr_buf_span(&parser->base_text, base);
    parser->base =
        parse_into(parser, parser->base_mraw, NULL, as_utf8(parser, base));
    if (parser->base == NULL)
        return mr_fail(err, MR_E_INVALID, "url: the base \"%.*s\" is no URL",
                       MR_SPAN_ARG(base));
    return MR_OK;
}

static int hex_of(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static bool is_unreserved(int byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' ||
           byte == '_' || byte == '~';
}

/* A "%" that begins nothing is written as "%25", which servers read as the
 * same; left alone it could begin something once its neighbour is decoded. */
static void put_normal(struct mr_buf *out, const lxb_char_t *data, size_t size)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < size; i++) {
        int high = data[i] == '%' && size - i > 2 ? hex_of(data[i + 1]) : -1;
        int low = high >= 0 ? hex_of(data[i + 2]) : -1;

        if (data[i] != '%') {
            mr_buf_byte(out, data[i]);
            continue;
        }
        if (low < 0) {
            mr_buf_str(out, "%25");
            continue;
        }
        i += 2;
        if (is_unreserved(high * 16 + low)) {
            mr_buf_byte(out, (uint8_t)(high * 16 + low));
            continue;
        }
        mr_buf_byte(out, '%');
        mr_buf_byte(out, (uint8_t)digits[high]);
        mr_buf_byte(out, (uint8_t)digits[low]);
    }
}

static lxb_status_t append(const lxb_char_t *data, size_t size, void *context)
{
    mr_buf_append(context, data, size);
    return LXB_STATUS_OK;
}

/* lexbor 3.1 leaves capitals that came percent-encoded. */
static void lower(uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] >= 'A' && data[i] <= 'Z')
            data[i] |= 0x20;
    }
}

/* Sizes of the parts, in the order in which they are written. */
struct parts {
    size_t scheme;
    size_t host;
    size_t host_end;
    size_t origin_end;
    size_t path_end;
};

static enum mr_code write_url(const lxb_url_t *url, struct mr_buf *out,
                              struct parts *parts, struct mr_err *err)
{
    const lexbor_str_t *scheme = lxb_url_scheme(url);
    lxb_status_t status;

    mr_buf_reset(out);
    mr_buf_append(out, scheme->data, scheme->length);
    parts->scheme = out->size;
    mr_buf_str(out, "://");
    parts->host = out->size;
    status = lxb_url_serialize_host(lxb_url_host(url), append, out);
    parts->host_end = out->size;
    lower(out->data + parts->host, parts->host_end - parts->host);
    if (lxb_url_has_port(url))
        mr_buf_printf(out, ":%u", (unsigned)lxb_url_port(url));
    parts->origin_end = out->size;
    if (url->path.str.length == 0)
        mr_buf_byte(out, '/');
    put_normal(out, url->path.str.data, url->path.str.length);
    parts->path_end = out->size;
    if (url->query.data != NULL) {
        mr_buf_byte(out, '?');
        put_normal(out, url->query.data, url->query.length);
    }
    if (status != LXB_STATUS_OK || parts->host == parts->host_end)
        return mr_fail(err, MR_E_INVALID, "url: its host cannot be read");
    if (out->full || out->size > MR_URL_TEXT_MAX)
        return mr_fail(err, MR_E_LIMIT, "url: more than %u bytes",
                       MR_URL_TEXT_MAX);
    return MR_OK;
}

static void fill(const lxb_url_t *url, const struct parts *parts,
                 struct mr_span text, struct mr_url *out)
{
    bool tls = parts->scheme == 5;

    *out = (struct mr_url){
        .text = text,
        .scheme = mr_span(text.data, parts->scheme),
        .host = mr_span(text.data + parts->host, parts->host_end - parts->host),
        .origin = mr_span(text.data, parts->origin_end),
        .path = mr_span(text.data + parts->origin_end,
                        parts->path_end - parts->origin_end),
        .target = mr_span(text.data + parts->origin_end,
                          text.size - parts->origin_end),
        .port = tls ? 443 : 80,
        .had_secret = url->username.length > 0 || url->password.length > 0,
    };
    if (lxb_url_has_port(url))
        out->port = lxb_url_port(url);
    MR_ASSERT(out->path.size > 0 && out->path.data[0] == '/');
}

enum mr_code mr_url_parse(struct mr_url_parser *parser, struct mr_span text,
                          struct mr_span base, struct mr_arena *arena,
                          struct mr_url *out, struct mr_err *err)
{
    struct parts parts = { 0 };
    lxb_url_t *url;
    enum mr_code code = MR_OK;

    if (text.size > MR_URL_TEXT_MAX)
        return mr_fail(err, MR_E_LIMIT, "url: %zu bytes, at most %u", text.size,
                       MR_URL_TEXT_MAX);
    if (base.data != NULL)
        code = use_base(parser, base, err);
    if (code != MR_OK)
        return code;
    url = parse_into(
        parser, parser->scratch, base.data != NULL ? parser->base : NULL,
        as_utf8(parser, mr_span(text.size > 0 ? text.data : (const uint8_t *)"",
                                text.size)));
    if (url == NULL)
        return mr_fail(err, MR_E_INVALID, "\"%.*s\" is no URL",
                       MR_SPAN_ARG(text));
    if (url->scheme.type != LXB_URL_SCHEMEL_TYPE_HTTP &&
        url->scheme.type != LXB_URL_SCHEMEL_TYPE_HTTPS)
        return mr_fail(err, MR_E_INVALID, "\"%.*s\" is no URL of http or https",
                       MR_SPAN_ARG(text));
    code = write_url(url, &parser->out, &parts, err);
    if (code == MR_OK)
        fill(url, &parts,
             mr_span(mr_arena_str(arena, mr_buf_bytes(&parser->out)),
                     parser->out.size),
             out);
    return code;
}
