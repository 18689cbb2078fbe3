// SPDX-License-Identifier: Apache-2.0
/*
 * prompt.c - see prompt.h.
 */
#include "retriever/answer/prompt.h"

void prompt_write(const struct mr_span *passages, size_t count,
                  struct mr_span question, struct mr_buf *out)
{
    mr_buf_str(out, "Context: ");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            mr_buf_byte(out, '\n');
        mr_buf_span(out, passages[i]);
    }
    mr_buf_str(out, "\nQuestion: ");
    mr_buf_span(out, question);
    mr_buf_str(out, "\nAnswer:");
}
