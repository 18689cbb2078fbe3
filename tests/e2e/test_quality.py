# SPDX-License-Identifier: Apache-2.0
"""How good answers are: nDCG@10 on judged sets, F1 of extraction.

The baselines are those of ../shared/data/README.md: BM25 by bm25s, vectors by
sentence-transformers.  Nothing was fitted on the queries.
"""
import importlib.util
import json
import subprocess

import pytest

from conftest import BINARY, DATA, SOURCE

KEYWORD = {"cranfield": .3650, "cacm": .5188, "xquad-en": .9683}
DENSE = {"cranfield": .3776, "cacm": .4246, "xquad-en": .9430}
F1 = .93


def ndcg(name, mode):
    folder = DATA / "ir" / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    done = subprocess.run([BINARY, "eval", str(folder), "--mode", mode,
                           "--json"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    print(name, result)
    return result["ndcg@10"]


@pytest.mark.parametrize("name", KEYWORD)
def test_words_are_ranked_as_well_as_by_bm25s(name):
    assert ndcg(name, "keyword") >= KEYWORD[name] - .01


def test_both_together_are_better_than_either_on_short_paragraphs():
    assert ndcg("xquad-en", "dense") >= DENSE["xquad-en"] - .01
    assert ndcg("xquad-en", "hybrid") >= ndcg("xquad-en", "keyword") - .005


@pytest.mark.long
def test_meaning_and_both_together_on_all_sets():
    better, both = [], []
    for name, baseline in DENSE.items():
        dense = ndcg(name, "dense")
        assert dense >= baseline - .01, name
        better.append(max(dense, ndcg(name, "keyword")))
        both.append(ndcg(name, "hybrid"))
        assert both[-1] >= better[-1] - .005, name
    assert sum(both) > sum(better)


def test_the_main_content_of_pages_is_found(capsys):
    path = SOURCE / "tests/eval/extraction.py"
    spec = importlib.util.spec_from_file_location("extraction", path)
    extraction = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(extraction)
    data = DATA / "extraction"
    if not data.is_dir():
        pytest.skip(f"{data} is not there")
    rows = extraction.run_overlap("article-extraction-benchmark",
                                  extraction.benchmark_set(data),
                                  [BINARY, "stage", "extract"])
    precision = sum(row[1] for row in rows) / len(rows)
    recall = sum(row[2] for row in rows) / len(rows)
    with capsys.disabled():
        print(f" F1 {2 * precision * recall / (precision + recall):.3f} ",
              end="")
    assert 2 * precision * recall / (precision + recall) >= F1
