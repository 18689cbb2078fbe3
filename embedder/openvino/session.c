// SPDX-License-Identifier: Apache-2.0
/*
 * session.c - see session.h.
 *
 * Runs are started asynchronously and waited for, so that all of them happen
 * on OpenVINO's own thread: what it keeps for each thread that ever called it
 * is kept once, whoever asks for vectors.
 */
#include "embedder/openvino/session.h"

#include <stdio.h>
#include <string.h>

#include <openvino/c/openvino.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/base/mr_span.h"

struct session {
    ov_core_t *core;
    ov_compiled_model_t *model;
    ov_infer_request_t *request;
    ov_output_const_port_t *ids;
    ov_output_const_port_t *mask;
    ov_output_const_port_t *vector;
    size_t dimension;
};

/* The last line of OpenVINO's words: the first ones name its source files. */
static struct mr_span last_line(const char *text)
{
    const char *line = text;

    for (const char *at = text; *at != '\0'; at++)
        if (at[0] == '\n' && at[1] != '\n' && at[1] != '\0')
            line = at + 1;
    return mr_span(line, strcspn(line, "\n"));
}

static enum mr_code fail(struct mr_err *err, enum mr_code code,
                         const char *what)
{
    const char *text = ov_get_last_err_msg();
    struct mr_span line = last_line(text == NULL ? "no reason given" : text);

    (void)mr_fail(err, code, "openvino: %s: %.*s", what, MR_SPAN_ARG(line));
    ov_free(text);
    return code;
}

static enum mr_code compile(struct session *session, const char *xml,
                            uint32_t threads, struct mr_err *err)
{
    char number[16];
    /* LATENCY: all threads work on one request, the quickest for a single
     * query, and as fast as any for batches.  f32: on a processor with
     * bfloat16 the default is that, and a vector then depends on the machine
     * (by up to 2e-3). */
    ov_property_t properties[] = {
        { "PERFORMANCE_HINT", "LATENCY" },
        { "INFERENCE_PRECISION_HINT", "f32" },
        { "INFERENCE_NUM_THREADS", number },
    };

    (void)snprintf(number, sizeof(number), "%u", threads);
    if (ov_core_create(&session->core) != OK)
        return fail(err, MR_E_CONFIG, "starting");
    if (ov_core_compile_model_from_file_props(session->core, xml, "CPU",
                                              threads == 0 ? 2 : 3, properties,
                                              &session->model) != OK)
        return fail(err, MR_E_CONFIG, "reading the model");
    if (ov_compiled_model_create_infer_request(session->model,
                                               &session->request) != OK)
        return fail(err, MR_E_CONFIG, "preparing the model");
    return MR_OK;
}

static enum mr_code find_input(struct session *session, const char *name,
                               ov_output_const_port_t **port,
                               struct mr_err *err)
{
    ov_element_type_e type;

    if (ov_compiled_model_input_by_name(session->model, name, port) != OK)
        return mr_fail(err, MR_E_CONFIG,
                       "openvino: the model has no input \"%s\"", name);
    if (ov_port_get_element_type(*port, &type) != OK || type != I64)
        return mr_fail(err, MR_E_CONFIG,
                       "openvino: the model's input \"%s\" is not of 64-bit "
                       "integers",
                       name);
    return MR_OK;
}

static enum mr_code find_output(struct session *session, struct mr_err *err)
{
    ov_partial_shape_t shape;
    ov_element_type_e type;
    enum mr_code code = MR_OK;

    if (ov_compiled_model_output(session->model, &session->vector) != OK ||
        ov_port_get_element_type(session->vector, &type) != OK || type != F32)
        return mr_fail(err, MR_E_CONFIG,
                       "openvino: the model's output is not one of floats");
    if (ov_port_get_partial_shape(session->vector, &shape) != OK)
        return fail(err, MR_E_CONFIG, "asking for the output's shape");
    if (shape.rank.max != 2 || shape.dims[1].min != shape.dims[1].max ||
        shape.dims[1].min < 1)
        code = mr_fail(err, MR_E_CONFIG,
                       "openvino: the model's output is not [rows, dimension]");
    else
        session->dimension = (size_t)shape.dims[1].min;
    ov_partial_shape_free(&shape);
    return code;
}

enum mr_code session_open(const char *xml, uint32_t threads,
                          struct session **out, struct mr_err *err)
{
    struct session *session = mr_calloc(1, sizeof(*session));
    enum mr_code code = compile(session, xml, threads, err);

    if (code == MR_OK)
        code = find_input(session, "input_ids", &session->ids, err);
    if (code == MR_OK)
        code = find_input(session, "attention_mask", &session->mask, err);
    if (code == MR_OK)
        code = find_output(session, err);
    if (code != MR_OK) {
        session_close(session);
        session = NULL;
    }
    *out = session;
    return code;
}

void session_close(struct session *session)
{
    if (session == NULL)
        return;
    if (session->vector != NULL)
        ov_output_const_port_free(session->vector);
    if (session->mask != NULL)
        ov_output_const_port_free(session->mask);
    if (session->ids != NULL)
        ov_output_const_port_free(session->ids);
    if (session->request != NULL)
        ov_infer_request_free(session->request);
    if (session->model != NULL)
        ov_compiled_model_free(session->model);
    if (session->core != NULL)
        ov_core_free(session->core);
    mr_free(session);
}

size_t session_dimension(const struct session *session)
{
    return session->dimension;
}

/* Lends the numbers to the request until its next run. */
static enum mr_code lend(struct session *session,
                         const ov_output_const_port_t *port,
                         const int64_t *numbers, int64_t rows, int64_t length,
                         struct mr_err *err)
{
    int64_t dims[2] = { rows, length };
    ov_shape_t shape = { .rank = 2, .dims = dims };
    ov_tensor_t *tensor;
    enum mr_code code = MR_OK;

    /* OpenVINO only reads what an input tensor points to. */
    if (ov_tensor_create_from_host_ptr(I64, shape, (void *)(uintptr_t)numbers,
                                       &tensor) != OK)
        return fail(err, MR_E_UNAVAILABLE, "wrapping an input");
    if (ov_infer_request_set_tensor_by_const_port(session->request, port,
                                                  tensor) != OK)
        code = fail(err, MR_E_UNAVAILABLE, "setting an input");
    ov_tensor_free(tensor);
    return code;
}

static enum mr_code copy_output(struct session *session, size_t floats,
                                float *out, struct mr_err *err)
{
    ov_tensor_t *tensor;
    void *data = NULL;
    size_t size = 0;
    enum mr_code code = MR_OK;

    if (ov_infer_request_get_tensor_by_const_port(
            session->request, session->vector, &tensor) != OK)
        return fail(err, MR_E_UNAVAILABLE, "getting the output");
    if (ov_tensor_get_size(tensor, &size) != OK ||
        ov_tensor_data(tensor, &data) != OK)
        code = fail(err, MR_E_UNAVAILABLE, "reading the output");
    else if (size != floats)
        code = mr_fail(err, MR_E_UNAVAILABLE,
                       "openvino: %zu floats came, %zu expected", size, floats);
    else
        memcpy(out, data, floats * sizeof(float));
    ov_tensor_free(tensor);
    return code;
}

enum mr_code session_run(struct session *session, const int64_t *ids,
                         const int64_t *mask, size_t rows, size_t length,
                         float *out, struct mr_err *err)
{
    enum mr_code code;

    MR_ASSERT(rows > 0 && length > 0);
    code =
        lend(session, session->ids, ids, (int64_t)rows, (int64_t)length, err);
    if (code == MR_OK)
        code = lend(session, session->mask, mask, (int64_t)rows,
                    (int64_t)length, err);
    if (code != MR_OK)
        return code;
    if (ov_infer_request_start_async(session->request) != OK ||
        ov_infer_request_wait(session->request) != OK)
        return fail(err, MR_E_UNAVAILABLE, "running the model");
    return copy_output(session, rows * session->dimension, out, err);
}
