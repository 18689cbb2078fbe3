# SPDX-License-Identifier: Apache-2.0
#
# FAISS with its C API, static, for processors with AVX2.  OpenMP and OpenBLAS
# stay Debian's shared libraries.
tar xzf "$SOURCE" --strip-components=1
launcher=()
if command -v ccache >/dev/null; then
    export CCACHE_BASEDIR=$PWD
    launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache
        -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
cmake -S faiss -B build -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DBUILD_SHARED_LIBS=OFF -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
    -DFAISS_ENABLE_C_API=ON -DFAISS_OPT_LEVEL=avx2 -DFAISS_ENABLE_GPU=OFF \
    -DFAISS_ENABLE_PYTHON=OFF -DFAISS_ENABLE_EXTRAS=OFF \
    -DFAISS_ENABLE_MKL=OFF -DBLA_VENDOR=OpenBLAS -DBUILD_TESTING=OFF \
    "${launcher[@]}"
nice ninja -C build -j "$JOBS" faiss_avx2 faiss_c_avx2

mkdir -p "$OUT/lib" "$OUT/include/faiss/c_api" "$OUT/licences"
cp build/faiss/libfaiss_avx2.a build/c_api/libfaiss_c_avx2.a "$OUT/lib/"
(cd faiss && find faiss -name '*.h' ! -path '*/gpu/*' \
    -exec cp --parents {} "$OUT/include/" \;)
(cd faiss/c_api && find . -name '*.h' ! -path '*/gpu/*' \
    -exec cp --parents {} "$OUT/include/faiss/c_api/" \;)
cp faiss/LICENSE "$OUT/licences/"
