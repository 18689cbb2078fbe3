#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""line.py [BINARY]: how soon a document is found, through HTTP.

  idle    one document after the other: PUT until it is found by words, and
          until it is found by meaning
  bulk    the same by words, and a DELETE, while 5,000 documents are written
          in bulk beside it
  search  a query in each mode over what was written
  restart from the start of the process until it is ready

Prints a table; asserts nothing: the machine is whatever it is.
"""
import http.client
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

WORDS = ("river mill race wheel water stone grain flour miller sluice gate "
         "channel weir head tail pond dam gear shaft axle timber iron").split()
BULK = 5000


class Client:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port,
                                                     timeout=120)

    def call(self, method, path, body=None):
        self.connection.request(method, path,
                                None if body is None else json.dumps(body))
        reply = self.connection.getresponse()
        return reply.status, reply.read()

    def timed(self, *request):
        began = time.perf_counter()
        status, body = self.call(*request)
        took = (time.perf_counter() - began) * 1000
        assert status in (200, 202), body
        # A duplicate has its fate at once, which would flatter.
        assert b'"duplicate"' not in body, body
        return took


def text(name):
    pick = random.Random(name)
    return " ".join(f"{pick.choice(WORDS)}{pick.randrange(300)}"
                    for _ in range(180))


def start(binary, folder):
    began = time.perf_counter()
    process = subprocess.Popen(
        [binary, "up", "--data", folder, "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    line = process.stdout.readline()
    port = int(line.strip().rsplit(":", 1)[1])
    return process, port, (time.perf_counter() - began) * 1000


def show(name, values):
    values = sorted(values)
    p50 = values[len(values) // 2]
    p99 = values[min(len(values) - 1, len(values) * 99 // 100)]
    print(f"{name:44} p50 {p50:8.1f} ms   p99 {p99:8.1f} ms   "
          f"n {len(values)}", flush=True)


def write_bulk(port, done):
    client = Client(port)
    for number in range(BULK):
        while client.call("PUT", f"/v1/documents/bulk-{number}?lane=bulk",
                          {"text": text(f"bulk {number}")})[0] == 429:
            pass
    done.set()


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else "build/release/millrace"
    with tempfile.TemporaryDirectory() as folder:
        process, port, _ = start(binary, folder + "/data")
        client = Client(port)
        for mode, name in (("keyword", "words"), ("true", "meaning")):
            # Idle: what was written before is through.
            client.call("PUT", f"/v1/documents/before-{mode}?wait=true",
                        {"text": text(f"before {mode}")})
            show(f"idle: PUT to found by {name}", [
                client.timed("PUT", f"/v1/documents/{mode}-{i}?wait={mode}",
                             {"text": text(f"{mode} {i}")})
                for i in range(1, 41)])
        done = threading.Event()
        began = time.perf_counter()
        threading.Thread(target=write_bulk, args=(port, done)).start()
        puts, deletes = [], []
        number = 0
        while not done.is_set():
            number += 1
            puts.append(client.timed(
                "PUT", f"/v1/documents/push-{number}?wait=keyword",
                {"text": text(f"push {number}")}))
            deletes.append(client.timed(
                "DELETE", f"/v1/documents/push-{number}?wait=keyword"))
        took = time.perf_counter() - began
        show("bulk: PUT to found by words", puts)
        show("bulk: DELETE to gone", deletes)
        print(f"{'bulk: written and searchable by words':44} "
              f"{BULK / took:12.0f} documents/s")
        for mode in ("keyword", "dense", "hybrid"):
            show(f"search while embedding, {mode}", [
                client.timed("POST", "/v1/search", {
                    "query": f"{WORDS[i % 20]}{i} wheel{i}", "mode": mode})
                for i in range(100)])
        process.send_signal(signal.SIGTERM)
        process.wait()
        process, port, took = start(binary, folder + "/data")
        print(f"{'restart to ready':44} {took:12.0f} ms")
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()
