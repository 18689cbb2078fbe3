// SPDX-License-Identifier: Apache-2.0
/*
 * stored.c - see stored.h.
 */
#include "common/runtime/stored.h"

#include <string.h>

void mr_stored_init(struct mr_stored *stored, struct mr_store *store,
                    mr_space_id space)
{
    *stored = (struct mr_stored){ .store = store, .space = space };
}

static struct mr_span floor_of(const struct mr_stored *stored)
{
    return mr_span(stored->floor, stored->floor_size);
}

static void set_floor(struct mr_stored *stored, struct mr_span key)
{
    size_t size =
        key.size < MR_STORED_FLOOR_MAX ? key.size : MR_STORED_FLOOR_MAX;

    stored->empty = false;
    stored->floor_size = (uint8_t)size;
    if (size > 0)
        memcpy(stored->floor, key.data, size);
}

void mr_stored_will_put(struct mr_stored *stored, struct mr_span key)
{
    if (stored->empty || mr_span_compare(key, floor_of(stored)) < 0)
        set_floor(stored, key);
}

struct watch {
    struct mr_stored *stored;
    mr_store_visit *visit;
    void *context;
    bool met; /* a key has come */
};

/* The first key there is: nothing is stored below it. */
static enum mr_code visit_first(void *context, struct mr_span key,
                                struct mr_span value, bool *stop,
                                struct mr_err *err)
{
    struct watch *watch = context;

    if (!watch->met)
        set_floor(watch->stored, key);
    watch->met = true;
    return watch->visit(watch->context, key, value, stop, err);
}

/* A scan that begins where nothing is below it. */
static enum mr_code scan_from_floor(struct mr_stored *stored, struct mr_span to,
                                    mr_store_visit *visit, void *context,
                                    struct mr_err *err)
{
    uint8_t floor[MR_STORED_FLOOR_MAX]; /* the watch changes the other one */
    struct watch watch = { stored, visit, context, false };
    struct mr_range range = { .to = to };
    enum mr_code code;

    if (to.data != NULL && mr_span_compare(to, floor_of(stored)) <= 0)
        return MR_OK;
    memcpy(floor, stored->floor, stored->floor_size);
    range.from = mr_span(floor, stored->floor_size);
    code = mr_store_scan(stored->store, stored->space, range, visit_first,
                         &watch, err);
    if (code != MR_OK || watch.met)
        return code;
    if (to.data != NULL)
        set_floor(stored, to);
    else
        stored->empty = true;
    return MR_OK;
}

enum mr_code mr_stored_scan(struct mr_stored *stored, struct mr_range range,
                            mr_store_visit *visit, void *context,
                            struct mr_err *err)
{
    if (stored->empty)
        return MR_OK;
    if (range.from.data == NULL ||
        mr_span_compare(range.from, floor_of(stored)) <= 0)
        return scan_from_floor(stored, range.to, visit, context, err);
    return mr_store_scan(stored->store, stored->space, range, visit, context,
                         err);
}
