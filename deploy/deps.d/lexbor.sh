# SPDX-License-Identifier: Apache-2.0
#
# lexbor: the HTML standard's parser, encodings and URLs, static.
tar xzf "$SOURCE" --strip-components=1
launcher=()
if command -v ccache >/dev/null; then
    export CCACHE_BASEDIR=$PWD
    launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
fi
cmake -S lexbor -B build -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DLEXBOR_BUILD_SHARED=OFF \
    -DLEXBOR_BUILD_STATIC=ON -DLEXBOR_BUILD_TESTS=OFF \
    -DLEXBOR_BUILD_EXAMPLES=OFF -DLEXBOR_BUILD_UTILS=OFF \
    -DCMAKE_INSTALL_PREFIX="$OUT" -DCMAKE_INSTALL_LIBDIR=lib "${launcher[@]}"
nice ninja -C build -j "$JOBS" install
mkdir "$OUT/licences"
cp lexbor/LICENSE lexbor/NOTICE "$OUT/licences/"
