// SPDX-License-Identifier: Apache-2.0
/*
 * dead.c - GET /v1/dead, and a letter of it: what failed for good, and trying
 * it again.
 */
#include <stdlib.h>

#include "common/base/mr_time.h"
#include "retriever/api/api.h"
#include "retriever/io/dead_letters.h"
#include "retriever/io/front_door.h"

#define LIMIT_DEFAULT 100u
#define LIMIT_MAX     1000u
/* Letters looked at for one page, however few of them are of the stage. */
#define LOOKED_AT_MAX 10000u
/* Of the bytes that failed so many are shown. */
#define SHOWN_BYTES_MAX ((size_t)64 * 1024)

static void put_number(struct mr_json_out *out, const char *key,
                       uint64_t number)
{
    mr_json_key(out, key);
    mr_json_put_u64(out, number);
}

static void put_member(struct mr_json_out *out, const char *key,
                       struct mr_span text)
{
    mr_json_key(out, key);
    mr_json_put_text(out, text);
}

/* Members of a letter, into an object that is open. */
static void render_letter(struct mr_json_out *out,
                          const struct dead_letter *letter)
{
    const struct mr_dead *dead = &letter->dead;
    char time[MR_TIME_TEXT_SIZE];

    mr_time_text(letter->append_ms, time);
    put_number(out, "partition", letter->partition);
    put_number(out, "offset", letter->offset);
    put_member(out, "id", dead->id);
    put_number(out, "version", dead->version);
    put_member(out, "stage", dead->stage);
    put_member(out, "code", dead->code);
    put_member(out, "error", dead->error);
    put_member(out, "died", mr_span_str(time));
    mr_json_key(out, "input");
    mr_json_object_begin(out);
    put_member(out, "topic", dead->topic);
    put_number(out, "partition", dead->partition);
    put_number(out, "offset", dead->offset);
    put_number(out, "bytes",
               dead->value.in_blob ? dead->value.size : dead->value.bytes.size);
    mr_json_object_end(out);
}

/* "clean" means itself, "embed" any "embed.<model>". */
static bool is_of(const struct dead_letter *letter, struct mr_span stage)
{
    struct mr_span name = letter->dead.stage;

    return stage.data == NULL ||
           (mr_span_starts(name, stage) &&
            (name.size == stage.size || name.data[stage.size] == '.'));
}

static enum mr_code read_limit(const struct mr_http_call *call, uint32_t *out,
                               struct mr_err *err)
{
    struct mr_span text = mr_http_call_query(call, "limit");
    char *end;
    unsigned long limit;

    *out = LIMIT_DEFAULT;
    if (text.data == NULL)
        return MR_OK;
    limit = strtoul(mr_arena_str(call->arena, text), &end, 10);
    if (*end != '\0' || text.size == 0 || limit < 1 || limit > LIMIT_MAX)
        return mr_fail(err, MR_E_INVALID, "?limit= should be from 1 to %u",
                       LIMIT_MAX);
    *out = (uint32_t)limit;
    return MR_OK;
}

static enum mr_code list_page(struct mr_http_call *call,
                              struct dead_cursor *cursor, uint32_t limit,
                              struct mr_json_out *out, struct mr_err *err)
{
    const struct mr_place *place = api_retriever(call)->spec.place;
    struct mr_span stage = mr_http_call_query(call, "stage");
    struct mr_arena *arena = mr_arena_new();
    enum mr_code code = MR_OK;
    uint32_t shown = 0;
    bool found = true;

    mr_json_key(out, "letters");
    mr_json_array_begin(out);
    for (uint32_t i = 0; code == MR_OK && found && shown < limit; i++) {
        struct dead_letter letter;

        if (i == LOOKED_AT_MAX)
            break;
        mr_arena_reset(arena);
        code = dead_letters_next(place, cursor, arena, &letter, &found, err);
        if (code != MR_OK || !found || !is_of(&letter, stage))
            continue;
        mr_json_object_begin(out);
        render_letter(out, &letter);
        mr_json_object_end(out);
        shown++;
    }
    mr_json_array_end(out);
    mr_json_key(out, "next");
    if (found)
        mr_json_put_str(out, dead_cursor_text(cursor, call->arena));
    else
        mr_json_put_null(out);
    mr_arena_free(arena);
    return code;
}

void api_dead_list(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct mr_json_out out = mr_json_out(&reply->body);
    struct mr_err err = { 0 };
    struct dead_cursor cursor;
    uint32_t limit;
    enum mr_code code;

    if (!api_begin(call, reply))
        return;
    code = read_limit(call, &limit, &err);
    if (code == MR_OK)
        code = dead_cursor_open(api_retriever(call)->spec.place,
                                mr_http_call_query(call, "after"), call->arena,
                                &cursor, &err);
    mr_json_object_begin(&out);
    if (code == MR_OK)
        code = list_page(call, &cursor, limit, &out, &err);
    mr_json_object_end(&out);
    if (code != MR_OK)
        mr_http_fail(reply, &err);
}

static bool read_number(struct mr_http_call *call, size_t nth, uint64_t *out)
{
    struct mr_span text = call->args[nth];
    char *end;

    if (text.size == 0 || text.size > 19 || text.data[0] < '0' ||
        text.data[0] > '9')
        return false;
    *out = strtoull(mr_arena_str(call->arena, text), &end, 10);
    return *end == '\0';
}

/* The letter that the path names; false: the reply says why not. */
static bool find_letter(struct mr_http_call *call, struct mr_http_reply *reply,
                        struct dead_letter *out)
{
    struct mr_err err = { 0 };
    uint64_t partition;
    uint64_t offset;
    enum mr_code code;

    if (!api_begin(call, reply))
        return false;
    if (!read_number(call, 0, &partition) || !read_number(call, 1, &offset) ||
        partition > UINT32_MAX) {
        mr_http_reply_error(reply, 400, "invalid",
                            "a letter is named by its partition and offset, "
                            "such as /v1/dead/0/17");
        return false;
    }
    code =
        dead_letters_get(api_retriever(call)->spec.place, (uint32_t)partition,
                         offset, call->arena, out, &err);
    if (code == MR_E_LOST)
        mr_http_reply_error(reply, 404, "no_such_letter",
                            "there is no dead letter at %llu/%llu",
                            (unsigned long long)partition,
                            (unsigned long long)offset);
    else if (code != MR_OK)
        mr_http_fail(reply, &err);
    return code == MR_OK;
}

void api_dead_get(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct mr_json_out out = mr_json_out(&reply->body);
    struct dead_letter letter;
    struct mr_span value;

    if (!find_letter(call, reply, &letter))
        return;
    value = letter.dead.value.bytes;
    if (letter.dead.value.in_blob &&
        mr_blob_get(api_retriever(call)->spec.place->blob,
                    letter.dead.value.hash, call->arena, &value, NULL) != MR_OK)
        value = (struct mr_span){ 0 };
    if (value.size > SHOWN_BYTES_MAX)
        value.size = SHOWN_BYTES_MAX;
    mr_json_object_begin(&out);
    render_letter(&out, &letter);
    put_member(&out, "value", value);
    mr_json_object_end(&out);
}

static void reply_retried(struct mr_http_call *call, struct mr_span id,
                          uint64_t version, struct mr_http_reply *reply)
{
    struct mr_json_out out = mr_json_out(&reply->body);

    reply->status = 202;
    mr_json_object_begin(&out);
    put_member(&out, "id", id);
    mr_json_key(&out, "retried");
    mr_json_put_bool(&out, true);
    put_number(&out, "version", version);
    mr_json_key(&out, "token");
    mr_json_put_str(&out, front_door_token(call->arena, id, version));
    mr_json_object_end(&out);
}

static enum mr_code retry(struct mr_http_call *call,
                          const struct dead_letter *letter,
                          enum dead_fate *fate, uint64_t *version,
                          struct mr_err *err)
{
    const struct retriever *retriever = api_retriever(call);
    const struct retriever_spec *spec = &retriever->spec;
    struct dead_retry what = {
        .letter = letter,
        .peer = api_peer(retriever, letter->dead.id),
        .lag = spec->keyword_lag == NULL ? 0 : spec->keyword_lag(spec->context),
    };

    if (atomic_load(&retriever->draining))
        return mr_fail(err, MR_E_UNAVAILABLE, "the server is stopping");
    if (spec->may_write != NULL && spec->may_write(spec->context, err) != MR_OK)
        return err->code;
    return dead_letters_retry(spec->place, &what, call->arena, fate, version,
                              err);
}

void api_dead_retry(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct dead_letter letter;
    struct mr_err err = { 0 };
    enum dead_fate fate;
    uint64_t version;

    if (!find_letter(call, reply, &letter))
        return;
    if (retry(call, &letter, &fate, &version, &err) != MR_OK) {
        mr_http_fail(reply, &err);
        return;
    }
    switch (fate) {
    case DEAD_RETRIED:
        reply_retried(call, letter.dead.id, version, reply);
        return;
    case DEAD_SUPERSEDED:
        mr_http_reply_error(reply, 409, "superseded",
                            "nothing was done: version %llu of \"%.*s\" came "
                            "after the letter's, which is %llu",
                            (unsigned long long)version,
                            MR_SPAN_ARG(letter.dead.id),
                            (unsigned long long)letter.dead.version);
        return;
    case DEAD_GONE:
        mr_http_reply_error(reply, 410, "gone",
                            "what failed is not on raw any more, so it cannot "
                            "be tried again");
        return;
    case DEAD_FOREIGN:
        mr_http_reply_error(
            reply, 409, "foreign",
            "nothing was done: the input lies at %u/%llu of topic %.*s, which "
            "is not ours, and no document came of it; mend the record's "
            "writer or the source's fields, then have the record sent once "
            "more, or forget the source and give it again, which reads the "
            "topic from its beginning",
            letter.dead.partition, (unsigned long long)letter.dead.offset,
            MR_SPAN_ARG(letter.dead.topic));
        return;
    }
}
