#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scores the extraction of main content on three public sets.

    tests/eval/extraction.py [--command 'millrace stage extract'] [--worst N]
                             [--show PAGE] [DATA]

The command reads {"html", "url"} and writes {"text"}, one JSON object a line.
DATA is the folder `extraction`, by default that of MILLRACE_EVAL_DATA or
../shared/data beside the checkout; without it the script says so and ends
well.

Pages with a gold text are scored by the multiset overlap of 4-token shingles
of \\w+ words: precision and recall are averaged over the pages, F1 is that of
the means.  Pages of the third set have strings that must and must not be in
the text: the score is the share that is right.
"""
import argparse
import collections
import gzip
import html
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def read_page(path):
    """A page as text: UTF-8, else what it says of itself."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    found = re.search(rb"charset=[\"']?([\w-]+)", data[:4096])
    name = found.group(1).decode() if found else "windows-1252"
    return data.decode(name, "replace")


def extract(command, pages):
    """The texts of the pages, and the seconds that it took."""
    lines = "".join(json.dumps({"html": page, "url": url}) + "\n"
                    for page, url in pages)
    start = time.monotonic()
    done = subprocess.run(command, input=lines.encode(), check=True,
                          stdout=subprocess.PIPE)
    spent = time.monotonic() - start
    texts = [json.loads(line)["text"] for line in done.stdout.splitlines()]
    assert len(texts) == len(pages), "a line out for each line in"
    return texts, spent


def shingles(text):
    words = re.findall(r"\w+", text or "")
    return collections.Counter(
        tuple(words[i:i + 4]) for i in range(max(1, len(words) - 3)))


def overlap(gold, got):
    """Precision and recall of one page."""
    gold, got = shingles(gold), shingles(got)
    both = sum((gold & got).values())
    if gold == got:
        return 1.0, 1.0
    return both / max(1, sum(got.values())), both / max(1, sum(gold.values()))


def tags_removed(text):
    text = re.sub(r"(?s)<!--.*?-->|<[^>]*>", " ", text)
    return html.unescape(text)


def benchmark_set(data):
    folder = data / "article-extraction-benchmark"
    gold = json.loads((folder / "ground-truth.json").read_text())
    for name, row in sorted(gold.items()):
        yield (name, read_page(folder / "html" / (name + ".html.gz")),
               row.get("url", ""), row["articleBody"])


def readability_set(data):
    for folder in sorted((data / "readability").iterdir()):
        if (folder / "expected.html").exists():
            gold = tags_removed((folder / "expected.html").read_text())
            yield (folder.name, read_page(folder / "source.html"), "", gold)


def run_overlap(name, pages, command):
    pages = list(pages)
    texts, spent = extract(command, [(page[1], page[2]) for page in pages])
    rows = []
    for (page, _, _, gold), text in zip(pages, texts):
        rows.append((page, *overlap(gold, text), gold, text))
    precision = sum(row[1] for row in rows) / len(rows)
    recall = sum(row[2] for row in rows) / len(rows)
    f1 = 2 * precision * recall / (precision + recall)
    print(f"{name:30} {len(rows):5} pages  F1 {f1:.3f}  "
          f"precision {precision:.3f}  recall {recall:.3f}  {spent:.2f} s")
    return rows


def run_strings(data, command):
    folder = data / "trafilatura"
    gold = json.loads((folder / "evaldata.json").read_text())
    pages = [(read_page(folder / "html" / row["file"]), url)
             for url, row in gold.items()]
    texts, spent = extract(command, pages)
    right, rows = collections.Counter(), []
    for row, text in zip(gold.values(), texts):
        found = [s in text for s in row["with"]]
        kept_out = [s not in text for s in row["without"]]
        right.update(found=sum(found), wanted=len(found),
                     out=sum(kept_out), unwanted=len(kept_out))
        gold_text = "\n".join(["WITH"] + row["with"] + ["WITHOUT"] +
                              row["without"])
        rows.append((row["file"], sum(kept_out) / max(1, len(kept_out)),
                     sum(found) / max(1, len(found)), gold_text, text))
    score = (right["found"] + right["out"]) / (right["wanted"] +
                                               right["unwanted"])
    print(f"{'trafilatura':30} {len(pages):5} pages  right {score:.3f}  "
          f"found {right['found']}/{right['wanted']}  "
          f"kept out {right['out']}/{right['unwanted']}  {spent:.2f} s")
    return rows


def find_data(given):
    data = pathlib.Path(
        given or os.environ.get("MILLRACE_EVAL_DATA") or
        ROOT.parent / "shared" / "data")
    return data if data.name == "extraction" else data / "extraction"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?")
    parser.add_argument("--command", default="millrace stage extract")
    parser.add_argument("--worst", type=int, default=0,
                        help="list so many pages of each set")
    parser.add_argument("--show", help="print gold and text of a page")
    args = parser.parse_args()
    data, command = find_data(args.data), shlex.split(args.command)
    if not data.is_dir():
        print(f"skipped: no evaluation data at {data}")
        return 0
    sets = [
        run_overlap("article-extraction-benchmark", benchmark_set(data),
                    command),
        run_overlap("readability", readability_set(data), command),
        run_strings(data, command),
    ]
    for rows in sets:
        rows.sort(key=lambda row: min(row[1], row[2]))
        for page, precision, recall, gold, text in rows[:args.worst]:
            print(f"  {page[:60]:60} precision {precision:.3f} "
                  f"recall {recall:.3f}")
        for page, _, _, gold, text in rows:
            if args.show and page.startswith(args.show):
                print("--- gold\n" + gold + "\n--- got\n" + text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
