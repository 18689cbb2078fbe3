// SPDX-License-Identifier: Apache-2.0
/*
 * robots.c - see robots.h.
 */
#include "ingestor/web/robots.h"

#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"

#define PATTERN_MAX 2048u

enum field {
    FIELD_OTHER,
    FIELD_AGENT,
    FIELD_ALLOW,
    FIELD_DISALLOW,
    FIELD_SITEMAP,
    FIELD_DELAY,
};

/* Rules of the groups for us, or of those for "*". */
struct set {
    struct robots_rule *rules;
    size_t count;
    int64_t delay_ms;
    bool met;
};

struct parser {
    struct mr_arena *arena;
    struct mr_span token;
    struct set ours;
    struct set others;
    bool in_ours; /* the lines now read are for these */
    bool in_others;
    bool agents; /* the last line of a group was a user-agent */
    struct robots *out;
};

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

static bool same(struct mr_span a, struct mr_span b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++) {
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    }
    return true;
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\f' || byte == '\v';
}

static struct mr_span trim(struct mr_span text)
{
    while (text.size > 0 && is_blank(text.data[0]))
        text = mr_span(text.data + 1, text.size - 1);
    while (text.size > 0 && is_blank(text.data[text.size - 1]))
        text.size--;
    return text;
}

static enum field field_of(struct mr_span name)
{
    static const struct {
        const char *name;
        enum field field;
    } known[] = {
        { "user-agent", FIELD_AGENT },  { "useragent", FIELD_AGENT },
        { "user agent", FIELD_AGENT },  { "allow", FIELD_ALLOW },
        { "disallow", FIELD_DISALLOW }, { "dissallow", FIELD_DISALLOW },
        { "dissalow", FIELD_DISALLOW }, { "disalow", FIELD_DISALLOW },
        { "diasllow", FIELD_DISALLOW }, { "disallaw", FIELD_DISALLOW },
        { "sitemap", FIELD_SITEMAP },   { "site-map", FIELD_SITEMAP },
        { "crawl-delay", FIELD_DELAY },
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (same(name, mr_span_str(known[i].name)))
            return known[i].field;
    }
    return FIELD_OTHER;
}

/* "key: value", or "key value" when there is no colon. */
static enum field split(struct mr_span line, struct mr_span *value)
{
    const uint8_t *hash =
        line.size > 0 ? memchr(line.data, '#', line.size) : NULL;
    const uint8_t *colon;
    size_t at = 0;

    if (hash != NULL)
        line.size = (size_t)(hash - line.data);
    line = trim(line);
    colon = line.size > 0 ? memchr(line.data, ':', line.size) : NULL;
    if (colon != NULL) {
        at = (size_t)(colon - line.data);
        *value = trim(mr_span(colon + 1, line.size - at - 1));
        return field_of(trim(mr_span(line.data, at)));
    }
    while (at < line.size && !is_blank(line.data[at]))
        at++;
    *value = trim(mr_span(line.data + at, line.size - at));
    return field_of(mr_span(line.data, at));
}

static int hex_of(uint8_t byte)
{
    byte = lower(byte);
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static bool is_unreserved(int byte)
{
    return (lower((uint8_t)byte) >= 'a' && lower((uint8_t)byte) <= 'z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' ||
           byte == '_' || byte == '~';
}

/* As common/text/url.h writes paths, "*" and "$" left alone. */
static struct mr_span normal(struct mr_span text, struct mr_arena *arena)
{
    static const char digits[] = "0123456789ABCDEF";
    uint8_t *out = mr_arena_alloc(arena, 3 * text.size + 1);
    size_t size = 0;

    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        bool escaped = byte == '%' && text.size - i > 2 &&
                       hex_of(text.data[i + 1]) >= 0 &&
                       hex_of(text.data[i + 2]) >= 0;

        if (escaped) {
            byte = (uint8_t)(hex_of(text.data[i + 1]) * 16 +
                             hex_of(text.data[i + 2]));
            i += 2;
        }
        if (escaped ? is_unreserved(byte) : byte > 0x20 && byte < 0x7F) {
            out[size++] = byte;
        } else {
            out[size++] = '%';
            out[size++] = (uint8_t)digits[byte >> 4];
            out[size++] = (uint8_t)digits[byte & 15];
        }
    }
    return mr_span(out, size);
}

static void add_rule(struct parser *parser, struct set *set,
                     struct mr_span value, bool allow)
{
    if (value.size == 0 || value.size > PATTERN_MAX ||
        set->count == ROBOTS_RULES_MAX)
        return;
    set->rules = set->rules != NULL
                     ? set->rules
                     : mr_calloc(ROBOTS_RULES_MAX, sizeof(*set->rules));
    set->rules[set->count++] = (struct robots_rule){
        .pattern = normal(value, parser->arena),
        .allow = allow,
    };
}

static void rule(struct parser *parser, struct mr_span value, bool allow)
{
    parser->agents = false;
    if (parser->in_ours)
        add_rule(parser, &parser->ours, value, allow);
    if (parser->in_others)
        add_rule(parser, &parser->others, value, allow);
}

static void agent(struct parser *parser, struct mr_span value)
{
    size_t size = 0;

    if (!parser->agents)
        parser->in_ours = parser->in_others = false;
    parser->agents = true;
    while (size < value.size && !is_blank(value.data[size]) &&
           value.data[size] != '/')
        size++;
    value.size = size;
    if (mr_span_equal(value, mr_span_str("*")))
        parser->in_others = parser->others.met = true;
    else if (same(value, parser->token))
        parser->in_ours = parser->ours.met = true;
}

static void delay(struct parser *parser, struct mr_span value)
{
    int64_t ms = 0;
    int64_t unit = 1000;
    bool fraction = false;

    for (size_t i = 0; i < value.size && ms < ROBOTS_DELAY_MS_MAX; i++) {
        if (value.data[i] == '.' && !fraction) {
            fraction = true;
        } else if (value.data[i] >= '0' && value.data[i] <= '9') {
            if (fraction)
                unit /= 10;
            ms = fraction ? ms + (value.data[i] - '0') * unit
                          : ms * 10 + (value.data[i] - '0') * 1000;
        } else {
            return; /* not a number */
        }
    }
    ms = ms > ROBOTS_DELAY_MS_MAX ? ROBOTS_DELAY_MS_MAX : ms;
    if (parser->in_ours && ms > parser->ours.delay_ms)
        parser->ours.delay_ms = ms;
    if (parser->in_others && ms > parser->others.delay_ms)
        parser->others.delay_ms = ms;
}

static void sitemap(struct parser *parser, struct mr_span value)
{
    struct robots *out = parser->out;

    if (value.size == 0 || out->sitemap_count == ROBOTS_SITEMAPS_MAX)
        return;
    if (out->sitemaps == NULL)
        out->sitemaps = mr_arena_calloc(parser->arena, ROBOTS_SITEMAPS_MAX,
                                        sizeof(*out->sitemaps));
    out->sitemaps[out->sitemap_count++] = mr_arena_copy(parser->arena, value);
}

static void read_line(struct parser *parser, struct mr_span line)
{
    struct mr_span value;

    switch (split(line, &value)) {
    case FIELD_AGENT:
        agent(parser, value);
        break;
    case FIELD_ALLOW:
        rule(parser, value, true);
        break;
    case FIELD_DISALLOW:
        rule(parser, value, false);
        break;
    case FIELD_SITEMAP:
        sitemap(parser, value);
        break;
    case FIELD_DELAY:
        delay(parser, value);
        break;
    case FIELD_OTHER:
        break;
    }
}

void robots_parse(struct mr_span text, struct mr_span token,
                  struct mr_arena *arena, struct robots *out)
{
    struct parser parser = { .arena = arena, .token = token, .out = out };
    const struct set *set;
    size_t from = 0;

    *out = (struct robots){ 0 };
    if (text.size > ROBOTS_BYTES_MAX)
        text.size = ROBOTS_BYTES_MAX;
    if (mr_span_starts(text, mr_span_str("\xEF\xBB\xBF")))
        from = 3;
    for (size_t i = from; i <= text.size; i++) {
        if (i < text.size && text.data[i] != '\n' && text.data[i] != '\r')
            continue;
        read_line(&parser, mr_span(text.data + from, i - from));
        from = i + 1;
    }
    set = parser.ours.met ? &parser.ours : &parser.others;
    out->named = parser.ours.met;
    out->delay_ms = set->delay_ms;
    out->rule_count = set->count;
    out->rules = mr_arena_calloc(arena, set->count, sizeof(*out->rules));
    if (set->count > 0)
        memcpy(out->rules, set->rules, set->count * sizeof(*out->rules));
    mr_free(parser.ours.rules);
    mr_free(parser.others.rules);
}

/* Whether `pattern` matches a beginning of `text`: the last "*" is retried one
 * byte further on, which never needs an earlier one. */
static bool matches(struct mr_span pattern, struct mr_span text)
{
    bool anchored = pattern.size > 0 && pattern.data[pattern.size - 1] == '$';
    size_t end = pattern.size - (anchored ? 1 : 0);
    size_t p = 0;
    size_t t = 0;
    size_t star = SIZE_MAX;
    size_t retry = 0;

    for (;;) {
        if (p == end && (!anchored || t == text.size))
            return true;
        if (p < end && pattern.data[p] == '*') {
            star = p++;
            retry = t;
        } else if (p < end && t < text.size &&
                   pattern.data[p] == text.data[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX && retry < text.size) {
            t = ++retry;
            p = star + 1;
        } else {
            return false;
        }
    }
}

bool robots_allows(const struct robots *robots, struct mr_span target)
{
    size_t longest = 0;
    bool allow = true;

    if (mr_span_equal(target, mr_span_str("/robots.txt")))
        return true;
    for (size_t i = 0; i < robots->rule_count; i++) {
        const struct robots_rule *one = &robots->rules[i];

        if (one->pattern.size < longest ||
            (one->pattern.size == longest && !one->allow && longest > 0))
            continue;
        if (matches(one->pattern, target)) {
            longest = one->pattern.size;
            allow = one->allow;
        }
    }
    return allow;
}

enum robots_answer robots_of_status(int status)
{
    if (status >= 200 && status < 300)
        return ROBOTS_READ;
    if (status >= 400 && status < 500 && status != 429)
        return ROBOTS_ALLOW;
    return ROBOTS_FORBID;
}

struct mr_span robots_token(const char *user_agent)
{
    return mr_span(user_agent, strcspn(user_agent, "/ ("));
}
