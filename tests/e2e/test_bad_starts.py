# SPDX-License-Identifier: Apache-2.0
"""A start that cannot be: it says why and what to do, and changes nothing."""
import os
import pathlib
import shutil

import pytest

import sites
from conftest import Server

RESTORE = "; restore it from a backup, for all else is made from it\n"


def write_config(folder, **sections):
    """A configuration with the model of tests, unless another is named."""
    path = folder / "millrace.yaml"
    sections = {"embed": {"model": "hashing"}, **sections}
    path.write_text("".join(
        f"{section}:\n" + "".join(f"  {key}: {value}\n"
                                  for key, value in keys.items())
        for section, keys in sections.items() if keys))
    return path


def up(data, config, listen="127.0.0.1:0"):
    """A start that is to fail with exit code 4; its words."""
    told = Server(data).cli("up", "--data", str(data), "--listen", listen,
                            "-c", str(config))
    assert told.returncode == 4, told.stderr
    assert told.stdout == ""
    return told.stderr


def files_of(folder, *kinds):
    """What lies below a folder and may not go: names and sizes."""
    return {str(path.relative_to(folder)): path.stat().st_size
            for path in folder.rglob("*") if path.suffix in kinds}


def cut(path, share=.5):
    """Cuts a file short; gives its bytes back to put it right again."""
    whole = path.read_bytes()
    path.write_bytes(whole[:int(len(whole) * share)])
    return whole


@pytest.fixture
def config(tmp_path):
    return write_config(tmp_path)


@pytest.fixture
def filled(folder, config):
    """A data folder with documents in tables and in the newest log."""
    for begin, end in ((0, 60), (60, 100)):
        server = Server(folder, "-c", str(config)).start()
        for number in range(begin, end):
            server.put(f"d{number}", f"heron number {number}", wait="")
        server.put("last", "the last")
        assert server.stop() == 0
    return folder


def check_all_are_there(folder, config):
    server = Server(folder, "-c", str(config)).start()
    server.put("nudge", "one more", wait="keyword")
    found = server.found("heron", mode="keyword", top_k=200)
    assert sorted(found) == sorted(f"d{number}" for number in range(100))
    assert server.stop() == 0
    told = server.cli("fsck", "--data", str(folder), "-c", str(config))
    assert told.returncode == 0, told.stdout + told.stderr


def newest(folder, pattern):
    return max(folder.glob(pattern), key=lambda path: path.name)


def largest(folder, pattern):
    return max(folder.glob(pattern), key=lambda path: path.stat().st_size)


def test_a_port_that_is_in_use_is_named(folder, tmp_path, config):
    server = Server(folder, "-c", str(config)).start()
    address = server.url.removeprefix("http://")
    assert up(tmp_path / "other", config, address) == (
        f"millrace: listen: {address} is taken by another program; stop it or "
        "give another address with --listen\n")
    assert server.put("a", "still alive").json()["state"] == "live"


def test_a_data_folder_that_is_in_use_is_named(folder, config):
    server = Server(folder, "-c", str(config)).start()
    busy = (f"millrace: data: another process works on {folder}; stop it, or "
            "name another folder with --data\n")
    assert up(folder, config) == busy
    told = server.cli("fsck", "--data", str(folder), "-c", str(config))
    assert told.returncode == 4
    assert told.stderr.startswith(busy)
    assert server.put("a", "still alive").json()["state"] == "live"
    assert server.found("alive") == ["a"]


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path, config):
    assert up(tmp_path / "no" / "such", config) == (
        f"millrace: data: cannot make {tmp_path}/no/such: No such file or "
        "directory\n")


@pytest.mark.parametrize("pattern", ["*.sst", "MANIFEST-*"])
def test_a_file_of_the_log_cut_short_is_named_and_nothing_goes(filled, config,
                                                               pattern):
    path = largest(filled / "log", pattern)
    whole = cut(path)
    before = files_of(filled, ".sst", ".log", ".seg")
    for _ in range(2):
        words = up(filled, config)
        assert words.startswith(
            f"millrace: rocksdb: the folder {filled}/log is damaged: ")
        assert path.name in words
        assert words.endswith(RESTORE)
        assert files_of(filled, ".sst", ".log", ".seg") == before
    told = Server(filled).cli("fsck", "--data", str(filled), "-c",
                              str(config))
    assert told.returncode == 1
    assert path.name in told.stderr
    path.write_bytes(whole)
    check_all_are_there(filled, config)


def test_a_log_cut_short_is_told_until_the_loss_is_taken(filled, config):
    server = Server(filled, "-c", str(config)).start()
    for number in range(20):
        server.put(f"e{number}", f"otter number {number}", wait="")
    server.put("e20", "the last otter")
    server.kill()
    path = newest(filled / "log", "*.log")
    whole = cut(path, .9)
    left = path.stat().st_size
    words = up(filled, config)
    assert words.startswith(
        f"millrace: rocksdb: a .log file in {filled}/log is damaged: its "
        "writes end at ")
    assert (f"; it opens without them once {filled}/log/synced is removed"
            in words)
    assert words.endswith(RESTORE)
    assert path.stat().st_size == left
    # Put back, nothing is lost ...
    shutil.copytree(filled, filled.parent / "restored")
    (filled.parent / "restored/log" / path.name).write_bytes(whole)
    again = Server(filled.parent / "restored", "-c", str(config)).start()
    again.put("nudge", "one more", wait="keyword")
    assert len(again.found("otter", mode="keyword", top_k=50)) == 21
    assert again.stop() == 0
    # ... and without, all but the end is there.
    (filled / "log/synced").unlink()
    again = Server(filled, "-c", str(config)).start()
    again.put("nudge", "one more", wait="keyword")
    assert len(again.found("heron", mode="keyword", top_k=200)) == 100
    assert again.stop() == 0


@pytest.mark.parametrize("pattern", ["*.sst", "MANIFEST-*"])
def test_a_file_of_the_index_cut_short_is_named_and_it_is_built_anew(
        filled, config, pattern):
    shard = next((filled / "index").glob("*/0"))
    path = largest(shard / "records", pattern)
    cut(path)
    before = files_of(filled, ".sst", ".seg")
    words = up(filled, config)
    assert words.startswith(
        f"millrace: rocksdb: the folder {shard}/records is damaged: ")
    assert path.name in words
    assert words.endswith(f"; delete {shard} to build it anew from the log\n")
    assert files_of(filled, ".sst", ".seg").keys() >= before.keys()
    shutil.rmtree(shard)
    check_all_are_there(filled, config)


def test_a_log_of_the_index_cut_short_is_read_again_from_the_log(filled,
                                                                 config):
    server = Server(filled, "-c", str(config)).start()
    for number in range(20):
        server.put(f"e{number}", f"otter number {number}", wait="")
    server.put("e20", "the last otter")
    server.kill()
    for path in (filled / "index").glob("*/*/records/*.log"):
        cut(path)
    check_all_are_there(filled, config)
    server = Server(filled, "-c", str(config)).start()
    assert len(server.found("otter", mode="keyword", top_k=50)) == 21


def test_a_model_that_is_missing_is_named(folder, tmp_path, config):
    lost = tmp_path / "nowhere"
    other = write_config(tmp_path, embed={"model": lost})
    assert up(folder, other) == (
        f"millrace: model: cannot open {lost}/model.xml; deploy/build fetches "
        "the model, embed.model names its folder: No such file or "
        "directory\n")
    config = write_config(tmp_path)
    server = Server(folder, "-c", str(config)).start()
    assert server.put("a", "still alive").json()["state"] == "live"


@pytest.fixture
def model(folder, tmp_path):
    """A copy of the real model, found where the program looks for it."""
    places = [pathlib.Path(os.environ.get("MILLRACE_MODEL_DIR", "/nowhere")),
              *pathlib.Path.home().glob(".cache/millrace/minilm-*")]
    place = next((place for place in places
                  if (place / "model.xml").exists()), None)
    if place is None:
        pytest.skip("no model in ~/.cache/millrace or MILLRACE_MODEL_DIR")
    copy = tmp_path / "model"
    copy.mkdir()
    for name in ("model.xml", "vocab.txt"):
        shutil.copy(place / name, copy)
    (copy / "model.bin").symlink_to(place / "model.bin")
    return copy


def test_a_model_that_is_cut_short_is_named(folder, tmp_path, model):
    config = write_config(tmp_path, embed={"model": model})
    anew = "copy the model anew, or let deploy/build fetch it"
    whole = cut(model / "vocab.txt")
    words = up(folder, config)
    assert words.startswith(f"millrace: minilm: {model}/vocab.txt has ")
    assert words.endswith(f" lines, that of all-MiniLM-L6-v2 30522; {anew}\n")
    (model / "vocab.txt").write_bytes(whole)
    weights = model / "model.bin"
    body = weights.read_bytes()
    weights.unlink()
    assert f"cannot open {weights}; " in up(folder, config)
    weights.write_bytes(body[:len(body) // 2])
    words = up(folder, config)
    assert words.startswith(f"millrace: minilm: {model} is damaged, copy the "
                            "model anew or let deploy/build fetch it (")
    weights.write_bytes(b"")
    assert up(folder, config) == (
        f"millrace: model: {weights} is empty or no file; {anew}\n")
    weights.write_bytes(body)
    server = Server(folder, "-c", str(config)).start()
    assert server.put("a", "still alive").json()["state"] == "live"


def test_another_model_gets_an_index_of_its_own_and_the_old_one_stays(
        folder, tmp_path, model, config):
    server = Server(folder, "-c", str(config)).start()
    server.put("a", "water drives the wheel")
    assert server.stop() == 0
    old = next((folder / "index").iterdir())
    other = write_config(tmp_path, embed={"model": model})
    server = Server(folder, "-c", str(other)).start()
    sites.until(lambda: server.status()["searchable"]["dense"] == 1)
    assert server.found("What turns the mill?", mode="dense") == ["a"]
    server.process.send_signal(15)
    _, log = server.process.communicate(timeout=60)
    assert "the model is now all-MiniLM-L6-v2 (" in log
    assert (f"everything is indexed and embedded again; {old}, of another "
            "model, is kept and may be deleted" in log)
    config = write_config(tmp_path)
    server = Server(folder, "-c", str(config)).start()
    assert server.found("wheel", mode="dense") == ["a"]


def test_an_index_of_another_model_is_refused(folder, tmp_path, model):
    seal = {"seal_passages": 64}
    config = write_config(tmp_path, index=seal)
    server = Server(folder, "-c", str(config)).start()
    for number in range(200):
        server.put(f"d{number}", f"heron number {number}", wait="")
    server.put("last", "the last")
    assert server.stop() == 0
    old = next((folder / "index").iterdir())
    config = write_config(tmp_path, embed={"model": model}, index=seal)
    assert Server(folder, "-c", str(config)).start().stop() == 0
    new = next(path for path in (folder / "index").iterdir() if path != old)
    shutil.rmtree(new)
    old.rename(new)  # as a backup that is put back beside another model
    before = files_of(folder, ".seg")
    assert before
    was, now = (path.name.rsplit(".", 1)[1] for path in (old, new))
    assert up(folder, config) == (
        f"millrace: index: {new}/0 was made with model {was}, now it is "
        f"{now}; delete that folder to build it anew from the log\n")
    assert files_of(folder, ".seg") == before
    shutil.rmtree(new)
    server = Server(folder, "-c", str(config)).start()
    server.put("nudge", "one more")
    assert len(server.found("heron", mode="keyword", top_k=300)) == 200
