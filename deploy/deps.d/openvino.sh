# SPDX-License-Identifier: Apache-2.0
#
# The OpenVINO runtime for the processor: the five libraries that a process
# with an IR model loads, which find each other in one folder, and the headers
# of the C API.
"$PYTHON" -m zipfile -e "$SOURCE" wheel
mkdir -p "$OUT/lib" "$OUT/include/openvino" "$OUT/licences"
for name in libopenvino_c.so.2641 libopenvino.so.2641 \
    libopenvino_intel_cpu_plugin.so libopenvino_ir_frontend.so.2641 \
    libtbb.so.12; do
    cp "wheel/openvino/libs/$name" "$OUT/lib/"
done
cp -r wheel/openvino/include/openvino/c "$OUT/include/openvino/"
find wheel/openvino-*.dist-info/licenses -type f \
    -exec cp {} "$OUT/licences/" \;
