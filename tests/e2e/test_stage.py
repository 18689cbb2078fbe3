# SPDX-License-Identifier: Apache-2.0
"""`millrace stage`: each stage as a filter."""
import json
import math
import subprocess

import pytest

from conftest import BINARY, DATA


def run(stage, lines):
    text = "".join(line if isinstance(line, str) else json.dumps(line) + "\n"
                   for line in lines)
    done = subprocess.run([BINARY, "stage", stage], input=text,
                          capture_output=True, text=True, check=False)
    return done, [json.loads(line) for line in done.stdout.splitlines()]


def read(path):
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return [json.loads(line) for line in path.open(encoding="utf-8")]


def test_tokens_are_those_of_the_models_own_tokenizer():
    want = read(DATA / "embed/wordpiece.jsonl")
    done, got = run("tokenize", [{"text": one["text"]} for one in want])
    assert done.returncode == 0
    assert [one["ids"] for one in got] == [one["ids"] for one in want]


def test_vectors_are_those_of_the_reference():
    want = read(DATA / "embed/minilm_vectors.jsonl")
    done, got = run("embed", [{"text": one["text"]} for one in want])
    assert done.returncode == 0
    assert len(got) == len(want)
    for one, reference in zip(got, want):
        a, b = one["vector"], reference["vector"]
        cosine = sum(x * y for x, y in zip(a, b)) / math.sqrt(
            sum(x * x for x in a) * sum(y * y for y in b))
        assert cosine >= .9999, reference["text"]


def test_empty_texts_and_nul_are_accepted():
    done, got = run("tokenize", [{"text": ""}, {"text": "a\u0000b"}])
    assert done.returncode == 0
    assert got[0]["ids"] == [101, 102]
    done, got = run("embed", [{"text": ""}, {"text": "a\u0000b"}])
    assert [len(one["vector"]) for one in got] == [384, 384]


def test_a_page_gives_its_main_content():
    page = ("<html><head><title>T</title></head><body><nav>menu</nav>"
            "<main><h1>Head</h1><p>" + "The river runs past the mill. " * 20 +
            "</p></main><footer>foot</footer></body></html>")
    done, got = run("extract", [{"html": page, "url": "http://x/"}])
    assert done.returncode == 0
    assert got[0]["title"] == "T"
    assert "river" in got[0]["text"]
    assert "menu" not in got[0]["text"]
    assert "foot" not in got[0]["text"]


def test_passages_are_byte_ranges_of_the_text():
    text = "Über den Fluss. " + "The mill stands at the river. " * 80
    done, got = run("clean", [{"text": text}])
    assert done.returncode == 0
    encoded = got[0]["text"].encode()
    assert len(got[0]["passages"]) > 1
    for passage in got[0]["passages"]:
        assert encoded[passage["start"]:passage["end"]].decode() == \
            passage["text"]


def test_a_bad_line_is_answered_in_its_place():
    done, got = run("tokenize", [{"text": "a"}, "{bad\n", {"no": 1},
                                 {"text": "b"}])
    assert done.returncode == 1
    assert len(got) == 4
    assert "line 1" in got[1]["error"]
    assert '"text" should be a text' in got[2]["error"]
    assert "ids" in got[3]
    assert "line 2" in done.stderr


def test_an_unknown_stage_is_named_with_the_nearest():
    done, _ = run("tokenise", [])
    assert done.returncode == 2
    assert "did you mean tokenize" in done.stderr
