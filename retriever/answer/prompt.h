// SPDX-License-Identifier: Apache-2.0
/*
 * prompt.h - from passages and a question to the text for a generator.
 *
 *   Context: <passages, one a line>\nQuestion: <question>\nAnswer:
 *
 * Memory:  the prompt is appended to the caller's buffer.
 * Threads: any.  I/O: none.
 */
#ifndef RETRIEVER_ANSWER_PROMPT_H
#define RETRIEVER_ANSWER_PROMPT_H

#include "common/base/mr_buf.h"
#include "common/base/mr_span.h"

void prompt_write(const struct mr_span *passages, size_t count,
                  struct mr_span question, struct mr_buf *out);

#endif
