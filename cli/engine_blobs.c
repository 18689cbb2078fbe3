// SPDX-License-Identifier: Apache-2.0
/*
 * engine_blobs.c - what is too long for a message lies in a folder, or in an
 * object store that all machines reach.
 */
#include "cli/engine_parts.h"
#include "common/base/mr_mem.h"
#include "common/runtime/config.h"

static enum mr_code open_object_store(struct engine *engine, struct mr_err *err)
{
    const struct engine_blobs *options = &engine->options.blobs;
    struct mr_blob_s3_spec spec = {
        .endpoint = options->endpoint,
        .region = options->region,
        .bucket = options->bucket,
        .prefix = options->prefix,
        .virtual_hosted = options->virtual_hosted,
        .key_id = options->key_id,
        .ca_file = options->ca_file,
        .clock = mr_system_clock_port(engine->clock),
    };
    char *secret = NULL;
    enum mr_code code = mr_config_secret(options->secret_env,
                                         options->secret_file, &secret, err);

    spec.secret = secret;
    if (code == MR_OK)
        code = mr_blob_s3_open(&spec, &engine->object_store, err);
    mr_free(secret);
    return code;
}

enum mr_code engine_open_blobs(struct engine *engine, struct mr_err *err)
{
    if (engine->options.blobs.endpoint != NULL)
        return open_object_store(engine, err);
    return mr_blob_folder_open(engine_shared_path(engine, "blobs"),
                               &engine->blobs, err);
}

struct mr_blob *engine_blob(struct engine *engine)
{
    return engine->object_store != NULL ? mr_blob_s3_port(engine->object_store)
                                        : mr_blob_folder_port(engine->blobs);
}

void engine_close_blobs(struct engine *engine)
{
    mr_blob_s3_close(engine->object_store);
    mr_blob_folder_close(engine->blobs);
}
