// SPDX-License-Identifier: Apache-2.0
/*
 * links.c - see links.h.
 */
#include "common/text/links.h"

#include "common/base/mr_mem.h"
#include "common/text/html.h"

/* Longer waits for a refresh are the same as none at all. */
#define REFRESH_S_MAX 86400u

struct finder {
    const struct mr_html *html;
    struct mr_url_parser *parser;
    struct mr_arena *arena;
    struct mr_span base;
    struct mr_links *out;
    size_t room;
};

static bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

/* `word` is in lower case. */
static bool is_word(struct mr_span text, const char *word)
{
    size_t size = strlen(word);

    if (text.size != size)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (lower(text.data[i]) != (uint8_t)word[i])
            return false;
    }
    return true;
}

static struct mr_span trim(struct mr_span text)
{
    while (text.size > 0 && is_space(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && is_space(text.data[text.size - 1]))
        text.size--;
    return text;
}

/* Cuts the next token of `rest` that ends at white space or `stop`. */
static bool next_token(struct mr_span *rest, uint8_t stop, struct mr_span *out)
{
    size_t at = 0;

    if (rest->size == 0)
        return false;
    while (at < rest->size &&
           (is_space(rest->data[at]) || rest->data[at] == stop))
        at++;
    rest->data += at;
    rest->size -= at;
    for (at = 0; at < rest->size && !is_space(rest->data[at]) &&
                 rest->data[at] != stop;)
        at++;
    *out = mr_span(rest->data, at);
    rest->data += at;
    rest->size -= at;
    return at > 0;
}

static bool has_word(struct mr_span text, const char *word)
{
    struct mr_span token;

    while (next_token(&text, ' ', &token)) {
        if (is_word(token, word))
            return true;
    }
    return false;
}

/* Absent for what cannot be visited. */
static struct mr_span resolve(const struct finder *finder, struct mr_span href)
{
    struct mr_url url;

    if (href.data == NULL || mr_url_parse(finder->parser, href, finder->base,
                                          finder->arena, &url, NULL) != MR_OK)
        return mr_span(NULL, 0);
    return url.text;
}

static struct mr_span attr(const struct finder *finder, uint32_t node,
                           enum mr_html_name name)
{
    return mr_html_attr(finder->html, node, name);
}

static void add_link(struct finder *finder, uint32_t node)
{
    struct mr_links *out = finder->out;
    struct mr_span href = attr(finder, node, MR_HTML_ATTR_HREF);
    struct mr_span url;

    if (href.data == NULL || out->cut ||
        has_word(attr(finder, node, MR_HTML_ATTR_REL), "nofollow"))
        return;
    url = resolve(finder, href);
    if (url.data == NULL ||
        (out->count > 0 && mr_span_equal(url, out->urls[out->count - 1])))
        return;
    if (out->count == MR_LINKS_MAX) {
        out->cut = true;
        return;
    }
    if (out->count == finder->room) {
        finder->room = finder->room == 0 ? 64 : finder->room * 2;
        out->urls =
            mr_realloc_array(out->urls, finder->room, sizeof(*out->urls));
    }
    out->urls[out->count++] = url;
}

/* Cuts off "1.5" and gives 1. */
static struct mr_span read_seconds(struct mr_span text, unsigned *seconds)
{
    bool whole = true;

    while (text.size > 0 && ((text.data[0] >= '0' && text.data[0] <= '9') ||
                             text.data[0] == '.')) {
        whole = whole && text.data[0] != '.';
        if (whole && *seconds < REFRESH_S_MAX)
            *seconds = *seconds * 10 + (unsigned)(text.data[0] - '0');
        text = mr_span(text.data + 1, text.size - 1);
    }
    return text;
}

/* "5; url='next.html'": the shared declarative refresh steps, leniently. */
static void read_refresh(struct finder *finder, struct mr_span text)
{
    unsigned seconds = 0;
    uint8_t quote;

    text = trim(text);
    if (text.size == 0 ||
        ((text.data[0] < '0' || text.data[0] > '9') && text.data[0] != '.'))
        return;
    text = read_seconds(text, &seconds);
    while (text.size > 0 && (is_space(text.data[0]) || text.data[0] == ';' ||
                             text.data[0] == ','))
        text = mr_span(text.data + 1, text.size - 1);
    if (text.size >= 3 && is_word(mr_span(text.data, 3), "url")) {
        struct mr_span after = trim(mr_span(text.data + 3, text.size - 3));

        if (after.size > 0 && after.data[0] == '=')
            text = trim(mr_span(after.data + 1, after.size - 1));
    }
    if (text.size > 0 && (text.data[0] == '"' || text.data[0] == '\'')) {
        quote = text.data[0];
        text = mr_span(text.data + 1, text.size - 1);
        for (size_t i = 0; i < text.size; i++) {
            if (text.data[i] == quote)
                text.size = i;
        }
    }
    if (text.size == 0)
        return; /* a page that loads itself again */
    finder->out->refresh = resolve(finder, text);
    finder->out->refresh_s = seconds;
}

static void read_meta(struct finder *finder, uint32_t node)
{
    struct mr_span content = attr(finder, node, MR_HTML_ATTR_CONTENT);

    if (content.data == NULL)
        return;
    if (is_word(trim(attr(finder, node, MR_HTML_ATTR_HTTP_EQUIV)), "refresh") &&
        finder->out->refresh.data == NULL)
        read_refresh(finder, content);
    if (is_word(trim(attr(finder, node, MR_HTML_ATTR_NAME)), "robots"))
        mr_links_robots(content, mr_span_str(""), &finder->out->noindex,
                        &finder->out->nofollow);
}

static void read_link(struct finder *finder, uint32_t node)
{
    if (finder->out->canonical.data == NULL &&
        has_word(attr(finder, node, MR_HTML_ATTR_REL), "canonical"))
        finder->out->canonical =
            resolve(finder, attr(finder, node, MR_HTML_ATTR_HREF));
}

/* The first <base href> counts for all of the page, also for what precedes
 * it. */
static void find_base(struct finder *finder)
{
    for (uint32_t i = 0; i < finder->html->count; i++) {
        struct mr_span href;

        if (finder->html->nodes[i].tag != MR_HTML_BASE)
            continue;
        href = attr(finder, i, MR_HTML_ATTR_HREF);
        if (href.data == NULL)
            continue;
        href = resolve(finder, href);
        if (href.data != NULL)
            finder->base = href;
        return;
    }
}

void mr_links_find(struct mr_span source, struct mr_span url,
                   struct mr_url_parser *parser, struct mr_arena *arena,
                   struct mr_links *out)
{
    struct mr_html *html = mr_html_parse(source);
    struct finder finder = {
        .html = html,
        .parser = parser,
        .arena = arena,
        .base = url,
        .out = out,
    };
    struct mr_span *found;

    *out = (struct mr_links){ 0 };
    find_base(&finder);
    for (uint32_t i = 0; i < html->count; i++) {
        switch (html->nodes[i].tag) {
        case MR_HTML_A:
            add_link(&finder, i);
            break;
        case MR_HTML_LINK:
            read_link(&finder, i);
            break;
        case MR_HTML_META:
            read_meta(&finder, i);
            break;
        default:
            break;
        }
    }
    if (out->nofollow)
        out->count = 0;
    found = out->urls;
    out->urls = mr_arena_calloc(arena, out->count, sizeof(*found));
    if (out->count > 0)
        memcpy(out->urls, found, out->count * sizeof(*found));
    mr_free(found);
    mr_html_free(html);
}

/* "max-snippet: 5" names no agent. */
static bool is_setting(struct mr_span name)
{
    return mr_span_starts(name, mr_span_str("max-")) ||
           is_word(name, "unavailable_after");
}

void mr_links_robots(struct mr_span text, struct mr_span agent, bool *noindex,
                     bool *nofollow)
{
    bool ours = true;
    struct mr_span token;

    while (next_token(&text, ',', &token)) {
        if (token.data[token.size - 1] == ':') {
            struct mr_span name = mr_span(token.data, token.size - 1);
            bool known = agent.size == name.size && agent.size > 0;

            if (is_setting(name))
                continue;
            for (size_t i = 0; known && i < name.size; i++)
                known = lower(name.data[i]) == lower(agent.data[i]);
            ours = known;
        } else if (ours) {
            *noindex |= is_word(token, "noindex") || is_word(token, "none");
            *nofollow |= is_word(token, "nofollow") || is_word(token, "none");
        }
    }
}
