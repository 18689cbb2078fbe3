# SPDX-License-Identifier: Apache-2.0
"""Real input: a site that is crawled, a folder that is watched."""
import contextlib
import functools
import http.server
import re
import threading

import pytest

from conftest import DATA, Server

SITE = DATA / "site/dplyr"
QUESTIONS = [
    ("How do I keep rows that match a condition?", ["filter"]),
    ("add new columns to a data frame", ["mutate"]),
    ("combine two tables by key", ["join", "two-table"]),
    ("pick columns by name", ["select"]),
    ("reduce many values to one summary per group", ["summarise"]),
    ("sort rows by a column", ["arrange"]),
    ("remove duplicate rows", ["distinct"]),
    ("apply the same function across several columns", ["across", "colwise"]),
    ("vectorised if else with many conditions", ["case-and-replace-when"]),
    ("value of the previous or next row", ["lead-lag"]),
]


@contextlib.contextmanager
def serve(folder):
    """A web server of a folder on a free port; gives its URL and requests."""
    seen = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            seen.append((self.path, self.headers.get("If-Modified-Since")))

    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{site.server_address[1]}", seen
        site.shutdown()


def test_a_site_is_crawled_and_its_pages_are_found(server):
    if not SITE.exists():
        pytest.skip(f"{SITE} is not there")
    with serve(SITE) as (url, seen):
        told = server.cli("ingest", "--wait", "--allow-private",
                          url + "/index.html")
        assert told.returncode == 0, told.stderr
        pages = [path for path, _ in seen if path.endswith((".html", "/"))]
        assert len(pages) == len(set(pages))
        assert len(pages) >= 123
        missed = []
        for question, names in QUESTIONS:
            hits = server.search(question, top_k=3, per_document=1)["hits"]
            found = [hit["url"] or "" for hit in hits]
            if not any(name in url for name in names for url in found):
                missed.append((question, found))
        assert not missed
        before = server.status()["stages"][0]["inputs"]
        seen.clear()
        told = server.cli("ingest", "--wait", "--allow-private",
                          url + "/index.html")
        assert told.returncode == 0, told.stderr
        conditional = [path for path, since in seen if since is not None]
        assert len(conditional) >= 123
        assert server.status()["stages"][0]["inputs"] == before


def test_what_became_of_every_page_is_told(server, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text(
        "<p>The race of the mill carries water.</p><a href='b.html'>b</a>"
        "<a href='gone.html'>gone</a><a href='secret.html'>secret</a>")
    (site / "b.html").write_text("<p>The wheel of the mill turns.</p>")
    (site / "robots.txt").write_text("User-agent: *\nDisallow: /secret\n")
    with serve(site) as (url, _):
        told = server.cli("ingest", "--wait", "--allow-private", url + "/")
    assert "4 found, 2 sent, 0 unchanged, 0 skipped, 0 deleted, 0 failed, " \
        "1 forbidden by robots.txt, 1 gone\n" in told.stdout


def test_private_addresses_need_the_flag(server):
    told = server.cli("ingest", "http://127.0.0.1:9/")
    assert told.returncode == 1
    assert "--allow-private" in told.stderr


def test_a_folder_is_read_and_a_deleted_file_leaves(server, tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "mill.md").write_text("# Mills\n\nA mill stands at the river.\n")
    (folder / "many.jsonl").write_text(
        '{"id": "one", "text": "the first line of turtles"}\n'
        '{broken\n'
        '{"id": "two", "text": "the second line of foxes"}\n')
    told = server.cli("ingest", "--wait", str(folder))
    assert "line 2" in told.stdout + told.stderr
    assert server.found("mill", mode="keyword")
    assert server.found("turtles", mode="keyword") == ["one"]
    assert server.found("foxes", mode="keyword") == ["two"]
    (folder / "mill.md").unlink()
    told = server.cli("ingest", "--wait", str(folder))
    assert server.found("mill", mode="keyword") == []
    [source] = [s["name"] for s in server.status()["sources"]]
    told = server.cli("why", f"{source}:mill.md").stdout
    version = server.get(f"{source}:mill.md").json()["version"]
    assert re.search(rf"(?m)^deleted    20\S+, by the sweep of source {source} "
                     rf".*, version {version}$", told), told


def test_what_cannot_be_read_is_named(server, tmp_path):
    told = server.cli("ingest", str(tmp_path / "nothing"))
    assert told.returncode == 1
    assert "No such file" in told.stderr


def test_a_source_of_every_0_is_read_at_the_start_and_when_told(tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "mill.md").write_text("# Mills\n\nA mill stands at the river.\n")
    config = tmp_path / "millrace.yaml"
    config.write_text("sources:\n- {name: notes, kind: files, every: 0, "
                      f"path: {folder}}}\n")
    server = Server(tmp_path / "data", "-c", str(config)).start()
    told = server.cli("ingest", "--wait", str(folder))
    assert told.returncode == 0, told.stderr
    source = server.call("GET", "/v1/sources/notes").json()
    assert source["config"]["every_ms"] >= 3650 * 24 * 3600 * 1000
    assert server.found("mill", mode="keyword")
