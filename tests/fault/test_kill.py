# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments: every acknowledged fact holds, fsck finds
nothing, and what came out is what an undisturbed run makes of the same log.

MILLRACE_SEED=n repeats a run's documents and moments, though not the moments of
the threads inside.  MILLRACE_KILLS=n kills so often instead of 20 times, MILLRACE_DOCUMENTS=1400 puts
all of Cranfield.
"""
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import threading

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/e2e"))

from conftest import BINARY, DATA, Server  # noqa: E402

REPLAY = os.environ.get("MILLRACE_REPLAY",
                        str(SOURCE / "build/dev/tests/fault/fault_replay"))
SEED = int(os.environ.get("MILLRACE_SEED", "1"))
KILLS = int(os.environ.get("MILLRACE_KILLS", "20"))
PARTITIONS = 3
DOCUMENTS = int(os.environ.get("MILLRACE_DOCUMENTS", "400"))
UPDATES, DELETIONS = 200, 200
CONFIG = f"""
partitions: {PARTITIONS}
embed:
  model: hashing
index:
  seal_passages: 64
  merge_fan_in: 2
"""


def texts(count):
    """Different texts: Cranfield's words, each text's in an order of its own,
    for some of Cranfield's are near-duplicates, and one word that no other
    has."""
    corpus = DATA / "ir/cranfield/corpus.jsonl"
    chance = random.Random(7)
    if corpus.exists():
        with corpus.open() as lines:
            found = [json.loads(line)["text"].split() for line in lines]
    else:
        words = [f"word{number}" for number in range(500)]
        found = [chance.choices(words, k=80) for _ in range(count)]
    made = []
    for number in range(count):
        words = list(found[number % len(found)])
        chance.shuffle(words)
        made.append(" ".join([f"unique{number}x", *words]))
    return made


class Story:
    """What was asked for, and what of it was acknowledged."""

    def __init__(self, chance):
        self.chance = chance
        self.known = {}  # id -> (version, text or None), acknowledged
        self.texts = iter(texts(DOCUMENTS + UPDATES))

    def plan(self):
        """Puts of all documents, then updates and deletions among them."""
        ids = [f"doc/{number}" for number in range(DOCUMENTS)]
        tasks = [("put", name) for name in ids]
        for kind, count in (("put", UPDATES), ("delete", DELETIONS)):
            for name in self.chance.sample(ids, count):
                at = self.chance.randrange(ids.index(name) + 1,
                                           len(tasks) + 1)
                tasks.insert(at, (kind, name))
        return tasks

    def text_for(self, kind):
        return None if kind == "delete" else next(self.texts)


class Killer:
    """Ends the server at a random moment, and starts another one."""

    def __init__(self, server, chance, moments):
        self.server = server
        self.chance = chance
        self.moments = moments  # numbers of tasks
        self.timer = None
        self.kills = 0

    def before(self, number):
        if number in self.moments and self.timer is None:
            self.timer = threading.Timer(self.chance.random() * 0.05,
                                         self.server.process.kill)
            self.timer.start()

    def is_down(self):
        return self.server.process.poll() is not None

    def again(self):
        """After a request that found nobody, or at the end."""
        self.timer.join()
        self.timer = None
        self.server.process.communicate()
        self.kills += 1
        self.server.start()


def ask(server, kind, name, text, wait):
    if kind == "delete":
        path = server._path(name)
        return server.call("DELETE", f"{path}?wait={wait}" if wait else path)
    return server.put(name, text, wait=wait)


def check_known(server, story, names):
    """What was acknowledged to be in effect is so, at once."""
    for name in names:
        version, text, waited = story.known[name]
        if not waited:
            continue
        now = server.get(name).json()
        assert now["version"] >= version, (name, now)
        if now["version"] == version:
            state = "deleted" if text is None else "live"
            assert now["state"] == state, (name, now)
            assert text is None or now["text"] == text


def tell(server, story, killer, number, task):
    """One task, until it is acknowledged."""
    kind, name = task
    text = story.text_for(kind)
    wait = story.chance.choice(["", "", "keyword", "true"])
    killer.before(number)
    while True:
        try:
            reply = ask(server, kind, name, text, wait)
        except (OSError, ValueError):  # nobody there, or half an answer
            killer.again()
            check_known(server, story,
                        story.chance.sample(sorted(story.known),
                                            min(40, len(story.known))))
            continue
        assert reply.status in (200, 202), reply.body
        answer = reply.json()
        if answer.get("state") != "superseded":
            story.known[name] = (answer["version"], text,
                                 reply.status == 200)
        return


def settle(server):
    """Until nothing waits for a stage or a shard any more."""
    while True:
        status = server.status()
        if not any(stage["lag"] for stage in status["stages"]) and \
                not status["index"]["keyword_lag"] and \
                not status["index"]["dense_lag"]:
            return


def check_all(server, story):
    for number, (name, (version, text, _)) in enumerate(
            sorted(story.known.items())):
        now = server.get(name).json()
        assert now["version"] == version, (name, now)
        assert now["state"] == ("deleted" if text is None else "live"), now
        if text is None:
            continue
        assert now["text"] == text
        if number % 4 == 0:
            word = text.split()[0]
            assert server.found(word, mode="keyword") == [name]
            assert name in server.found(text, mode="dense")
    live = {name for name, (_, text, _) in story.known.items() if text}
    for word in ("flow", "pressure", "word1", "wing"):
        for mode in ("keyword", "dense", "hybrid"):
            assert set(server.found(word, mode=mode, top_k=500)) <= live


def fsck(server, config):
    done = server.cli("fsck", "--json", "--data", str(server.data), "-c",
                      str(config))
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert result["findings"] == [] and result["behind"] == 0
    assert result["ids"] == DOCUMENTS
    digest = server.cli("fsck", "--json", "--digest", "--data",
                        str(server.data), "-c", str(config))
    return json.loads(digest.stdout)["digest"]


def replay(server, folder):
    shutil.copytree(server.data / "blobs", folder / "blobs")
    done = subprocess.run([REPLAY, str(server.data), str(folder),
                           str(PARTITIONS)], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not pathlib.Path(REPLAY).exists(),
                    reason=f"{REPLAY} is not built")
def test_what_was_acknowledged_survives_any_moment(tmp_path):
    print(f"again: MILLRACE_SEED={SEED} MILLRACE_BINARY={BINARY} "
          f"python3 -m pytest {__file__}")
    chance = random.Random(SEED)
    config = tmp_path / "millrace.yaml"
    config.write_text(CONFIG)
    story = Story(chance)
    tasks = story.plan()
    server = Server(tmp_path / "data", "-c", str(config)).start()
    try:
        killer = Killer(server, chance,
                        set(chance.sample(range(5, len(tasks) - 5), KILLS)))
        for number, task in enumerate(tasks):
            tell(server, story, killer, number, task)
        if killer.timer is not None:
            killer.again()
        assert killer.kills >= KILLS / 2
        settle(server)
        check_all(server, story)
        assert server.stop() == 0
        digest = fsck(server, config)
        quiet = Server(tmp_path / "quiet", "-c", str(config))
        replay(server, quiet.data)
        server = quiet.start()
        settle(server)
        assert server.stop() == 0
        assert fsck(server, config) == digest
    finally:
        server.close()
