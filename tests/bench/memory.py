#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""memory.py [BINARY [SITE [PASSAGES]]]: how large the process gets, and how
soon it is ready again.

  crawl    SITE (../shared/data/site/dplyr beside the checkout) is served on
           loopback and read until all of it is searchable, with the real
           model: the most that was resident (VmHWM), and what is at the end
  restart  20,000 passages of a few words in a folder: from the start of the
           process until it answers, after SIGTERM and after SIGKILL

Prints a table; asserts nothing: the machine is whatever it is.
"""
import functools
import http.server
import json
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

from line import Client, start
from search import vocabulary, wait, zipf

DATA = pathlib.Path(__file__).resolve().parents[3] / "shared/data"
WRITERS = 8


class Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Nothing is to be printed."""


def serve(folder):
    handler = functools.partial(Quiet, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}/index.html"


def memory(process, key):
    """MiB, as the kernel has it."""
    for line in open(f"/proc/{process.pid}/status", encoding="utf-8"):
        if line.startswith(key + ":"):
            return int(line.split()[1]) / 1024
    return 0


def show(name, value, unit):
    print(f"{name:44} {value:12.1f} {unit}", flush=True)


def show_memory(process, name):
    show(f"{name}: most that was resident", memory(process, "VmHWM"), "MiB")
    show(f"{name}: resident at the end", memory(process, "VmRSS"), "MiB")
    show("  of it no file's", memory(process, "RssAnon"), "MiB")


def stop(process, by):
    process.send_signal(by)
    process.wait()


def crawl(binary, folder, site):
    process, port, _ = start(binary, folder)
    show("new folder: most that was resident", memory(process, "VmHWM"), "MiB")
    began = time.perf_counter()
    subprocess.run([binary, "ingest", "--wait", "--allow-private",
                    "--server", f"http://127.0.0.1:{port}", serve(site)],
                   check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    found = json.loads(Client(port).call("GET", "/v1/status")[1])["searchable"]
    show("crawl: until all is searchable", time.perf_counter() - began, "s")
    show("crawl: documents found by meaning", found["dense"], "")
    show_memory(process, "crawl")
    stop(process, signal.SIGTERM)


def write(port, words, begin, end):
    client = Client(port)
    for number in range(begin, end):
        body = {"text": zipf(random.Random(number), words, 6)}
        while client.call("PUT", f"/v1/documents/d{number}?lane=bulk",
                          body)[0] == 429:
            pass


def restart(binary, folder, count):
    process, port, _ = start(binary, folder)
    words = vocabulary()
    writers = [threading.Thread(target=write, args=(
        port, words, i * count // WRITERS, (i + 1) * count // WRITERS))
        for i in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    wait(Client(port), count)
    show_memory(process, f"{count} passages")
    for by in (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM):
        stop(process, by)
        process, port, took = start(binary, folder)
        show(f"start to ready after {by.name}", took, "ms")
    show_memory(process, "restarted")
    stop(process, signal.SIGTERM)


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else "build/release/millrace"
    site = sys.argv[2] if len(sys.argv) > 2 else str(DATA / "site/dplyr")
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 20000
    with tempfile.TemporaryDirectory() as folder:
        if pathlib.Path(site).is_dir():
            crawl(binary, folder + "/crawl", site)
        else:
            print(f"{site} is not there: no crawl")
        restart(binary, folder + "/restart", count)


if __name__ == "__main__":
    main()
