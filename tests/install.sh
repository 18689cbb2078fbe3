#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/install.sh BUILD: an installed tree runs wherever it is moved to.
set -euo pipefail

build=${1:?the build folder}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cmake --install "$build" --prefix "$folder/first"
mv "$folder/first" "$folder/moved"
cd "$folder/moved"
test -f share/millrace/LICENSE
test -s share/millrace/minilm/model.bin
if ldd bin/millrace | grep 'not found'; then
    echo "install: libraries are missing" >&2
    exit 1
fi
if ! ldd bin/millrace | grep -q "$folder/moved/.*libopenvino_c"; then
    echo "install: libopenvino_c is not the one beside the binary" >&2
    exit 1
fi
bin/millrace version
