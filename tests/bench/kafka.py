#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kafka.py [BINARY]: a deployment of processes on one idle broker.

  idle     one document after the other: PUT until it is found by words, and
           until it is found by meaning
  restart  a preprocessor, an embedder and an indexer get a kill -9 and are
           started again: until the next document is found
  load     two retrievers held to a quarter of a core each, and one: queries
           a second by words

MILLRACE_KAFKA names the broker; nothing is measured without.  Prints a table;
asserts nothing.
"""
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid

from line import Client, show, text

BROKERS = os.environ.get("MILLRACE_KAFKA")
LOAD_S = 6
ASKING = 4


class Process:
    def __init__(self, binary, folder, role, member="0/1"):
        self.command = [binary, "worker", role, "-c", f"{folder}/m.yaml",
                        "--member", member, "--listen", "127.0.0.1:0"]
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, text=True,
                                        stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)

    def ready(self):
        line = self.process.stdout.readline()
        self.port = int(line.strip().rsplit(":", 1)[1])
        return self


def held(process, ending):
    """A quarter of a core: SIGSTOP whenever it has had that of the last 40 ms
    (cgroups are not everybody's)."""
    ticks = os.sysconf("SC_CLK_TCK")
    path = f"/proc/{process.process.pid}/stat"

    def used():
        fields = open(path).read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / ticks

    began, base = time.monotonic(), used()
    while not ending.wait(.005):
        over = used() - base > .25 * (time.monotonic() - began)
        process.process.send_signal(signal.SIGSTOP if over else signal.SIGCONT)
    process.process.send_signal(signal.SIGCONT)


def load(retrievers):
    """Queries a second of these, each held to a quarter of a core."""
    ending = threading.Event()
    counts = []

    def ask(port):
        client, count = Client(port), 0
        while not ending.is_set():
            client.call("POST", "/v1/search",
                        {"query": "wheel12 river7", "mode": "keyword",
                         "draft": True})
            count += 1
        counts.append(count)

    threads = [threading.Thread(target=held, args=(r, ending))
               for r in retrievers]
    threads += [threading.Thread(target=ask, args=(r.port,))
                for r in retrievers for _ in range(ASKING)]
    for thread in threads:
        thread.start()
    ending.wait(LOAD_S)
    ending.set()
    for thread in threads:
        thread.join()
    return sum(counts) / LOAD_S


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else "build/release/millrace"
    if not BROKERS:
        print("skipped: MILLRACE_KAFKA names no broker")
        return
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/m.yaml", "w") as config:
            config.write(f"bus: kafka\ndata: {folder}/data\npartitions: 2\n"
                         f"kafka: {{brokers: '{BROKERS}', "
                         f"prefix: 'bench-{uuid.uuid4()}.'}}\n")
        roles = {role: Process(binary, folder, role, member).ready()
                 for role, member in (
                     ("preprocessor", "0/1"), ("embedder", "0/1"),
                     ("indexer", "0/1"), ("retriever", "0/2"))}
        second = Process(binary, folder, "retriever", "1/2").ready()
        client = Client(roles["retriever"].port)
        for mode, name in (("keyword", "words"), ("true", "meaning")):
            client.call("PUT", f"/v1/documents/before-{mode}?wait=true",
                        {"text": text(f"before {mode}")})
            show(f"idle: PUT to found by {name}", [
                client.timed("PUT", f"/v1/documents/{mode}-{i}?wait={mode}",
                             {"text": text(f"{mode} {i}")})
                for i in range(1, 41)])
        for role in ("preprocessor", "embedder", "indexer"):
            times = []
            for number in range(5):
                roles[role].process.kill()
                roles[role].process.wait()
                began = time.perf_counter()
                roles[role].start()
                client.timed("PUT", f"/v1/documents/{role}-{number}?wait=true",
                             {"text": text(f"{role} {number}")})
                times.append((time.perf_counter() - began) * 1000)
                roles[role].ready()
            show(f"restart of the {role} to found again", times)
        one = load([roles["retriever"]])
        two = load([roles["retriever"], second])
        print(f"{'a quarter of a core: one retriever, two':44} "
              f"{one:.0f}, {two:.0f} queries/s: {two / one:.2f} times")
        for process in (*roles.values(), second):
            process.process.kill()
            process.process.wait()


if __name__ == "__main__":
    main()
