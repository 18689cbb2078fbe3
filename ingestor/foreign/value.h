// SPDX-License-Identifier: Apache-2.0
/*
 * value.h - the value of a record as a tree, by its format.
 *
 *   json         JSON
 *   protobuf     a message, decoded by protobuf.h
 *   confluent    0, the schema's id (4 bytes), for protobuf the message's
 *                indexes (zigzag varints), and then one of these two
 *   cloudevents  CloudEvents 1.0: the event as JSON (structured mode), or its
 *                attributes in headers ce_* and its data in the value (binary)
 *
 * Memory:  trees until foreign_tree_free().  Threads: any.  I/O: none.
 */
#ifndef INGESTOR_FOREIGN_VALUE_H
#define INGESTOR_FOREIGN_VALUE_H

#include "ingestor/foreign/map.h"

/* A header's value by its name, of whatever case; an absent span. */
struct mr_span foreign_header(const struct mr_record *record, const char *name);

/* The record has a value.  A code of class POISON: it breaks its format. */
MR_MUST_CHECK enum mr_code foreign_value_read(const struct foreign_map *map,
                                              const struct proto_schema *schema,
                                              const struct mr_record *record,
                                              struct mr_arena *arena,
                                              struct foreign_tree *out,
                                              struct mr_err *err);

/* Bytes of JSON, or of a message (`format` is one of the two). */
MR_MUST_CHECK enum mr_code foreign_data_read(enum foreign_format format,
                                             const struct proto_schema *schema,
                                             struct mr_span bytes,
                                             struct mr_json **out,
                                             struct mr_err *err);

/* event.c: a CloudEvent. */
MR_MUST_CHECK enum mr_code foreign_event_read(const struct foreign_map *map,
                                              const struct proto_schema *schema,
                                              const struct mr_record *record,
                                              struct mr_arena *arena,
                                              struct foreign_tree *out,
                                              struct mr_err *err);

#endif
