#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_layers.py [ROOT]: who may include what.

Three rules, each with a table below:
  layer    a folder includes only what lies beneath it
  library  a third-party header is included by one folder only
  pure     what decides does no I/O: no system call outside io/ in a stage
"""

import re
import sys
from pathlib import Path

from findings import SOURCES, STAGES, Finding, files, read, report, tree

# Folder: the folders below common/ and beside it that it may include, itself
# always among them.  The longest folder that matches a path counts.
LAYERS = {
    "common/base": (),
    "common/ports": ("common/base",),
    "common/wire": ("common/base", "common/ports", "proto"),
    "common/json": ("common/base",),
    "common/text": ("common/base",),
    "common/document": ("common/base", "common/json", "common/wire"),
    "common/http": ("common/base", "common/ports", "common/json"),
    "common/runtime": (
        "common/base", "common/ports", "common/wire", "common/json",
        "common/text", "common/http", "proto",
    ),
    "common/backends": ("common/base", "common/ports"),
    "common/backends/blob_s3": ("common/base", "common/ports", "common/http"),
    "ingestor": ("common", "proto"),
    "preprocessor": ("common", "proto"),
    "embedder": ("common", "proto"),
    "indexer": ("common", "proto"),
    "retriever": (
        "common", "proto", "embedder/embedder.h", "indexer/indexer.h",
        "indexer/peer.h",
    ),
    "dataset": ("common", "proto", "retriever/retriever.h"),
    "cli": ("common", "proto", *STAGES, "dataset"),
    "proto": (),
}

# Stages never see a backend: cli/ hands them one as a port.
BACKENDS = "common/backends"
KNOWS_BACKENDS = ("common/backends", "cli", "tests")

# The beginning of a third-party header's name: the one folder for it.
LIBRARIES = {
    "check.h": "tests",
    "cld2/": "preprocessor",
    "curl/": "common/http",
    "faiss/": "indexer",
    "gnutls/": "common/http",
    "jansson.h": "common/json",
    "lexbor/": "common/text",
    "librdkafka/": "common/backends/kafka",
    "libstemmer.h": "indexer",
    "microhttpd.h": "common/http",
    "openvino/": "embedder",
    "protobuf-c/": "common/wire",
    "roaring/": "indexer",
    "rocksdb/": "common/backends/rocksdb",
    "unicase.h": "common/text",
    "unictype.h": "common/text",
    "uninorm.h": "common/text",
    "unistr.h": "common/text",
    "uniwbrk.h": "common/text",
    "xxhash.h": "common/base",
    "yaml.h": "common/runtime",
    "zlib.h": "ingestor",
    "zstd.h": "indexer",
}

IMPURE = (
    "dirent.h", "fcntl.h", "netdb.h", "netinet/in.h", "poll.h", "pthread.h",
    "signal.h", "sys/eventfd.h", "sys/file.h", "sys/mman.h", "sys/random.h",
    "sys/socket.h", "sys/stat.h", "time.h", "unistd.h",
)

# Folders and files of a stage that are shells without being called io/, or
# decide nothing with what they include, with the reason.
SHELLS = {
    "embedder/openvino": "wraps the library that runs the model",
    "indexer/shard": "guards the snapshot that readers hold, and merges on a "
                     "thread beside the writer",
    "preprocessor/clean/stop_words.c": "pthread_once around a table",
}

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def below(path, folder):
    return path == folder or path.startswith(folder + "/")


def layer_of(path):
    """The longest folder of LAYERS that holds the path, or None."""
    return max(
        (folder for folder in LAYERS if below(path, folder)),
        key=len, default=None,
    )


def check_layer(path, line, header):
    own = layer_of(path)
    other = layer_of(header)
    if own is None or other is None:
        return None
    if below(header, BACKENDS) and not any(
        below(path, folder) for folder in KNOWS_BACKENDS
    ):
        return Finding(
            path, line, "layer", f"{own}/ includes {header}",
            "only cli/ and tests name a backend, so that one is chosen there",
            "take the port (common/ports/) as an argument",
        )
    if own == other or any(below(header, to) for to in LAYERS[own]):
        return None
    allowed = ", ".join(LAYERS[own]) or "nothing else"
    return Finding(
        path, line, "layer", f"{own}/ includes {header}",
        f"{own}/ stands on itself and: {allowed} (DESIGN, folders)",
        "pass the data through a message or a port, or move what both need "
        "down into common/",
    )


def check_library(path, line, header):
    for prefix, folder in LIBRARIES.items():
        if not header.startswith(prefix):
            continue
        # Tests may look at a library to compare with it.
        if below(path, folder) or below(path, "tests"):
            return None
        return Finding(
            path, line, "library", f"<{header}> outside of {folder}/",
            "each third-party library is included by one folder only, so "
            "that it can be replaced there",
            f"use what {folder}/ offers, or add a function to it",
        )
    return None


def check_pure(path, line, header):
    parts = path.split("/")
    if parts[0] not in (*STAGES, "dataset") or "io" in parts[1:-1]:
        return None
    if any(below(path, shell) for shell in SHELLS) or header not in IMPURE:
        return None
    return Finding(
        path, line, "pure", f"<{header}> in a folder that is not io/",
        "what decides does no I/O, reads no clock and starts no thread, so "
        "that tables can test it",
        "move the call into a folder io/ of the stage, or take a port",
    )


def check_text(path, text):
    """The findings in one file."""
    found = []
    for number, content in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(content)
        if match is None:
            continue
        if match[1] == '"':
            checks = (check_layer,)
        else:
            checks = (check_library, check_pure)
        for check in checks:
            finding = check(path, number, match[2])
            if finding is not None:
                found.append(finding)
    return found


def main():
    root = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else tree()
    paths = files(root, SOURCES)
    found = [
        finding for path in paths
        for finding in check_text(path, read(root, path) or "")
    ]
    report("check_layers", found, len(paths))


if __name__ == "__main__":
    main()
