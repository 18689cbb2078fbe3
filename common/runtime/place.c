// SPDX-License-Identifier: Apache-2.0
/*
 * place.c - see place.h.
 */
#include "common/runtime/place.h"

#include <stdio.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/wire/types.h"

static enum mr_code check_spec(const struct mr_place_spec *spec,
                               struct mr_err *err)
{
    if (strlen(spec->collection) > MR_COLLECTION_NAME_MAX)
        return mr_fail(err, MR_E_CONFIG,
                       "place: a collection's name has %zu bytes, at most %u",
                       strlen(spec->collection), MR_COLLECTION_NAME_MAX);
    if (strlen(spec->model) > MR_FINGERPRINT_NAME_MAX)
        return mr_fail(err, MR_E_CONFIG,
                       "place: a model's fingerprint has %zu bytes, at most %u",
                       strlen(spec->model), MR_FINGERPRINT_NAME_MAX);
    if (spec->partitions == 0 || spec->partitions > MR_PARTITIONS_MAX)
        return mr_fail(err, MR_E_CONFIG,
                       "place: %u partitions, must be from 1 to %u",
                       spec->partitions, MR_PARTITIONS_MAX);
    return MR_OK;
}

static enum mr_code open_topics(struct mr_place *place, struct mr_err *err)
{
    const struct mr_topic_scope scope = {
        .collection = place->collection,
        .generation = place->generation,
        .model = place->model,
        .partitions = place->partitions,
    };

    for (size_t i = 0; i < MR_TOPIC_COUNT; i++) {
        char name[MR_TOPIC_NAME_MAX + 1];
        struct mr_topic_spec spec;
        enum mr_code code =
            mr_topic_spec_of((enum mr_topic)i, &scope, name, &spec, err);

        if (code == MR_OK)
            code = mr_bus_topic(place->bus, &spec, &place->topics[i], err);
        if (code != MR_OK)
            return code;
    }
    return MR_OK;
}

enum mr_code mr_place_init(struct mr_place *place,
                           const struct mr_place_spec *spec, struct mr_err *err)
{
    enum mr_code code = check_spec(spec, err);

    if (code != MR_OK)
        return code;
    *place = (struct mr_place){
        .bus = spec->bus,
        .store = spec->store,
        .blob = spec->blob,
        .clock = spec->clock,
        .generation = spec->generation,
        .partitions = spec->partitions,
        .epoch = MR_EPOCH_FIRST,
    };
    (void)snprintf(place->collection, sizeof(place->collection), "%s",
                   spec->collection);
    (void)snprintf(place->model, sizeof(place->model), "%s", spec->model);
    return open_topics(place, err);
}

uint32_t mr_place_partition(const struct mr_place *place, struct mr_span id)
{
    return mr_partition_of(id, place->partitions);
}

uint64_t mr_place_version(const struct mr_place *place, uint64_t raw_offset)
{
    MR_ASSERT(place->epoch >= MR_EPOCH_FIRST);

    return mr_version(place->epoch, raw_offset);
}
