// SPDX-License-Identifier: Apache-2.0
/*
 * markdown_inline.c - see markdown_inline.h.
 *
 * One pass.  Brackets and runs of emphasis wait on small stacks for what closes
 * them; on a full stack the oldest is forgotten and stays as text.  What
 * searches ahead remembers a failure, so that no byte is looked at more than a
 * few dozen times.
 */
#include "preprocessor/clean/markdown_inline.h"

#include <stdbool.h>
#include <string.h>

#define STACK        64u
#define CODE_RUN_MAX 32u
#define LABEL_MAX    1000u

struct bracket {
    size_t at;
    bool image;
};

struct emphasis {
    size_t at; /* of what is left of the run */
    size_t size;
    uint8_t mark;
};

struct scan {
    const uint8_t *data;
    uint8_t *keep;
    size_t start;
    size_t end;
    size_t *linked;
    struct bracket brackets[STACK];
    size_t bracket_count;
    struct emphasis emphases[STACK];
    size_t emphasis_count;
    bool no_code[CODE_RUN_MAX + 1]; /* no closing run of this length */
    bool no_paren;                  /* no closing parenthesis any more */
};

static bool is_punctuation(uint8_t byte)
{
    return byte < 0x80u && byte > ' ' && byte != 0x7Fu &&
           !((byte | 0x20u) >= 'a' && (byte | 0x20u) <= 'z') &&
           !(byte >= '0' && byte <= '9');
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool is_letter(uint8_t byte)
{
    return (byte | 0x20u) >= 'a' && (byte | 0x20u) <= 'z';
}

static void drop(struct scan *scan, size_t start, size_t end)
{
    memset(scan->keep + start, 0, end - start);
}

static size_t run_end(const struct scan *scan, size_t at)
{
    uint8_t byte = scan->data[at];

    while (at < scan->end && scan->data[at] == byte)
        at++;
    return at;
}

static size_t scan_code(struct scan *scan, size_t at)
{
    size_t open_end = run_end(scan, at);
    size_t length = open_end - at;
    size_t close = open_end;

    if (length > CODE_RUN_MAX || scan->no_code[length])
        return open_end;
    while (close < scan->end) {
        const uint8_t *tick =
            memchr(scan->data + close, '`', scan->end - close);
        size_t close_end;

        if (tick == NULL)
            break;
        close = (size_t)(tick - scan->data);
        close_end = run_end(scan, close);
        if (close_end - close == length) {
            drop(scan, at, open_end);
            drop(scan, close, close_end);
            return close_end;
        }
        close = close_end;
    }
    scan->no_code[length] = true;
    return open_end;
}

/* A tag, or an address in angle brackets, of which the address stays. */
static size_t scan_angle(struct scan *scan, size_t at)
{
    size_t close = at + 1;
    bool address = false, blank = false;

    while (close < scan->end && scan->data[close] != '>' &&
           scan->data[close] != '<') {
        address |= scan->data[close] == ':' || scan->data[close] == '@';
        blank |= is_space(scan->data[close]);
        close++;
    }
    if (close == scan->end || scan->data[close] != '>' || close == at + 1)
        return at + 1;
    if (address && !blank && is_letter(scan->data[at + 1])) {
        drop(scan, at, at + 1);
        drop(scan, close, close + 1);
    } else if (is_letter(scan->data[at + 1]) || scan->data[at + 1] == '/' ||
               scan->data[at + 1] == '!' || scan->data[at + 1] == '?') {
        drop(scan, at, close + 1);
    } else {
        return at + 1;
    }
    return close + 1;
}

/* The byte after the ")" that closes the "(" at `at`; 0 when there is none.
 * Parentheses inside nest, and quotes hide them. */
static size_t paren_end(struct scan *scan, size_t at)
{
    size_t depth = 0;
    uint8_t quote = 0;

    if (scan->no_paren)
        return 0;
    for (; at < scan->end; at++) {
        uint8_t byte = scan->data[at];

        if (byte == '\\' && at + 1 < scan->end)
            at++;
        else if (quote != 0)
            quote = byte == quote ? 0 : quote;
        else if (byte == '"' && is_space(scan->data[at - 1]))
            quote = byte;
        else if (byte == '(')
            depth++;
        else if (byte == ')' && --depth == 0)
            return at + 1;
    }
    scan->no_paren = true;
    return 0;
}

/* "[label]" at `at`: the byte after it, or 0. */
static size_t label_end(const struct scan *scan, size_t at)
{
    size_t max = scan->end - at < LABEL_MAX ? scan->end : at + LABEL_MAX;

    for (at++; at < max; at++) {
        if (scan->data[at] == ']')
            return at + 1;
        if (scan->data[at] == '[')
            return 0;
    }
    return 0;
}

static size_t scan_close(struct scan *scan, size_t at)
{
    struct bracket open;
    size_t end = 0;

    if (scan->bracket_count == 0)
        return at + 1;
    open = scan->brackets[--scan->bracket_count];
    if (at + 1 < scan->end && scan->data[at + 1] == '(')
        end = paren_end(scan, at + 1);
    else if (at + 1 < scan->end && scan->data[at + 1] == '[')
        end = label_end(scan, at + 1);
    if (end == 0)
        return at + 1;
    drop(scan, open.at - (open.image ? 1 : 0), open.at + 1);
    drop(scan, at, end);
    if (!open.image)
        *scan->linked += at - open.at - 1;
    return end;
}

static void push_bracket(struct scan *scan, size_t at)
{
    if (scan->bracket_count == STACK) {
        memmove(scan->brackets, scan->brackets + 1,
                sizeof(scan->brackets) - sizeof(scan->brackets[0]));
        scan->bracket_count--;
    }
    scan->brackets[scan->bracket_count++] = (struct bracket){
        .at = at,
        .image = at > scan->start && scan->data[at - 1] == '!' &&
                 scan->keep[at - 1] != 0,
    };
}

static void push_emphasis(struct scan *scan, size_t at, size_t size)
{
    if (scan->emphasis_count == STACK) {
        memmove(scan->emphases, scan->emphases + 1,
                sizeof(scan->emphases) - sizeof(scan->emphases[0]));
        scan->emphasis_count--;
    }
    scan->emphases[scan->emphasis_count++] =
        (struct emphasis){ at, size, scan->data[at] };
}

/* Takes what the run at `at` closes off the stack; gives what is left of it. */
static size_t close_emphasis(struct scan *scan, size_t at, size_t size)
{
    size_t nth = scan->emphasis_count;

    while (size > 0 && nth > 0) {
        struct emphasis *open = &scan->emphases[nth - 1];
        size_t both;

        if (open->mark != scan->data[at]) {
            nth--;
            continue;
        }
        both = open->size < size ? open->size : size;
        drop(scan, open->at + open->size - both, open->at + open->size);
        drop(scan, at, at + both);
        open->size -= both;
        size -= both;
        at += both;
        /* What was opened since stays as text. */
        scan->emphasis_count = open->size == 0 ? nth - 1 : nth;
        nth = scan->emphasis_count;
    }
    return size;
}

/* A run of "*", "_" or "~": what may open has text after it, what may close
 * has text before it, and "_" does neither inside a word. */
static size_t scan_emphasis(struct scan *scan, size_t at)
{
    size_t end = run_end(scan, at);
    size_t size = end - at;
    uint8_t before = at > scan->start ? scan->data[at - 1] : ' ';
    uint8_t after = end < scan->end ? scan->data[end] : ' ';
    bool opens =
        !is_space(after) &&
        (!is_punctuation(after) || is_space(before) || is_punctuation(before));
    bool closes =
        !is_space(before) &&
        (!is_punctuation(before) || is_space(after) || is_punctuation(after));

    if (scan->data[at] == '_' && opens && closes && !is_punctuation(before) &&
        !is_punctuation(after))
        return end;
    if (scan->data[at] == '~' && size != 2)
        return end;
    if (closes)
        size = close_emphasis(scan, at, size);
    if (opens && size > 0)
        push_emphasis(scan, end - size, size);
    return end;
}

static size_t scan_at(struct scan *scan, size_t at)
{
    switch (scan->data[at]) {
    case '\\':
        if (at + 1 < scan->end && is_punctuation(scan->data[at + 1])) {
            drop(scan, at, at + 1);
            return at + 2;
        }
        return at + 1;
    case '`':
        return scan_code(scan, at);
    case '<':
        return scan_angle(scan, at);
    case '[':
        push_bracket(scan, at);
        return at + 1;
    case ']':
        return scan_close(scan, at);
    case '*':
    case '_':
    case '~':
        return scan_emphasis(scan, at);
    default:
        return at + 1;
    }
}

void clean_markdown_inline(struct mr_span source, uint8_t *keep, size_t start,
                           size_t end, size_t *linked)
{
    struct scan scan = { .data = source.data,
                         .keep = keep,
                         .start = start,
                         .end = end,
                         .linked = linked };

    for (size_t at = start; at < end;)
        at = keep[at] != 0 ? scan_at(&scan, at) : at + 1;
}
