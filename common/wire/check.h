// SPDX-License-Identifier: Apache-2.0
/*
 * check.h - what every message is checked for.  Private to common/wire.
 *
 * Each message has one function of checks over its plain struct, which runs
 * before it is encoded and after it was parsed.  Checks are a list without
 * branches: the first that fails is kept, the others change nothing.
 *
 *   size or count past a limit    MR_E_LIMIT
 *   anything else                 `bad`: MR_E_CORRUPT for bytes that came,
 *                                 MR_E_INVALID for a struct that was given
 *
 * Memory: borrows.  Threads: one at a time.  I/O: none.
 */
#ifndef COMMON_WIRE_CHECK_H
#define COMMON_WIRE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/mr_span.h"
#include "common/base/mr_status.h"
#include "common/wire/clean.h"
#include "common/wire/types.h"

struct mr_wire_check {
    const char *message; /* "clean": whose words these are */
    enum mr_code bad;
    enum mr_code code; /* of the first failure, or MR_OK */
    struct mr_err *err;
};

struct mr_wire_check mr_wire_encoding(const char *message, struct mr_err *err);
struct mr_wire_check mr_wire_parsing(const char *message, struct mr_err *err);

/* `fact` is what ought to be, such as "passages are in order". */
void mr_wire_check(struct mr_wire_check *c, bool ok, const char *fact);

/* `value` is one of `first` to `last`. */
void mr_wire_check_enum(struct mr_wire_check *c, const char *what, int value,
                        int first, int last);

void mr_wire_check_size(struct mr_wire_check *c, const char *what, size_t size,
                        size_t max);

/* UTF-8 of at most `max` bytes, or absent. */
void mr_wire_check_text(struct mr_wire_check *c, const char *what,
                        struct mr_span text, size_t max);

/* UTF-8 of 1 to MR_ID_BYTES_MAX bytes. */
void mr_wire_check_id(struct mr_wire_check *c, const char *what,
                      struct mr_span id);

void mr_wire_check_access(struct mr_wire_check *c,
                          const struct mr_access *access);

/* `nulls`: whether a value may be null, as in a patch. */
void mr_wire_check_pairs(struct mr_wire_check *c, const struct mr_pairs *pairs,
                         bool nulls);

void mr_wire_check_signals(struct mr_wire_check *c,
                           const struct mr_signals *signals);

/* That it is not too much to be inline. */
void mr_wire_check_payload(struct mr_wire_check *c, const char *what,
                           const struct mr_payload *payload);

/* As before, and UTF-8 if the bytes are here, and `passages` lie in it. */
void mr_wire_check_passages(struct mr_wire_check *c,
                            const struct mr_payload *text,
                            const struct mr_passages *passages);

void mr_wire_check_reason(struct mr_wire_check *c,
                          const struct mr_reason *reason);

#endif
