// SPDX-License-Identifier: Apache-2.0
/*
 * spaces.h - the state of the stage `embed`, one line a space.
 */
#ifndef EMBEDDER_STAGE_SPACES_H
#define EMBEDDER_STAGE_SPACES_H

enum embed_space {
    EMBED_BACKLOG, /* lane:u8 offset:u64be partition:u32be -> id */
    EMBED_WAITING, /* id -> its key in the backlog */
    EMBED_CACHE,   /* hash of a text, 16 bytes -> number:u64 and floats */
    EMBED_AGES,    /* number:u64be -> hash of a text */
    EMBED_META,    /* "cache" -> next number:u64 and count:u64 */
    EMBED_SPACE_COUNT,
};

#endif
