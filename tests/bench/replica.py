#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""replica.py [BINARY [DOCUMENTS]]: how long a new replica of two shards takes.

  from the log         an indexer with an empty folder, from its start until it
                       has read the last record of the log
  from a checkpoint    the same, when one lies in the blob store

Documents are generated, of a passage each, and embedded by the model of tests:
so it is the index that is measured.  MILLRACE_KAFKA names the broker; nothing
is measured without.  Prints a line for each; asserts nothing.
"""
import json
import os
import re
import sys
import tempfile
import threading
import time
import uuid

from kafka import Process
from line import Client, text

BROKERS = os.environ.get("MILLRACE_KAFKA")
DOCUMENTS = 10000
WRITERS = 8
QUIET_S = 3  # without a record: it has read them all
READ = re.compile(r"millrace_index_records_total\{.*\} (\d+)")


class Indexer(Process):
    def __init__(self, binary, config, name):
        self.command = [binary, "worker", "indexer", "-c", config, "--name",
                        name, "--listen", "127.0.0.1:0"]
        self.start()

    def read(self):
        _, body = Client(self.port).call("GET", "/metrics")
        return sum(int(count) for count in READ.findall(body.decode()))

    def end(self):
        self.process.kill()
        self.process.wait()


def status(port):
    return json.loads(Client(port).call("GET", "/v1/status")[1])


def wait_for(ready):
    while not ready():
        threading.Event().wait(.2)


def write(port, first, count):
    client = Client(port)
    for number in range(first, count, WRITERS):
        client.call("PUT", f"/v1/documents/doc-{number}",
                    {"text": text(f"replica {number}")})


def fill(port, count):
    threads = [threading.Thread(target=write, args=(port, i, count))
               for i in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(lambda: status(port)["searchable"]
             == {"keyword": count, "dense": count})


def measure(binary, config, name):
    began = time.monotonic()
    replica = Indexer(binary, config, name).ready()
    read, last = replica.read(), time.monotonic()
    while time.monotonic() - last < QUIET_S:
        threading.Event().wait(.02)
        now = replica.read()
        if now != read:
            read, last = now, time.monotonic()
    replica.end()
    print(f"a new replica {name.replace('-', ' '):20} {last - began:6.2f} s, "
          f"{read} records read")


def configure(folder, name, every):
    path = f"{folder}/{name}.yaml"
    with open(path, "w") as config:
        config.write(f"bus: kafka\ndata: {folder}/data\npartitions: 2\n"
                     "embed: {model: hashing}\n"
                     "curate: {duplicates: false}\n"
                     f"index: {{checkpoint_every: {every}}}\n"
                     f"kafka: {{brokers: '{BROKERS}', "
                     f"prefix: '{os.path.basename(folder)}.'}}\n")
    return path


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else "build/release/millrace"
    count = int(sys.argv[2]) if len(sys.argv) > 2 else DOCUMENTS
    if not BROKERS:
        print("skipped: MILLRACE_KAFKA names no broker")
        return
    with tempfile.TemporaryDirectory(prefix=f"bench-{uuid.uuid4()}-") as folder:
        never = configure(folder, "m", 0)
        often = configure(folder, "often", "1 s")
        roles = {role: Process(binary, folder, role).ready()
                 for role in ("preprocessor", "embedder", "indexer",
                              "retriever")}
        port = roles["retriever"].port
        fill(port, count)
        measure(binary, never, "from-the-log")
        writer = Indexer(binary, often, "writer").ready()
        wait_for(lambda: len(status(port)["checkpoints"]) == 2)
        wait_for(lambda: all(one["documents_offset"] > count / 4
                             for one in status(port)["checkpoints"]))
        writer.end()
        size = sum(one["bytes"] for one in status(port)["checkpoints"])
        measure(binary, never, "from-a-checkpoint")
        print(f"{count} documents, checkpoints of {size / 1e6:.1f} MB")
        for process in roles.values():
            process.process.kill()
            process.process.wait()


if __name__ == "__main__":
    main()
