// SPDX-License-Identifier: Apache-2.0
/*
 * sitemap.c - see sitemap.h.
 *
 * A scan over tags without a tree: an address is the text of a <loc> that lies
 * in a <url> or <sitemap>, or of a <sitemap> itself.
 */
#include "ingestor/web/sitemap.h"

#include "common/base/mr_mem.h"
#include "common/text/utf8.h"
#include "ingestor/web/gunzip.h"

struct scan {
    struct mr_span text;
    size_t at;
    struct mr_arena *arena;
    struct sitemap *out;
    size_t room;
    bool in_entry;  /* inside <url> or <sitemap> */
    bool collects;  /* text now read belongs to an address */
    bool met;       /* an element of a sitemap was seen */
    uint8_t *value; /* the address so far */
    size_t size;
    struct mr_span prefix; /* of the entry's element, such as "sit:" */
};

static bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool at_text(const struct scan *scan, const char *what)
{
    return mr_span_starts(
        mr_span(scan->text.data + scan->at, scan->text.size - scan->at),
        mr_span_str(what));
}

/* Where `what` next begins, or the end. */
static size_t find(const struct scan *scan, size_t from, const char *what)
{
    const uint8_t *found = NULL;

    if (from < scan->text.size)
        found = memmem(scan->text.data + from, scan->text.size - from, what,
                       strlen(what));
    return found == NULL ? scan->text.size : (size_t)(found - scan->text.data);
}

static void put(struct scan *scan, uint8_t byte)
{
    if (scan->size <= SITEMAP_URL_BYTES_MAX)
        scan->value[scan->size++] = byte;
}

static void put_point(struct scan *scan, uint32_t point)
{
    uint8_t bytes[MR_UTF8_BYTES_MAX];
    size_t size = mr_utf8_encode(point, bytes);

    for (size_t i = 0; i < size; i++)
        put(scan, bytes[i]);
}

/* "#38" or "#x26"; 0 for what is none. */
static uint32_t number_of(struct mr_span name)
{
    bool hex = name.size > 1 && (name.data[1] == 'x' || name.data[1] == 'X');
    uint32_t value = 0;

    for (size_t i = hex ? 2 : 1; i < name.size; i++) {
        uint8_t byte = name.data[i];
        uint32_t digit = byte >= '0' && byte <= '9' ? (uint32_t)byte - '0'
                         : hex && (byte | 0x20) >= 'a' && (byte | 0x20) <= 'f'
                             ? (uint32_t)(byte | 0x20) - 'a' + 10
                             : 16;

        if (digit == 16)
            return 0;
        value = value * (hex ? 16 : 10) + digit;
        if (value > 0x10FFFF)
            return 0;
    }
    return value >= 0xD800 && value < 0xE000 ? 0 : value;
}

/* Reads "&amp;" at `at`; false when it is no reference that we know. */
static bool reference(struct scan *scan)
{
    static const struct {
        const char *name;
        uint8_t byte;
    } known[] = { { "amp", '&' },
                  { "lt", '<' },
                  { "gt", '>' },
                  { "quot", '"' },
                  { "apos", '\'' } };
    struct mr_span name = mr_span(scan->text.data + scan->at + 1, 0);
    size_t left = scan->text.size - scan->at - 1;
    uint32_t point = 0;

    while (name.size < left && name.size < 10 && name.data[name.size] != ';')
        name.size++;
    if (name.size == left || name.size == 10)
        return false;
    if (name.size > 1 && name.data[0] == '#')
        point = number_of(name);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (mr_span_equal(name, mr_span_str(known[i].name)))
            point = known[i].byte;
    }
    if (point == 0)
        return false;
    put_point(scan, point);
    scan->at += name.size + 2;
    return true;
}

static void add_url(struct sitemap *out, size_t *room, struct mr_span url)
{
    if (out->count == SITEMAP_URLS_MAX) {
        out->cut = true;
        return;
    }
    if (out->count == *room) {
        *room = *room == 0 ? 64 : *room * 2;
        out->urls = mr_realloc_array(out->urls, *room, sizeof(*out->urls));
    }
    out->urls[out->count++] = url;
}

/* The address that was collected is whole. */
static void finish_value(struct scan *scan)
{
    struct mr_span value = mr_span(scan->value, scan->size);

    scan->collects = false;
    scan->size = 0;
    while (value.size > 0 && is_space(value.data[0]))
        value = mr_span(value.data + 1, value.size - 1);
    while (value.size > 0 && is_space(value.data[value.size - 1]))
        value.size--;
    if (value.size > 0 && value.size <= SITEMAP_URL_BYTES_MAX)
        add_url(scan->out, &scan->room, mr_arena_copy(scan->arena, value));
}

static bool named(struct mr_span name, const char *want)
{
    return mr_span_equal(name, mr_span_str(want));
}

/* An element that opens or closes.  A <loc> of another namespace, such as
 * that of an image, has another prefix than its entry. */
static void on_tag(struct scan *scan, struct mr_span prefix,
                   struct mr_span name, bool closes)
{
    bool entry = named(name, "url") || named(name, "sitemap");
    bool loc = named(name, "loc") && mr_span_equal(prefix, scan->prefix);

    if (named(name, "sitemapindex") && !closes)
        scan->out->is_index = true;
    if (named(name, "sitemapindex") || named(name, "urlset"))
        scan->met = true;
    if (scan->collects)
        finish_value(scan);
    if (entry) {
        scan->prefix = prefix;
        scan->in_entry = !closes;
        scan->collects = !closes && named(name, "sitemap");
    } else if (loc) {
        scan->collects = !closes && scan->in_entry;
    }
}

/* What begins with "<"; `at` goes behind it. */
static void markup(struct scan *scan)
{
    size_t begin = scan->at + 1;
    size_t from;
    size_t end;
    bool closes;

    if (at_text(scan, "<!--")) {
        scan->at = find(scan, scan->at + 4, "-->") + 3;
        return;
    }
    if (at_text(scan, "<![CDATA[")) {
        end = find(scan, begin, "]]>");
        for (size_t i = scan->at + 9; scan->collects && i < end; i++)
            put(scan, scan->text.data[i]);
        scan->at = end + 3;
        return;
    }
    closes = begin < scan->text.size && scan->text.data[begin] == '/';
    begin += closes;
    from = begin;
    for (end = begin;
         end < scan->text.size && scan->text.data[end] != '>' &&
         scan->text.data[end] != '/' && !is_space(scan->text.data[end]);
         end++) {
        if (scan->text.data[end] == ':')
            from = end + 1;
    }
    scan->at = find(scan, end, ">");
    if (from < end) {
        struct mr_span prefix = mr_span(scan->text.data + begin, from - begin);
        struct mr_span name = mr_span(scan->text.data + from, end - from);

        on_tag(scan, prefix, name, closes);
        if (!closes && scan->at < scan->text.size &&
            scan->text.data[scan->at - 1] == '/')
            on_tag(scan, prefix, name, true);
    }
    scan->at++;
}

static void scan_xml(struct scan *scan)
{
    scan->value = mr_malloc(SITEMAP_URL_BYTES_MAX + 1);
    while (scan->at < scan->text.size) {
        uint8_t byte = scan->text.data[scan->at];

        if (byte == '<') {
            markup(scan);
        } else if (!scan->collects || byte != '&' || !reference(scan)) {
            if (scan->collects)
                put(scan, byte);
            scan->at++;
        }
    }
    if (scan->collects)
        finish_value(scan);
    mr_free(scan->value);
}

/* A line an address. */
static void scan_lines(struct scan *scan)
{
    size_t from = scan->at;

    for (size_t i = from; i <= scan->text.size; i++) {
        struct mr_span line = mr_span(scan->text.data + from, i - from);

        if (i < scan->text.size && scan->text.data[i] != '\n' &&
            scan->text.data[i] != '\r')
            continue;
        from = i + 1;
        while (line.size > 0 && is_space(line.data[line.size - 1]))
            line.size--;
        if (line.size > SITEMAP_URL_BYTES_MAX ||
            !mr_span_starts(line, mr_span_str("http")))
            continue;
        scan->met = true;
        add_url(scan->out, &scan->room, mr_arena_copy(scan->arena, line));
    }
}

static enum mr_code parse_text(struct mr_span text, struct mr_arena *arena,
                               struct sitemap *out, struct mr_err *err)
{
    struct scan scan = { .text = text, .arena = arena, .out = out };
    struct mr_span *found;

    *out = (struct sitemap){ 0 };
    if (mr_span_starts(text, mr_span_str("\xEF\xBB\xBF")))
        scan.at = 3;
    while (scan.at < text.size && is_space(text.data[scan.at]))
        scan.at++;
    if (scan.at < text.size && text.data[scan.at] == '<')
        scan_xml(&scan);
    else
        scan_lines(&scan);
    found = out->urls;
    out->urls = mr_arena_calloc(arena, out->count, sizeof(*found));
    if (out->count > 0)
        memcpy(out->urls, found, out->count * sizeof(*found));
    mr_free(found);
    if (scan.met || out->count > 0)
        return MR_OK;
    return mr_fail(err, MR_E_CORRUPT,
                   "neither a sitemap nor a list of addresses");
}

enum mr_code sitemap_parse(struct mr_span text, struct mr_arena *arena,
                           struct sitemap *out, struct mr_err *err)
{
    struct mr_buf plain = mr_buf(SITEMAP_BYTES_MAX);
    enum mr_code code;

    if (!gunzip_is(text))
        return parse_text(text, arena, out, err);
    *out = (struct sitemap){ 0 };
    code = gunzip(text, &plain, err);
    if (code == MR_OK)
        code = parse_text(mr_span(plain.data, plain.size), arena, out, err);
    mr_buf_deinit(&plain);
    return code;
}
