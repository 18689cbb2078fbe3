# SPDX-License-Identifier: Apache-2.0
"""A real millrace for each test: a process of its own, a folder of its own.

MILLRACE_BINARY names the program (default build/release/millrace).  Nothing
here sleeps: a server is ready when it says so on standard output.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("MILLRACE_BINARY",
                        str(SOURCE / "build/release/millrace"))
READY = re.compile(r"ready at (https?://\S+)")
DATA = pathlib.Path(os.environ.get("MILLRACE_EVAL_DATA",
                                   SOURCE.parent / "shared/data"))


class Reply:
    """What a request was answered with."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)


class Server:
    """`millrace up` on a free port."""

    started = []

    def __init__(self, data, *options):
        self.data = pathlib.Path(data)
        self.options = options
        self.process = None
        self.url = None

    def start(self, expect_ready=True):
        self.process = subprocess.Popen(
            [BINARY, "up", "--data", str(self.data), "--listen",
             "127.0.0.1:0", *self.options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            bufsize=1)
        Server.started.append(self)
        line = self.process.stdout.readline()
        found = READY.search(line)
        if found is None:
            if expect_ready:
                _, errors = self.process.communicate()
                raise AssertionError(f"not ready: {line!r} {errors}")
            return self
        self.url = found.group(1)
        return self

    def stop(self):
        """As an operator stops it; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)
        return self.process.returncode

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def call(self, method, path, body=None, headers=None):
        data = body
        if body is not None and not isinstance(body, bytes):
            data = json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data,
                                         method=method,
                                         headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=120) as reply:
                return Reply(reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as refusal:
            return Reply(refusal.code, refusal.headers, refusal.read())

    @staticmethod
    def _path(document_id):
        return "/v1/documents/" + urllib.parse.quote(document_id, safe="")

    def put(self, document_id, text=None, wait="true", query="", **members):
        body = dict(members)
        if text is not None:
            body["text"] = text
        suffix = f"?wait={wait}{query}" if wait else f"?{query.lstrip('&')}"
        return self.call("PUT", self._path(document_id) + suffix, body)

    def patch(self, document_id, **members):
        return self.call("PATCH", self._path(document_id) + "?wait=true",
                         members)

    def get(self, document_id):
        return self.call("GET", self._path(document_id))

    def delete(self, document_id):
        return self.call("DELETE", self._path(document_id) + "?wait=true")

    def search(self, query, **members):
        reply = self.call("POST", "/v1/search", {"query": query, **members})
        assert reply.status == 200, reply.body
        return reply.json()

    def found(self, query, **members):
        """Ids of the documents found, best first."""
        return [hit["document"]
                for hit in self.search(query, **members)["hits"]]

    def status(self):
        return self.call("GET", "/v1/status").json()

    def cli(self, *words, timeout=None):
        return subprocess.run(
            [BINARY, *words], capture_output=True, text=True, check=False,
            timeout=timeout,
            env={**os.environ, "MILLRACE_SERVER": self.url or ""})


def pytest_configure(config):
    config.addinivalue_line("markers", "long: minutes; deploy/check --long")


@pytest.fixture(scope="session", autouse=True)
def binary():
    if not pathlib.Path(BINARY).exists():
        pytest.skip(f"{BINARY} is not built: deploy/build builds it")
    return BINARY


@pytest.fixture
def tmp_path():
    """A folder for one test, gone after it with every server it started:
    a store reserves room on the disk, and many of them fill it."""
    with tempfile.TemporaryDirectory(prefix="millrace-e2e-",
                                     ignore_cleanup_errors=True) as path:
        yield pathlib.Path(path)
        while Server.started:
            Server.started.pop().close()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def server(folder):
    running = Server(folder).start()
    yield running
    running.close()


@pytest.fixture
def quick(tmp_path):
    """A server with the model of tests, which starts at once."""
    config = tmp_path / "millrace.yaml"
    config.write_text("embed:\n  model: hashing\nlog:\n  level: error\n")
    running = Server(tmp_path / "data", "-c", str(config)).start()
    yield running
    running.close()


@pytest.fixture
def broker():
    """That of MILLRACE_KAFKA."""
    import brokers
    if brokers.named() is None:
        pytest.skip("MILLRACE_KAFKA names no broker; deploy/kafka start "
                    "prints what to set")
    return brokers.Broker(brokers.named())


@pytest.fixture
def kafka(tmp_path, broker):
    """Configurations and servers on it, with names of the test's own."""
    import brokers
    return brokers.Kafka(tmp_path, broker.servers)
