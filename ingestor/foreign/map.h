// SPDX-License-Identifier: Apache-2.0
/*
 * map.h - a record of somebody else's topic as a document.
 *
 * The value becomes a tree, by its format; paths say where in it the parts of
 * a document are.  Left out, they are the members of document_json.h (below
 * "data" in a CloudEvent), and the id is the record's key.  A record without
 * a value deletes the document whose id is its key.
 *
 * Whoever names a path for owner or acl wants it to be there: a record in
 * which it is not is refused, for it would be everybody's.
 *
 * Memory:  the caller's arena, and trees until foreign_tree_free().
 * Threads: any.  I/O: none.
 */
#ifndef INGESTOR_FOREIGN_MAP_H
#define INGESTOR_FOREIGN_MAP_H

#include "common/ports/bus.h"
#include "common/wire/raw.h"
#include "ingestor/foreign/path.h"
#include "ingestor/ingestor.h"

/* Members of metadata, or objects of them, that are named. */
#define FOREIGN_METADATA_MAX 64u

enum foreign_format {
    FOREIGN_JSON,
    FOREIGN_PROTOBUF,
    FOREIGN_CONFLUENT,
    FOREIGN_CLOUDEVENTS,
};

struct foreign_metadata {
    const char *name; /* of one value; NULL: an object's members */
    struct foreign_path path;
};

struct foreign_map {
    enum foreign_format format;
    enum foreign_format inner; /* JSON or protobuf */
    struct foreign_path id;
    struct foreign_path text; /* with html: the first that is there */
    struct foreign_path html;
    struct foreign_path title;
    struct foreign_path url;
    struct foreign_path time;
    struct foreign_path owner;
    struct foreign_path acl;
    bool wants_owner;
    bool wants_acl;
    struct foreign_metadata *metadata;
    size_t metadata_count;
};

struct proto_schema;

/* Whether values are decoded by a schema. */
bool foreign_map_wants_schema(const struct source_config *config);

/* Of format, inner, message and fields; texts are borrowed.  MR_E_INVALID:
 * what cannot be. */
MR_MUST_CHECK enum mr_code foreign_map_parse(const struct source_config *config,
                                             struct mr_arena *arena,
                                             struct foreign_map *out,
                                             struct mr_err *err);

/*
 * What the record says: a put or a delete; source, rank and lane are the
 * caller's.  `schema` is NULL where none is wanted.  What `out` points to is
 * *keep's, for mr_json_free() (NULL too), the arena's or the record's.  A code
 * of class POISON: it says nothing, and why.
 */
MR_MUST_CHECK enum mr_code foreign_map_record(
    const struct foreign_map *map, const struct proto_schema *schema,
    const struct mr_record *record, struct mr_arena *arena, struct mr_raw *out,
    struct mr_json **keep, struct mr_err *err);

#endif
