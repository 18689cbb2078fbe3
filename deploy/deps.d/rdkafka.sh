# SPDX-License-Identifier: Apache-2.0
#
# librdkafka, static, with TLS and SASL (PLAIN, SCRAM, OAUTHBEARER) and all of
# Kafka's compressions; without Kerberos, which wants Cyrus SASL.
tar xzf "$SOURCE" --strip-components=1

# mend FILE OLD NEW: OLD must be there, once.
mend() {
    "$PYTHON" - "librdkafka/src/$1" "$2" "$3" <<'END'
import pathlib, sys
path, old, new = pathlib.Path(sys.argv[1]), *sys.argv[2:]
text = path.read_text()
assert text.count(old) == 1, f"{path} is not what is mended here"
path.write_text(text.replace(old, new))
END
}

# A broker that the controller holds for dead answers questions for metadata
# with no broker at all.  A client that knew but that one forgot it then, and
# never asked anybody again: consumers stood still for good.
mend rdkafka_metadata.c 'if (!has_learned_brokers) {' \
    'if (!has_learned_brokers || md->broker_cnt == 0) {'
# Answers that name partitions without a leader (-1) were counted and then left
# out: what lay in memory there was taken for partitions (its issue 5280).
mend rdkafka_fetcher.c 'TopicTags->partitions_with_leader_change_cnt++;' \
    'TopicTags->partitions_with_leader_change_cnt +=
                    PartitionTags->CurrentLeader.LeaderId >= 0;'
mend rdkafka_request.c 'ProduceTags->leader_change_cnt++;' \
    'ProduceTags->leader_change_cnt +=
                    PartitionTags->CurrentLeader.LeaderId >= 0;'

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
