# SPDX-License-Identifier: Apache-2.0
"""From a data folder to Kafka: the same documents, versions and answers."""
import json
import os
import subprocess
import uuid

import pytest
from conftest import BINARY, Server
from test_cluster import until

BROKERS = os.environ.get("MILLRACE_KAFKA")
pytestmark = pytest.mark.skipif(
    not BROKERS, reason="MILLRACE_KAFKA names no broker (deploy/kafka start)")
MODEL = "embed: {model: hashing}\n"
QUERIES = ("wheel 3 and stone", "river 7", "the second text", "copy")


def text_of(number):
    return " ".join(f"wheel{number}x{i} river{number * i % 13}"
                    for i in range(25))


def fill(server):
    for number in range(40):
        assert server.put(f"doc-{number}", text_of(number), wait=None,
                          time="2026-01-02T03:04:05Z" if number % 3 else None
                          ).status == 202
    for number in range(0, 40, 5):
        server.put(f"doc-{number}", text_of(number) + " the second text",
                   wait=None)
    for number in range(0, 40, 7):
        server.call("DELETE", f"/v1/documents/doc-{number}")
    for number in range(1, 40, 9):
        server.patch(f"doc-{number}", metadata={"n": str(number)})
    for number in range(2, 40, 11):
        server.put(f"copy-{number}", text_of(number), wait="true")


def millrace(*words):
    return subprocess.run([BINARY, *words], capture_output=True, text=True,
                          check=False)


def digest(config, data):
    done = millrace("fsck", "--digest", "-c", str(config), "--data", str(data))
    assert done.returncode == 0, done.stderr
    return done.stdout


def look(server):
    answers = [[(hit["document"], hit["score"])
                for hit in server.search(query, mode=mode, exact=True,
                                         top_k=10)["hits"]]
               for query in QUERIES for mode in ("keyword", "dense")]
    versions = {f"doc-{n}": server.get(f"doc-{n}").json()["version"]
                for n in range(40)}
    return answers, versions


def test_a_copied_log_gives_the_same_answers_and_versions(tmp_path):
    embedded = tmp_path / "embedded.yaml"
    embedded.write_text(MODEL)
    kafka = tmp_path / "kafka.yaml"
    kafka.write_text(f"bus: kafka\nkafka: {{brokers: '{BROKERS}', "
                     f"prefix: 'copy-{uuid.uuid4()}.'}}\n{MODEL}")
    folder = tmp_path / "data"
    server = Server(folder, "-c", str(embedded)).start()
    fill(server)
    status = until(lambda: (s := server.status())["searchable"]["dense"]
                   == s["documents"]["live"] and s["documents"]["deleted"] == 6
                   and s, "all is worked off")
    before = look(server)
    busy = millrace("bus", "copy", "-c", str(kafka), "--data", str(folder))
    assert busy.returncode == 4 and "another process" in busy.stderr
    assert server.stop() == 0
    same = digest(embedded, folder)
    done = millrace("bus", "copy", "-c", str(kafka), "--data", str(folder),
                    "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["raw"] >= 58
    again = millrace("bus", "copy", "-c", str(kafka), "--data", str(folder))
    assert again.returncode == 4 and "--resume" in again.stderr
    rest = millrace("bus", "copy", "-c", str(kafka), "--data", str(folder),
                    "--resume", "--json")
    assert rest.returncode == 0, rest.stderr
    assert json.loads(rest.stdout)["raw"] == 0
    moved = Server(folder, "-c", str(kafka)).start()
    until(lambda: (s := moved.status())["documents"] == status["documents"]
          and s["searchable"] == status["searchable"], "all is made again")
    assert look(moved) == before
    assert moved.stop() == 0
    assert digest(kafka, folder) == same
    moved = Server(folder, "-c", str(kafka)).start()
    assert moved.put("doc-1", "Written after the move").json()["version"] > \
        before[1]["doc-1"]
    moved.delete("doc-1")
    assert moved.stop() == 0
    assert digest(kafka, folder) != same  # doc-1 went since


@pytest.mark.parametrize("words, told", [
    (["bus"], "what? copy"),
    (["bus", "move"], "is not copy"),
    (["bus", "copy"], "needs `bus: kafka`"),
])
def test_a_wrong_copy_is_told(words, told, tmp_path):
    done = subprocess.run([BINARY, *words], capture_output=True, text=True,
                          cwd=tmp_path, check=False)
    assert done.returncode in (2, 4)
    assert told in done.stderr
