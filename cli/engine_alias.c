// SPDX-License-Identifier: Apache-2.0
/*
 * engine_alias.c - which generation answers, asked and set at any retriever:
 *
 *   GET /v1/alias                  -> {"generation", "previous", "set_ms"}
 *                                     and "generations": those known
 *   PUT /v1/alias {"generation"}   -> the same, for all retrievers
 *   PUT /v1/alias {"generation", "partial": true}   one that is, too
 *   PUT /v1/alias {"rollback": true}   the one before again
 */
#include "cli/engine_parts.h"
#include "common/http/handler.h"

static void render(struct engine *engine, struct mr_alias alias,
                   struct mr_http_reply *reply)
{
    struct mr_json_out out = mr_json_out(&reply->body);

    mr_json_object_begin(&out);
    mr_json_key(&out, "generation");
    mr_json_put_u64(&out, alias.generation == 0 ? atomic_load(&engine->serving)
                                                : alias.generation);
    mr_json_key(&out, "previous");
    mr_json_put_u64(&out, alias.previous);
    mr_json_key(&out, "set_ms");
    mr_json_put_i64(&out, alias.set_ms);
    engine_render_generations(engine, &out);
    mr_json_object_end(&out);
}

static void get_alias(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct engine *engine = call->context;

    render(engine, members_alias(engine->members), reply);
}

/* What is asked for; 0, with the refusal in the reply: nothing that can be. */
static uint32_t wanted(struct engine *engine, const struct mr_json *body,
                       struct mr_http_reply *reply)
{
    struct mr_alias now = members_alias(engine->members);
    double number = mr_json_number(mr_json_get(body, "generation"), 0);

    if (mr_json_bool(mr_json_get(body, "rollback"), false)) {
        if (now.previous == 0 && now.generation != 0)
            return engine->place.generation;
        number = now.previous;
    }
    if (number >= 1 && number <= 1e6 && number == (double)(uint32_t)number)
        return (uint32_t)number;
    mr_http_reply_error(reply, 400, "invalid",
                        "\"generation\" is a number from 1 on; or "
                        "\"rollback\" is true, after one was set");
    return 0;
}

/* Answering from shards that nobody serves would be an outage by hand. */
static bool is_served(struct engine *engine, uint32_t generation,
                      struct mr_http_reply *reply)
{
    size_t missing = engine_count_missing(engine, generation);

    if (missing == 0)
        return true;
    mr_http_reply_error(reply, 409, "not_served",
                        "no indexer of generation %u is heard of for %zu of %u "
                        "shards",
                        generation, missing, engine->place.partitions);
    return false;
}

/* Nor is it meant that most documents are gone, unless that is said. */
static bool is_whole(struct engine *engine, uint32_t generation, bool partial,
                     struct mr_arena *arena, struct mr_http_reply *reply)
{
    struct mr_origin origin;

    if (partial || generation == atomic_load(&engine->serving) ||
        !engine_find_origin(engine, generation, arena, &origin))
        return true;
    mr_http_reply_error(reply, 409, "partial",
                        "generation %u holds only what was written %s; "
                        "`millrace generation use %u --partial` lets it "
                        "answer all the same",
                        generation, mr_origin_words(&origin, arena),
                        generation);
    return false;
}

static void put_alias(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct engine *engine = call->context;
    struct mr_json *body = mr_http_json(call, reply);
    struct mr_err err = { 0 };
    uint32_t generation;
    bool partial;

    if (body == NULL)
        return;
    generation = wanted(engine, body, reply);
    /* The one before was agreed to then. */
    partial = mr_json_bool(mr_json_get(body, "partial"), false) ||
              mr_json_bool(mr_json_get(body, "rollback"), false);
    mr_json_free(body);
    if (generation == 0 || !is_served(engine, generation, reply) ||
        !is_whole(engine, generation, partial, call->arena, reply))
        return;
    if (members_set_alias(engine->members, generation, &err) != MR_OK) {
        mr_http_fail(reply, &err);
        return;
    }
    render(engine,
           (struct mr_alias){ .generation = generation,
                              .previous = atomic_load(&engine->serving) },
           reply);
}

static const struct mr_http_route routes[] = {
    { "GET", "/v1/alias", MR_SCOPE_READ, get_alias },
    { "PUT", "/v1/alias", MR_SCOPE_ADMIN, put_alias },
};

const struct mr_http_route *engine_alias_routes(size_t *count)
{
    *count = sizeof(routes) / sizeof(routes[0]);
    return routes;
}
