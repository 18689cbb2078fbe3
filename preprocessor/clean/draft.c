// SPDX-License-Identifier: Apache-2.0
/*
 * draft.c - see draft.h.
 */
#include "preprocessor/clean/draft.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

/* Extractors add line ends and list markers, less than they leave out; a
 * character reference can stand for more bytes than it has ("&nGt;": 5 for
 * 6). */
#define GROWTH 4u

struct clean_draft clean_draft(size_t size)
{
    return (struct clean_draft){ .text = mr_buf(GROWTH * size + 64) };
}

void clean_draft_deinit(struct clean_draft *draft)
{
    mr_buf_deinit(&draft->text);
    mr_source_map_deinit(&draft->map);
    mr_free(draft->headings);
    *draft = (struct clean_draft){ 0 };
}

void clean_draft_copy(struct clean_draft *draft, struct mr_span source,
                      size_t start, size_t end)
{
    MR_ASSERT(start <= end && end <= source.size);

    if (start < end) /* an absent source takes no offset */
        mr_buf_append(&draft->text, source.data + start, end - start);
    if (draft->text.full)
        return;
    mr_source_map_copied(&draft->map, start, end - start);
}

void clean_draft_write(struct clean_draft *draft, struct mr_span bytes,
                       size_t start, size_t end)
{
    MR_ASSERT(start <= end);

    mr_buf_span(&draft->text, bytes);
    if (draft->text.full)
        return;
    mr_source_map_replaced(&draft->map, bytes.size, start, end - start);
}

void clean_draft_heading(struct clean_draft *draft, size_t start, size_t end,
                         unsigned level)
{
    if (start >= end || draft->heading_count == CLEAN_HEADINGS_MAX)
        return;
    MR_ASSERT(draft->heading_count == 0 ||
              draft->headings[draft->heading_count - 1].end <= start);
    if (draft->heading_count == draft->heading_room) {
        draft->heading_room =
            draft->heading_room == 0 ? 16 : 2 * draft->heading_room;
        draft->headings = mr_realloc_array(draft->headings, draft->heading_room,
                                           sizeof(draft->headings[0]));
    }
    draft->headings[draft->heading_count++] =
        (struct clean_heading){ start, end, level };
}
