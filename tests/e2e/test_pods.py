# SPDX-License-Identifier: Apache-2.0
"""The pods of deploy/kubernetes, as far as they go without Kubernetes: every
command line with its ports, probes, configuration, keys and a folder of its
own, each pod on an address of its own of loopback, over a real broker."""
import os
import random
import signal
import subprocess
import urllib.error
import urllib.request

import pytest

from conftest import BINARY, READY, SOURCE, Server

yaml = pytest.importorskip("yaml")
FOLDER = SOURCE / "deploy/kubernetes"


class Pod:
    def __init__(self, name, spec, variables, folder):
        self.name, self.folder = name, folder
        (self.container,) = spec["containers"]
        self.variables = variables
        self.process = None
        self.host = variables["POD_IP"]
        (port,) = self.container["ports"]
        self.url = f"http://{self.host}:{port['containerPort']}"

    def words(self, config):
        for word in self.container["args"]:
            for name, value in self.variables.items():
                word = word.replace(f"$({name})", value)
            assert "$(" not in word, f"{word} has no such variable"
            yield word.replace("/etc/millrace/millrace.yaml", str(config))

    def start(self, config, data):
        with open(self.folder / f"{self.name}.log", "wb") as log:
            self.process = subprocess.Popen(
                [BINARY, *self.words(config), "--data", str(data)],
                stdout=subprocess.PIPE, stderr=log, text=True)
        Server.started.append(self)

    def wait(self):
        line = self.process.stdout.readline()
        log = (self.folder / f"{self.name}.log").read_text()
        assert READY.search(line), f"{self.name}: {line}{log}"

    def probe(self, name):
        path = self.container[name]["httpGet"]["path"]
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as reply:
                return reply.status
        except urllib.error.HTTPError as refusal:
            return refusal.code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def pods(folder):
    a, b = random.randrange(1, 255), random.randrange(0, 255)
    for path in sorted(FOLDER.glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            if document.get("kind") != "StatefulSet":
                continue
            for number in range(document["spec"]["replicas"]):
                name = f"{document['metadata']['name']}-{number}"
                address = f"127.{a}.{b}.{len(list(folder.glob('*.log'))) + 1}"
                (folder / f"{name}.log").touch()
                yield Pod(name, document["spec"]["template"]["spec"],
                          {"POD_NAME": name, "POD_IP": address,
                           "MEMBER": str(number)}, folder)


def configuration(folder, broker):
    """millrace.yaml, but for what only a cluster has."""
    whole = yaml.safe_load((FOLDER / "millrace.yaml").read_text())
    del whole["blobs"], whole["kafka"]["settings_file"], whole["data"]
    whole["kafka"] = {"brokers": broker,
                      "prefix": f"pods-{os.getpid()}-{random.random()}-"}
    whole["partitions"] = 2
    whole["cluster"]["api_key_file"] = str(folder / "cluster.key")
    whole["embed"]["model"] = "hashing"
    path = folder / "millrace.yaml"
    path.write_text(yaml.safe_dump(whole))
    return path


def key(folder, *words):
    return subprocess.run(
        [BINARY, "key", "create", *words, "--data", str(folder / "made")],
        check=True, text=True, capture_output=True).stdout


def test_a_worker_that_is_fenced_ends_with_a_code_of_its_own(tmp_path):
    broker = os.environ.get("MILLRACE_KAFKA")
    if not broker:
        pytest.skip("MILLRACE_KAFKA names no broker")
    config = configuration(tmp_path, broker)
    whole = yaml.safe_load(config.read_text())
    del whole["cluster"]
    config.write_text(yaml.safe_dump(whole))

    def start(role, name):
        process = subprocess.Popen(
            [BINARY, "worker", role, "-c", str(config), "--name", name,
             "--data", str(tmp_path), "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        Server.started.append(process)
        process.close = process.kill
        found = READY.search(process.stdout.readline())
        assert found, name
        return process, found.group(1)

    old, _ = start("preprocessor", "old")
    newer, _ = start("preprocessor", "newer")
    server = Server(tmp_path)
    start("indexer", "indexer")
    _, server.url = start("retriever", "retriever")
    # Work is what an old owner fails at.
    for number in range(30):
        assert server.put(f"mill-{number}", "Water", wait="").status == 202
        try:
            old.wait(timeout=2)
            break
        except subprocess.TimeoutExpired:
            continue
    assert old.returncode == 5
    newer.send_signal(signal.SIGTERM)
    assert newer.wait(timeout=60) == 0


def test_the_pods_find_each_other_and_answer(tmp_path):
    broker = os.environ.get("MILLRACE_KAFKA")
    if not broker:
        pytest.skip("MILLRACE_KAFKA names no broker")
    (tmp_path / "cluster.key").write_text(key(tmp_path, "cluster"))
    admin = {"Authorization":
             f"Bearer {key(tmp_path, 'ops', '--scope', 'admin').strip()}"}
    config = configuration(tmp_path, broker)
    running = list(pods(tmp_path))
    for pod in running:
        data = tmp_path / pod.name
        data.mkdir()
        keys = data / "keys"
        keys.write_bytes((tmp_path / "made/keys").read_bytes())
        keys.chmod(0o440)
        pod.start(config, data)
    for pod in running:
        pod.wait()
    for pod in running:
        assert pod.probe("livenessProbe") == 200, pod.name
        assert pod.probe("readinessProbe") == 200, pod.name
    first, second = [pod for pod in running if "retriever" in pod.name]
    server = Server(tmp_path)
    server.url = first.url
    reply = server.call("PUT", "/v1/documents/faiss?wait=true",
                        {"text": "FAISS is a vector database"}, admin)
    assert reply.status == 200, reply.body
    server.url = second.url
    reply = server.call("POST", "/v1/search",
                        {"query": "vector database",
                         "at_least": reply.json().get("token")}, admin)
    found = reply.json()
    assert [hit["document"] for hit in found["hits"]] == ["faiss"]
    assert not found["partial"]
    for pod in running:
        pod.process.send_signal(signal.SIGTERM)
    for pod in running:
        pod.process.communicate(timeout=60)
        assert pod.process.returncode == 0, pod.name
