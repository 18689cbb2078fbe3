# SPDX-License-Identifier: Apache-2.0
"""Files that cannot be taken are named with place and reason; others are."""
import sites

ALLOWS = "; bytes_max of the source, else limits.body_bytes, allows more"


def ingest(server, path):
    """The problems that `millrace ingest` lists, as sorted lines."""
    told = server.cli("ingest", "--wait", str(path))
    assert told.returncode == 0, told.stderr
    return sorted(line.strip().removeprefix("many.jsonl: ")
                  for line in told.stderr.splitlines())


def test_each_broken_line_is_told_and_the_lines_around_it_are_read(quick,
                                                                   tmp_path):
    path = tmp_path / "many.jsonl"
    path.write_bytes(b"\n".join([
        b'{"id": "one", "text": "the first line of turtles"}',
        b"{broken",
        b"[1]",
        b'{"id": "' + b"x" * 513 + b'", "text": "too long"}',
        b'{"id": "nothing"}',
        b'{"text": 7}',
        b"",
        b'{"id": "z", "text": "\xff\xfe"}',
        b'{"id": "a\\u0001b", "text": "bell"}',
        b'{"id": "two", "text": "the second line of foxes"}',
        b'{"id": "cut", "te']))
    assert ingest(quick, path) == sorted([
        "line 2: json: line 1, column 7: string or '}' expected near "
        "'broken'",
        "line 3: it is an array, should be an object",
        'line 4: "id" has 513 bytes, at most 512',
        'line 5: a document needs "text" or "html", one of them',
        'line 6: "text" is a number, should be a text',
        "line 8: json: line 1, column 21: unable to decode byte 0xff near "
        "'\"'",
        'line 9: "id" has a control character at byte 1',
        "line 11: json: line 1, column 17: premature end of input near "
        "'\"te'"])
    assert sites.finds(quick, "turtles", "one")
    assert sites.finds(quick, "foxes", "two")
    assert quick.status()["documents"]["live"] == 2


def test_files_that_are_too_large_are_told_and_not_read(quick, tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    for name in ("huge.txt", "huge.jsonl"):
        with open(folder / name, "wb") as file:
            file.truncate(1 << 30)
    (folder / "good.md").write_text("# Herons\n\nA heron stands and waits.\n")
    assert ingest(quick, folder) == [
        "huge.jsonl: line 1: it has more than the 16777216 bytes of "
        "bytes_max",
        f"huge.txt: it has 1073741824 bytes, at most 16777216{ALLOWS}"]
    assert quick.found("heron", mode="keyword")


def test_files_of_any_bytes_harm_no_other(quick, tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    image = bytes(range(256)) * 40
    files = {
        "binary.txt": image, "image.html": image, "image.md": image,
        "empty.txt": b"", "blank.md": b" \n\n\t",
        "broken.html": b"<p>the <b>badger<p digs</i> tunnels</div><table>",
        "deep.html": b"<div>" * 200000 + b"an otter swims",
        "latin.txt": "Das Känguru hüpft".encode("latin-1"),
        "wrong.html": "<meta charset=utf-8>Der Grünfink".encode("latin-1"),
        "good.md": b"# Herons\n\nA heron stands and waits.\n",
        "notes.jsonl": b"\x00\x01\x02\n" + b'{"id": "j", "text": "a vole"}'}
    for name, body in files.items():
        (folder / name).write_bytes(body)
    (folder / "gone.md").symlink_to(folder / "nowhere")
    problems = ingest(quick, folder)
    assert problems == ["notes.jsonl: line 1: json: line 1, column 1: "
                        "invalid token near end of file"]
    source = quick.call("GET", "/v1/sources").json()["sources"][0]["name"]
    for words, name in (("badger", "broken.html"), ("otter", "deep.html"),
                        ("Känguru", "latin.txt"), ("Grünfink", "wrong.html"),
                        ("heron", "good.md")):
        assert quick.found(words, mode="keyword") == [f"{source}:{name}"]
    assert quick.found("vole", mode="keyword") == ["j"]
    for name, reason in (("binary.txt", "binary: 40 NUL bytes"),
                         ("image.html", "binary: 40 NUL bytes"),
                         ("image.md", "binary: 40 NUL bytes"),
                         ("empty.txt", "empty: 0 bytes"),
                         ("blank.md", "empty: 4 bytes")):
        told = quick.get(f"{source}:{name}").json()
        assert told["state"] == "rejected"
        assert told["reason"] == f"rejected by rule {reason}"


def test_a_file_that_may_not_be_read_is_told(quick, tmp_path):
    folder = tmp_path / "notes"
    (folder / "pipes").mkdir(parents=True)
    (folder / "good.md").write_text("# Herons\n\nA heron stands and waits.\n")
    (folder / "loop.md").symlink_to("loop.md")
    assert ingest(quick, folder) == []
    assert quick.found("heron", mode="keyword")
    told = quick.cli("ingest", str(folder / "nothing.md"))
    assert told.returncode == 1
    assert told.stderr == (f"millrace ingest: {folder}/nothing.md: No such "
                           "file or directory (a web site begins with "
                           "https:// or http://)\n")
