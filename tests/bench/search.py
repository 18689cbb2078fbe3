#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""search.py [BINARY [PASSAGES]]: how long a search takes, through HTTP.

Writes 20,000 documents of one passage, waits until all are found by meaning
(minutes: the model reads them all), and asks in each mode; the question of a
search by meaning is embedded live.  Then the time from the start of the process
until it is ready, with all of them in the folder.

Prints a table; asserts nothing: the machine is whatever it is.
"""
import json
import random
import signal
import sys
import tempfile
import threading

from line import Client, show, start

PASSAGES = 20000
WORDS = 40
QUERIES = 300
VOCABULARY = 30000


def vocabulary():
    pick = random.Random(7)
    syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    return ["".join(pick.choice(syllables) for _ in range(pick.randint(2, 4)))
            for _ in range(VOCABULARY)]


def zipf(pick, words, count):
    """Words as frequent as in a language: the n-th in 1 / n."""
    top = len(words)
    return " ".join(words[int(top ** pick.random()) - 1] for _ in range(count))


def write(port, words, begin, end):
    client = Client(port)
    for number in range(begin, end):
        body = {"text": zipf(random.Random(number), words, WORDS)}
        path = f"/v1/documents/d{number}?lane=bulk"
        while client.call("PUT", path, body)[0] == 429:
            pass


def wait(client, count):
    """Asks until all are found by meaning: a write that waits stands at the
    end of the line, behind all before it."""
    client.call("PUT", "/v1/documents/last?wait=true&lane=bulk",
                {"text": "the last of all"})
    while True:
        status = json.loads(client.call("GET", "/v1/status")[1])
        if status["searchable"]["dense"] >= count:
            return
        client.call("PUT", "/v1/documents/last?wait=true&lane=bulk",
                    {"text": f"the last of all {random.random()}"})


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else "build/release/millrace"
    count = int(sys.argv[2]) if len(sys.argv) > 2 else PASSAGES
    words = vocabulary()
    with tempfile.TemporaryDirectory() as folder:
        process, port, _ = start(binary, folder + "/data")
        writers = [threading.Thread(target=write, args=(
            port, words, i * count // 4, (i + 1) * count // 4))
            for i in range(4)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        client = Client(port)
        wait(client, count)
        pick = random.Random(11)
        for mode in ("keyword", "dense", "hybrid"):
            show(f"{mode}, {count} passages", [
                client.timed("POST", "/v1/search", {
                    "query": zipf(pick, words, 6), "mode": mode})
                for _ in range(QUERIES)])
        process.send_signal(signal.SIGTERM)
        process.wait()
        process, port, took = start(binary, folder + "/data")
        print(f"{'start to ready':44}     {took:8.0f} ms")
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()
