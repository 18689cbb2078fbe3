# SPDX-License-Identifier: Apache-2.0
#
# librdkafka, static, with TLS and SASL (PLAIN, SCRAM, OAUTHBEARER) and all of
# Kafka's compressions; without Kerberos, which wants Cyrus SASL.
tar xzf "$SOURCE" --strip-components=1
launcher=()
if command -v ccache >/dev/null; then
    export CCACHE_BASEDIR=$PWD
    launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache
        -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
cmake -S librdkafka -B build -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DRDKAFKA_BUILD_STATIC=ON \
    -DRDKAFKA_BUILD_EXAMPLES=OFF -DRDKAFKA_BUILD_TESTS=OFF \
    -DWITH_SSL=ON -DWITH_SASL=OFF -DWITH_ZLIB=ON -DWITH_ZSTD=ON \
    -DENABLE_LZ4_EXT=ON -DWITH_CURL=OFF -DWITH_PLUGINS=OFF \
    -DENABLE_DEVEL=OFF "${launcher[@]}"
nice ninja -C build -j "$JOBS" rdkafka

mkdir -p "$OUT/lib" "$OUT/include/librdkafka" "$OUT/licences"
cp build/src/librdkafka.a "$OUT/lib/"
cp librdkafka/src/rdkafka.h "$OUT/include/librdkafka/"
cp librdkafka/LICENSE* "$OUT/licences/"
