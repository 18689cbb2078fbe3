// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_config.c - `millrace config check|show|reference`.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/engine_parts.h"
#include "cli/settings.h"
#include "common/base/mr_mem.h"
#include "retriever/io/template_file.h"

#define OUTPUT_MAX ((size_t)4 << 20)

static void print_buf(struct mr_buf *buf)
{
    (void)fputs(mr_buf_text(buf), stdout);
    mr_buf_deinit(buf);
}

static int reference(bool json)
{
    struct mr_buf out = mr_buf(OUTPUT_MAX);
    struct mr_json_out object = mr_json_out(&out);

    if (json)
        mr_config_reference_json(&object);
    else
        mr_config_reference(&out);
    if (json)
        mr_buf_byte(&out, '\n');
    print_buf(&out);
    return CLI_OK;
}

static void put_mistake(struct mr_json_out *out, uint32_t line, uint32_t column,
                        const char *text)
{
    mr_json_object_begin(out);
    mr_json_key(out, "line");
    mr_json_put_u64(out, line);
    mr_json_key(out, "column");
    mr_json_put_u64(out, column);
    mr_json_key(out, "text");
    mr_json_put_str(out, text);
    mr_json_object_end(out);
}

/* Also an address, a certificate, keys or a template that the file may name,
 * but `millrace up` refuses. */
static enum mr_code check_use(const struct mr_config *config,
                              struct mr_err *err)
{
    struct engine_options options = settings_engine(config, NULL);
    struct context_template form;
    char *text;
    enum mr_code code = template_open(
        config->answer.form, config->answer.form_file, &form, &text, err);

    mr_free(text);
    return code == MR_OK ? engine_check_listen(&options, err) : code;
}

/* Every mistake as an object, on standard output. */
static int check_json(const char *file)
{
    struct mr_config_problems problems = { 0 };
    struct mr_config *config = NULL;
    struct mr_buf buf = mr_buf(OUTPUT_MAX);
    struct mr_json_out out = mr_json_out(&buf);
    struct mr_err err = { 0 };
    enum mr_code code = mr_config_load(file, &config, &problems);

    mr_json_object_begin(&out);
    mr_json_key(&out, "file");
    mr_json_put_text(&out, mr_span_str(file));
    mr_json_key(&out, "mistakes");
    mr_json_array_begin(&out);
    for (size_t i = 0; i < problems.count; i++)
        put_mistake(&out, problems.items[i].line, problems.items[i].column,
                    problems.items[i].text);
    if (code == MR_OK) {
        code = check_use(config, &err);
        if (code != MR_OK)
            put_mistake(&out, 0, 0, err.text);
    }
    mr_json_array_end(&out);
    mr_json_object_end(&out);
    mr_buf_byte(&buf, '\n');
    print_buf(&buf);
    mr_config_free(config);
    mr_config_problems_deinit(&problems);
    return code == MR_OK ? CLI_OK : CLI_UNUSABLE;
}

static int check(const char *file, bool json)
{
    struct mr_config *config;
    struct mr_err err = { 0 };
    enum mr_code code;

    if (json)
        return check_json(file);
    config = settings_load(file);
    if (config == NULL)
        return CLI_UNUSABLE;
    code = check_use(config, &err);
    if (code == MR_OK)
        (void)printf("%s: no mistakes\n", file == NULL ? "defaults" : file);
    else
        (void)fprintf(stderr, "%s: %s\n", file == NULL ? "defaults" : file,
                      err.text);
    mr_config_free(config);
    return code == MR_OK ? CLI_OK : CLI_UNUSABLE;
}

static int show(const char *file, bool json)
{
    struct mr_config *config = settings_load(file);
    struct mr_buf out = mr_buf(OUTPUT_MAX);
    struct mr_json_out object = mr_json_out(&out);

    if (config == NULL)
        return CLI_UNUSABLE;
    if (json)
        mr_config_show_json(config, &object);
    else
        mr_config_show(config, &out);
    if (json)
        mr_buf_byte(&out, '\n');
    print_buf(&out);
    mr_config_free(config);
    return CLI_OK;
}

int cli_run_config(const struct cli_command *command, int argc, char **argv)
{
    const char *file = NULL;
    bool json = false;
    const struct cli_option options[] = {
        { "config", "FILE", "default ./millrace.yaml if it is there; also -c",
          &file, NULL },
        { "json", NULL, "print an object", NULL, &json },
        { 0 }
    };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);
    const char *verb = code < 0 && count > 0 ? rest[0] : "";

    if (file == NULL)
        file = count > 1 ? rest[1] : settings_default_file();
    if (code < 0 && (count < 1 || count > 2))
        code = cli_usage(command, "say check, show or reference");
    else if (code < 0 && strcmp(verb, "check") == 0)
        code = check(file, json);
    else if (code < 0 && strcmp(verb, "show") == 0)
        code = show(file, json);
    else if (code < 0 && strcmp(verb, "reference") == 0)
        code = reference(json);
    else if (code < 0)
        code = cli_usage(command, "\"%s\" should be check, show or reference",
                         verb);
    mr_free(rest);
    return code;
}
