// SPDX-License-Identifier: Apache-2.0
/*
 * check.c - see check.h.
 */
#include "common/wire/check.h"

#include <math.h>

#include "common/wire/utf8.h"

struct mr_wire_check mr_wire_encoding(const char *message, struct mr_err *err)
{
    return (struct mr_wire_check){
        .message = message,
        .bad = MR_E_INVALID,
        .err = err,
    };
}

struct mr_wire_check mr_wire_parsing(const char *message, struct mr_err *err)
{
    return (struct mr_wire_check){
        .message = message,
        .bad = MR_E_CORRUPT,
        .err = err,
    };
}

void mr_wire_check(struct mr_wire_check *c, bool ok, const char *fact)
{
    if (ok || c->code != MR_OK)
        return;
    c->code =
        mr_fail(c->err, c->bad, "%s: it is not so that %s", c->message, fact);
}

void mr_wire_check_enum(struct mr_wire_check *c, const char *what, int value,
                        int first, int last)
{
    if ((value >= first && value <= last) || c->code != MR_OK)
        return;
    c->code = mr_fail(c->err, c->bad, "%s: %s is %d, known are %d to %d",
                      c->message, what, value, first, last);
}

void mr_wire_check_size(struct mr_wire_check *c, const char *what, size_t size,
                        size_t max)
{
    if (size <= max || c->code != MR_OK)
        return;
    c->code = mr_fail(c->err, MR_E_LIMIT, "%s: %zu %s, at most %zu are taken",
                      c->message, size, what, max);
}

static void check_utf8(struct mr_wire_check *c, const char *what,
                       struct mr_span text)
{
    size_t good;

    if (c->code != MR_OK)
        return;
    good = mr_wire_utf8_prefix(text);
    if (good == text.size)
        return;
    c->code = mr_fail(c->err, c->bad, "%s: no UTF-8 at byte %zu of the %s",
                      c->message, good, what);
}

static void check_text_size(struct mr_wire_check *c, const char *what,
                            size_t size, size_t max)
{
    if (size <= max || c->code != MR_OK)
        return;
    c->code = mr_fail(c->err, MR_E_LIMIT,
                      "%s: %s of %zu bytes, at most %zu are taken", c->message,
                      what, size, max);
}

void mr_wire_check_text(struct mr_wire_check *c, const char *what,
                        struct mr_span text, size_t max)
{
    check_text_size(c, what, text.size, max);
    check_utf8(c, what, text);
}

void mr_wire_check_id(struct mr_wire_check *c, const char *what,
                      struct mr_span id)
{
    mr_wire_check(c, id.size > 0, "every id has a byte at least");
    mr_wire_check_text(c, what, id, MR_ID_BYTES_MAX);
}

void mr_wire_check_access(struct mr_wire_check *c,
                          const struct mr_access *access)
{
    mr_wire_check_text(c, "owner", access->owner, MR_NAME_BYTES_MAX);
    mr_wire_check_size(c, "principals", access->principal_count, MR_ACL_MAX);
    if (c->code != MR_OK)
        return;
    for (size_t i = 0; i < access->principal_count; i++)
        mr_wire_check_text(c, "principal", access->principals[i],
                           MR_NAME_BYTES_MAX);
}

static void check_pair(struct mr_wire_check *c, const struct mr_pair *pair,
                       bool nulls)
{
    mr_wire_check_enum(c, "kind of value", (int)pair->kind, MR_VALUE_TEXT,
                       nulls ? MR_VALUE_NULL : MR_VALUE_FLAG);
    check_text_size(c, "pair of metadata", pair->key.size + pair->text.size,
                    MR_PAIR_BYTES_MAX);
    check_utf8(c, "key", pair->key);
    check_utf8(c, "value", pair->text);
    mr_wire_check(c, isfinite(pair->number), "numbers are finite");
}

void mr_wire_check_pairs(struct mr_wire_check *c, const struct mr_pairs *pairs,
                         bool nulls)
{
    mr_wire_check_size(c, "pairs of metadata", pairs->count, MR_PAIRS_MAX);
    if (c->code != MR_OK)
        return;
    for (size_t i = 0; i < pairs->count; i++) {
        const struct mr_pair *pair = &pairs->items[i];

        mr_wire_check(c,
                      i == 0 || mr_span_compare(pair[-1].key, pair->key) <= 0,
                      "pairs are sorted by key");
        check_pair(c, pair, nulls);
    }
}

void mr_wire_check_signals(struct mr_wire_check *c,
                           const struct mr_signals *signals)
{
    mr_wire_check_size(c, "signals", signals->count, MR_SIGNALS_MAX);
    if (c->code != MR_OK)
        return;
    for (size_t i = 0; i < signals->count; i++) {
        mr_wire_check_text(c, "name of a signal", signals->items[i].name,
                           MR_SIGNAL_BYTES_MAX);
        mr_wire_check(c, isfinite(signals->items[i].value),
                      "signals are finite");
    }
}

void mr_wire_check_payload(struct mr_wire_check *c, const char *what,
                           const struct mr_payload *payload)
{
    if (payload->in_blob)
        mr_wire_check(c, payload->size > 0, "blobs have a size");
    else
        check_text_size(c, what, payload->bytes.size, MR_INLINE_BYTES_MAX);
}

/* `before` is the passage in front of it, or NULL. */
static void check_passage(struct mr_wire_check *c,
                          const struct mr_payload *text,
                          const struct mr_passage *before,
                          const struct mr_passage *passage)
{
    uint64_t size = text->in_blob ? text->size : text->bytes.size;

    mr_wire_check(c, before == NULL || before->start <= passage->start,
                  "passages are in order of their start");
    mr_wire_check(c, passage->start <= passage->end && passage->end <= size,
                  "passages lie within the text");
    mr_wire_check_text(c, "headings", passage->headings, MR_TITLE_BYTES_MAX);
    if (text->in_blob || c->code != MR_OK)
        return;
    mr_wire_check(c,
                  mr_wire_utf8_border(text->bytes, passage->start) &&
                      mr_wire_utf8_border(text->bytes, passage->end),
                  "passages begin and end between characters");
}

void mr_wire_check_passages(struct mr_wire_check *c,
                            const struct mr_payload *text,
                            const struct mr_passages *passages)
{
    mr_wire_check_payload(c, "text", text);
    if (!text->in_blob)
        check_utf8(c, "text", text->bytes);
    mr_wire_check_size(c, "passages", passages->count, MR_PASSAGES_MAX);
    for (size_t i = 0; i < passages->count && c->code == MR_OK; i++)
        check_passage(c, text, i == 0 ? NULL : &passages->items[i - 1],
                      &passages->items[i]);
}

void mr_wire_check_reason(struct mr_wire_check *c,
                          const struct mr_reason *reason)
{
    mr_wire_check_text(c, "rule", reason->rule, MR_NAME_BYTES_MAX);
    mr_wire_check_text(c, "value of a reason", reason->value,
                       MR_ERROR_BYTES_MAX);
    mr_wire_check_text(c, "id of an original", reason->duplicate_of,
                       MR_ID_BYTES_MAX);
    mr_wire_check(c, reason->similarity >= 0 && reason->similarity <= 1,
                  "a similarity is within 0 and 1");
}
