// SPDX-License-Identifier: Apache-2.0
/*
 * mr_status.h - how a millrace function says that it failed.
 *
 * A function that can fail returns an enum mr_code; MR_OK is zero.  The code
 * is for the program: its class decides what the pipeline does next.  The
 * words are for people and go into the caller's struct mr_err, which is left
 * alone on success, so that a chain of calls can share one.
 *
 * Running out of memory is not among the codes: mr_malloc() ends the process,
 * and the bus delivers the uncommitted messages again to the next one.
 */
#ifndef COMMON_BASE_MR_STATUS_H
#define COMMON_BASE_MR_STATUS_H

#define MR_MUST_CHECK        __attribute__((warn_unused_result))
#define MR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

#define MR_ERR_TEXT_MAX 1200

enum mr_code {
    MR_OK = 0,
    MR_E_CORRUPT,     /* the bytes break their own format */
    MR_E_INVALID,     /* well formed, but asks for something that cannot be */
    MR_E_LIMIT,       /* larger than what was agreed to be handled */
    MR_E_TIMEOUT,     /* a peer did not answer in time */
    MR_E_UNAVAILABLE, /* a peer refused, or is not there; a disk is full */
    MR_E_CONFIG,      /* the operator asked for something impossible */
    MR_E_BUSY,        /* somebody else holds it: a data folder, a port */
    MR_E_LOST,        /* the log no longer holds what was asked for */
    MR_E_DAMAGED,     /* our own stored state breaks its format */
    MR_E_FENCED,      /* a newer owner of this work exists */
    MR_E_CANCELLED,   /* told to stop */
};

/* What the runtime does about a failure; each code has exactly one class. */
enum mr_class {
    MR_CLASS_NONE,   /* nothing failed */
    MR_CLASS_RETRY,  /* same input, later: back off and try again */
    MR_CLASS_POISON, /* this input will never work: dead-letter it */
    MR_CLASS_FATAL,  /* no input will work: stop the process */
};

struct mr_err {
    enum mr_code code;
    char text[MR_ERR_TEXT_MAX];
};

/*
 * Records a failure and returns `code`, so that `return mr_fail(...)` reads as
 * one thought.  `err` may be NULL when the caller wants only the code.  Text
 * that does not fit is cut short.  The arguments may hold err->text: that is
 * how a caller adds to the words of what it called.
 */
enum mr_code mr_fail(struct mr_err *err, enum mr_code code, const char *fmt,
                     ...) MR_PRINTF(3, 4);
#ifdef __clang_analyzer__
/* The analyzer sees one file at a time: this tells it what is returned. */
#define mr_fail(err, code, ...) (mr_fail(err, code, __VA_ARGS__), (code))
#endif

/* As mr_fail(), with ": " and the words of errno value `number` appended. */
enum mr_code mr_fail_errno(struct mr_err *err, enum mr_code code, int number,
                           const char *fmt, ...) MR_PRINTF(4, 5);
#ifdef __clang_analyzer__
#define mr_fail_errno(err, code, ...) \
    (mr_fail_errno(err, code, __VA_ARGS__), (code))
#endif

/* The class of `code`, which must be one of enum mr_code. */
enum mr_class mr_class_of(enum mr_code code);

/* A short lower-case name such as "corrupt"; static. */
const char *mr_code_name(enum mr_code code);

#endif
