// SPDX-License-Identifier: Apache-2.0
/*
 * markdown.c - see markdown.h.
 *
 * The source gets a flag for each byte, set at first.  A pass over the lines
 * finds blocks and clears their marks, and hands each paragraph to
 * markdown_inline.c as it ends; at last the bytes still flagged are copied, and
 * line ends within a paragraph become spaces.
 */
#include "preprocessor/clean/markdown.h"

#include "common/base/mr_mem.h"
#include "preprocessor/clean/markdown_inline.h"

/* "[label]: address" may be so long. */
#define DEFINITION_LABEL_MAX 1000u

/* What becomes of a byte. */
enum {
    DROP,
    KEEP,
    AS_SPACE
};

struct place {
    size_t start;
    size_t end;
    unsigned level;
};

struct blocks {
    struct mr_span source;
    uint8_t *keep;
    struct clean_draft *draft;
    struct place *headings; /* ranges of the source */
    size_t heading_count;
    size_t heading_room;
    size_t paragraph; /* begin of the open paragraph */
    size_t paragraph_end;
    bool in_paragraph;
    bool has_bar; /* the paragraph's last line may be a table's row */
    bool in_list;
    bool after_blank;
    bool no_comment_end; /* none closes from here on */
    uint8_t fence;       /* its character, 0 outside of one */
    size_t fence_size;
    bool fence_quoted; /* it stands behind ">" */
};

/* A line without its end, and what comes after. */
struct line {
    size_t start; /* behind quote marks */
    size_t text;  /* the first byte that is no blank */
    size_t end;
    size_t next;
    size_t indent;
};

static void drop(struct blocks *b, size_t start, size_t end)
{
    memset(b->keep + start, 0, end - start);
}

static void close_paragraph(struct blocks *b)
{
    if (b->in_paragraph)
        clean_markdown_inline(b->source, b->keep, b->paragraph,
                              b->paragraph_end, &b->draft->linked);
    b->in_paragraph = false;
}

static void add_heading(struct blocks *b, size_t start, size_t end,
                        unsigned level)
{
    if (b->heading_count == b->heading_room) {
        b->heading_room = b->heading_room == 0 ? 16 : 2 * b->heading_room;
        b->headings = mr_realloc_array(b->headings, b->heading_room,
                                       sizeof(b->headings[0]));
    }
    b->headings[b->heading_count++] = (struct place){ start, end, level };
}

static size_t line_end(const struct blocks *b, size_t at)
{
    const uint8_t *newline =
        at < b->source.size
            ? memchr(b->source.data + at, '\n', b->source.size - at)
            : NULL;

    return newline == NULL ? b->source.size
                           : (size_t)(newline - b->source.data);
}

/* `text` and `indent` for what begins at `start`. */
static void find_text(const struct blocks *b, struct line *line)
{
    line->text = line->start;
    line->indent = 0;
    while (line->text < line->end) {
        uint8_t byte = b->source.data[line->text];

        if (byte == '\t')
            line->indent += 4;
        else if (byte == ' ' || b->keep[line->text] == 0)
            line->indent += b->keep[line->text] != 0;
        else
            break;
        line->text++;
    }
}

/* Drops the ">" in front of a quoted line. */
static void strip_quotes(struct blocks *b, struct line *line)
{
    while (line->indent < 4 && line->text < line->end &&
           b->source.data[line->text] == '>') {
        size_t after = line->text + 1;

        if (after < line->end && b->source.data[after] == ' ')
            after++;
        drop(b, line->start, after);
        line->start = after;
        find_text(b, line);
    }
}

/* The line at `at`; comments are dropped, and one that goes over several
 * lines makes them one. */
static struct line read_line(struct blocks *b, size_t at)
{
    struct line line = { .start = at, .end = line_end(b, at) };
    size_t from = at;

    while (b->fence == 0 && !b->no_comment_end && from < line.end) {
        const uint8_t *open =
            memmem(b->source.data + from, line.end - from, "<!--", 4);
        const uint8_t *close;

        if (open == NULL)
            break;
        from = (size_t)(open - b->source.data);
        close = memmem(open + 4, b->source.size - from - 4, "-->", 3);
        if (close == NULL) {
            b->no_comment_end = true;
            break;
        }
        drop(b, from, (size_t)(close - b->source.data) + 3);
        from = (size_t)(close - b->source.data) + 3;
        line.end = line_end(b, from);
    }
    line.next = line.end < b->source.size ? line.end + 1 : line.end;
    if (line.end > line.start && b->source.data[line.end - 1] == '\r')
        line.end--;
    find_text(b, &line);
    if (b->fence == 0 || b->fence_quoted)
        strip_quotes(b, &line);
    return line;
}

static size_t count_at(const struct blocks *b, size_t at, size_t end,
                       uint8_t byte)
{
    size_t from = at;

    while (at < end && b->source.data[at] == byte)
        at++;
    return at - from;
}

/* Only bytes of `set` from `at` on. */
static bool only(const struct blocks *b, size_t at, size_t end, const char *set)
{
    for (; at < end; at++)
        if (b->source.data[at] == '\0' ||
            strchr(set, b->source.data[at]) == NULL)
            return false;
    return true;
}

static bool take_fence(struct blocks *b, const struct line *line)
{
    uint8_t byte = line->text < line->end ? b->source.data[line->text] : 0;
    size_t size = count_at(b, line->text, line->end, byte);

    if (b->fence != 0) {
        if (byte != b->fence || size < b->fence_size ||
            !only(b, line->text + size, line->end, " \t"))
            return true; /* code */
        b->fence = 0;
        drop(b, line->start, line->next);
        return true;
    }
    if ((byte != '`' && byte != '~') || size < 3 ||
        (byte == '`' && memchr(b->source.data + line->text + size, '`',
                               line->end - line->text - size) != NULL))
        return false;
    close_paragraph(b);
    b->fence = byte;
    b->fence_size = size;
    b->fence_quoted =
        line->start > 0 && b->source.data[line->start - 1] != '\n';
    drop(b, line->start, line->next);
    return true;
}

static size_t trim_end(const struct blocks *b, size_t start, size_t end)
{
    while (end > start && only(b, end - 1, end, " \t"))
        end--;
    return end;
}

static bool take_atx(struct blocks *b, const struct line *line)
{
    size_t level = count_at(b, line->text, line->end, '#');
    size_t start = line->text + level;
    size_t end = line->end, closing;

    if (level < 1 || level > 6 || line->indent > 3 ||
        (start < end && b->source.data[start] != ' ' &&
         b->source.data[start] != '\t'))
        return false;
    close_paragraph(b);
    b->in_list = false;
    while (start < end && only(b, start, start + 1, " \t"))
        start++;
    end = trim_end(b, start, end);
    closing = end;
    while (closing > start && b->source.data[closing - 1] == '#')
        closing--;
    if (closing == start || only(b, closing - 1, closing, " \t"))
        end = trim_end(b, start, closing);
    drop(b, line->start, start);
    drop(b, end, line->end);
    clean_markdown_inline(b->source, b->keep, start, end, &b->draft->linked);
    add_heading(b, start, end, (unsigned)level);
    return true;
}

/* "===" or "---" under a paragraph, "---" between, rows of dashes in tables. */
static bool take_rule(struct blocks *b, const struct line *line)
{
    uint8_t byte = line->text < line->end ? b->source.data[line->text] : 0;
    size_t size = count_at(b, line->text, line->end, byte);
    bool alone = only(b, line->text + size, line->end, " \t");

    if (line->indent > 3)
        return false;
    if (b->in_paragraph && !b->in_list && alone &&
        (byte == '=' || byte == '-')) {
        size_t start = b->paragraph, end = b->paragraph_end;

        close_paragraph(b);
        drop(b, line->start, line->next);
        add_heading(b, start, end, byte == '=' ? 1 : 2);
        return true;
    }
    if ((byte == '|' || byte == '-' || byte == ':') &&
        only(b, line->text, line->end, "|-: \t") &&
        memchr(b->source.data + line->text, '|', line->end - line->text) !=
            NULL &&
        memchr(b->source.data + line->text, '-', line->end - line->text) !=
            NULL) {
        drop(b, line->start, line->next);
        return true;
    }
    if (byte == '-' || byte == '*' || byte == '_') {
        char set[] = { (char)byte, ' ', '\t', '\0' };
        size_t marks = 0;

        if (!only(b, line->text, line->end, set))
            return false;
        for (size_t at = line->text; at < line->end; at++)
            marks += b->source.data[at] == byte;
        if (marks < 3)
            return false;
        close_paragraph(b);
        drop(b, line->start, line->next);
        return true;
    }
    return false;
}

/* "[label]: address" on a line of its own. */
static bool take_definition(struct blocks *b, const struct line *line)
{
    size_t max = line->end - line->text < DEFINITION_LABEL_MAX
                     ? line->end - line->text
                     : DEFINITION_LABEL_MAX;
    const uint8_t *close;

    if (b->in_paragraph || line->indent > 3 || max < 4 ||
        b->source.data[line->text] != '[' ||
        b->source.data[line->text + 1] == '^')
        return false;
    close = memchr(b->source.data + line->text, ']', max);
    if (close == NULL || close + 1 >= b->source.data + line->end ||
        close[1] != ':')
        return false;
    drop(b, line->start, line->next);
    return true;
}

/* The marker of a list item at `at`: the byte after it and its blank, or 0. */
static size_t item_end(const struct blocks *b, const struct line *line)
{
    size_t at = line->text;

    if (at < line->end && strchr("-*+", b->source.data[at]) != NULL &&
        b->source.data[at] != '\0') {
        at++;
    } else {
        while (at < line->end && at - line->text < 9 &&
               b->source.data[at] >= '0' && b->source.data[at] <= '9')
            at++;
        if (at == line->text || at == line->end ||
            (b->source.data[at] != '.' && b->source.data[at] != ')'))
            return 0;
        at++;
    }
    return at == line->end || only(b, at, at + 1, " \t") ? at : 0;
}

/* A paragraph goes on in this line: the line's end before it becomes a space,
 * but for tables and where two blanks or a backslash ask for a break. */
static void join(struct blocks *b, const struct line *line, bool has_bar)
{
    const uint8_t *data = b->source.data;
    size_t end = b->paragraph_end;
    size_t newline = end;

    while (newline < line->start && data[newline] == '\r')
        newline++;
    if (has_bar || b->has_bar || end < 2 || data[end - 1] == '\\' ||
        (data[end - 1] == ' ' && data[end - 2] == ' ') ||
        newline == line->start || data[newline] != '\n' ||
        memchr(data + newline + 1, '\n', line->start - newline - 1) != NULL)
        return;
    drop(b, end, newline);
    drop(b, line->start, line->text);
    b->keep[newline] = AS_SPACE;
}

static void take_text(struct blocks *b, const struct line *line)
{
    size_t item = item_end(b, line);
    bool has_bar = memchr(b->source.data + line->text, '|',
                          line->end - line->text) != NULL;

    if (item == 0 && line->indent >= 4 && !b->in_paragraph && !b->in_list)
        return; /* code */
    if (item != 0) {
        close_paragraph(b);
        b->in_list = true;
    } else if (b->after_blank && line->indent == 0) {
        b->in_list = false;
    }
    if (b->in_paragraph)
        join(b, line, has_bar);
    else
        b->paragraph = item != 0 ? item : line->text;
    b->in_paragraph = true;
    b->paragraph_end = line->end;
    b->has_bar = has_bar;
}

static void take_line(struct blocks *b, const struct line *line)
{
    bool blank = line->text == line->end;

    if (take_fence(b, line))
        return;
    if (blank)
        close_paragraph(b);
    else if (!take_atx(b, line) && !take_rule(b, line) &&
             !take_definition(b, line))
        take_text(b, line);
    b->after_blank = blank;
}

/* The value of "title:" without its quotes. */
static void read_title(struct blocks *b, size_t at, size_t end)
{
    const uint8_t *data = b->source.data;

    if (end - at < 6 || memcmp(data + at, "title:", 6) != 0)
        return;
    at += 6;
    while (at < end && only(b, at, at + 1, " \t\"'"))
        at++;
    while (end > at && only(b, end - 1, end, " \t\r\"'"))
        end--;
    if (end > at)
        b->draft->title = mr_span(data + at, end - at);
}

/* Drops front matter; gives the byte after it. */
static size_t skip_front_matter(struct blocks *b)
{
    size_t end = line_end(b, 0);
    size_t at = end + 1;

    if (!mr_span_starts(b->source, mr_span("---", 3)) ||
        !only(b, 3, end, " \t\r"))
        return 0;
    while (at < b->source.size) {
        end = line_end(b, at);
        if (end - at >= 3 &&
            (memcmp(b->source.data + at, "---", 3) == 0 ||
             memcmp(b->source.data + at, "...", 3) == 0) &&
            only(b, at + 3, end, " \t\r")) {
            at = end < b->source.size ? end + 1 : end;
            drop(b, 0, at);
            return at;
        }
        read_title(b, at, end);
        at = end + 1;
    }
    b->draft->title = mr_span(NULL, 0);
    return 0;
}

/* Copies a run of what is kept. */
static void copy_run(struct blocks *b, size_t start, size_t end)
{
    size_t before = b->draft->text.size;

    clean_draft_copy(b->draft, b->source, start, end);
    if (b->draft->text.full)
        return;
    for (size_t at = start; at < end; at++) {
        if (b->keep[at] == AS_SPACE)
            b->draft->text.data[before + at - start] = ' ';
    }
}

/* Copies what is flagged up to `end`. */
static size_t copy_until(struct blocks *b, size_t at, size_t end)
{
    while (at < end) {
        size_t start = at;

        while (at < end && b->keep[at] != DROP)
            at++;
        copy_run(b, start, at);
        while (at < end && b->keep[at] == DROP)
            at++;
    }
    return at;
}

static void copy_all(struct blocks *b, struct mr_arena *arena)
{
    size_t at = 0;

    for (size_t i = 0; i < b->heading_count; i++) {
        struct place *heading = &b->headings[i];
        size_t start;

        at = copy_until(b, at, heading->start);
        start = b->draft->text.size;
        at = copy_until(b, at, heading->end);
        clean_draft_heading(b->draft, start, b->draft->text.size,
                            heading->level);
        if (b->draft->title.data == NULL && heading->level == 1 &&
            b->draft->text.size > start)
            b->draft->title =
                mr_arena_copy(arena, mr_span(b->draft->text.data + start,
                                             b->draft->text.size - start));
    }
    (void)copy_until(b, at, b->source.size);
}

void clean_markdown(struct mr_span source, struct mr_arena *arena,
                    struct clean_draft *draft)
{
    struct blocks b = { .source = source, .draft = draft };

    b.keep = mr_malloc(source.size);
    memset(b.keep, 1, source.size);
    for (size_t at = skip_front_matter(&b); at < source.size;) {
        struct line line = read_line(&b, at);

        take_line(&b, &line);
        at = line.next;
    }
    close_paragraph(&b);
    copy_all(&b, arena);
    mr_free(b.headings);
    mr_free(b.keep);
}
