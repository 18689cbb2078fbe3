# SPDX-License-Identifier: Apache-2.0
"""Each include rule finds what it forbids and lets pass what it allows."""

import pytest

import check_layers

FORBIDDEN = [
    ("common/base/mr_x.c", '#include "common/ports/bus.h"', "layer"),
    ("common/ports/x.h", '#include "common/wire/raw.h"', "layer"),
    ("common/runtime/x.c", '#include "indexer/indexer.h"', "layer"),
    ("indexer/x.c", '#include "embedder/embedder.h"', "layer"),
    ("retriever/x.c", '#include "indexer/shard/shard.h"', "layer"),
    ("dataset/x.c", '#include "indexer/indexer.h"', "layer"),
    ("common/backends/memory/x.c", '#include "proto/raw.pb-c.h"', "layer"),
    ("common/backends/memory/x.c", '#include "common/http/client.h"', "layer"),
    ("retriever/x.c", '#include "common/backends/memory/m.h"', "layer"),
    ("common/runtime/x.c", '#include "common/backends/rules/r.h"', "layer"),
    ("indexer/x.c", "#include <rocksdb/c.h>", "library"),
    ("common/text/x.c", "#include <check.h>", "library"),
    ("retriever/x.cc", "# include <faiss/Index.h>", "library"),
    ("preprocessor/curate/x.c", "#include <time.h>", "pure"),
    ("embedder/wordpiece/x.c", "#include <unistd.h>", "pure"),
]

ALLOWED = [
    ("common/ports/x.h", '#include "common/base/mr_span.h"'),
    ("indexer/x.c", '#include "common/wire/raw.h"'),
    ("indexer/shard/x.c", '#include "indexer/segment/segment.h"'),
    ("retriever/x.c", '#include "indexer/indexer.h"'),
    ("cli/x.c", '#include "common/backends/memory/m.h"'),
    ("tests/unit/indexer/x.c", '#include "common/backends/memory/m.h"'),
    ("tests/unit/indexer/x.c", "#include <check.h>"),
    ("tests/unit/indexer/x.c", "#include <unistd.h>"),
    ("common/backends/rocksdb/x.c", "#include <rocksdb/c.h>"),
    ("common/backends/blob_s3/x.c", '#include "common/http/client.h"'),
    ("embedder/io/x.c", "#include <unistd.h>"),
    ("common/backends/system/x.c", "#include <time.h>"),
    ("indexer/x.c", "// #include <rocksdb/c.h>"),
    ("indexer/x.c", "#include <string.h>"),
]


@pytest.mark.parametrize("path,line,rule", FORBIDDEN)
def test_a_forbidden_include_is_found(path, line, rule):
    found = check_layers.check_text(path, "int x;\n" + line + "\n")
    assert [(f.rule, f.line) for f in found] == [(rule, 2)]
    assert "why: " in str(found[0]) and "fix: " in str(found[0])


@pytest.mark.parametrize("path,line", ALLOWED)
def test_an_allowed_include_passes(path, line):
    assert check_layers.check_text(path, line + "\n") == []
