// SPDX-License-Identifier: Apache-2.0
/*
 * settings.h - from a configuration to what the engine takes.
 */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "cli/engine.h"
#include "common/runtime/config.h"

/* "millrace.yaml" when there is such a file here, else NULL. */
const char *settings_default_file(void);

/* Loads `file` (NULL: defaults only); prints every mistake to standard error
 * and gives NULL when there is one.  Freed by mr_config_free(). */
struct mr_config *settings_load(const char *file);

/* What borrows from `config` lives as long as it; `api_key` is the secret, or
 * NULL. */
struct engine_options settings_engine(const struct mr_config *config,
                                      const char *api_key);

#endif
