# SPDX-License-Identifier: Apache-2.0
"""What an ingestor keeps outlives its machine: the topic `frontier`.

On the broker of MILLRACE_KAFKA; an ingestor alone, on a site whose pages have
ETags, and as its machines folders that are thrown away.
"""
import shutil
import threading

import pytest

import brokers
from sites import site, state_of, until
from test_cluster import Worker

PAGES = 24
FENCED = 5


class Pages:
    """A site of linked pages; what was asked, and with which condition."""

    def __init__(self):
        self.asked = []  # (path, If-None-Match)
        self.gone = set()
        self.pages = {"": self.answer}
        self.pages.update({f"p{i}": self.answer for i in range(PAGES)})

    def answer(self, handler):
        name = handler.path.lstrip("/")
        condition = handler.headers.get("If-None-Match")
        self.asked.append((name, condition))
        tag = f'"tag-{name}"'
        if name in self.gone:
            handler.send_response(404)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        links = "".join(f'<p><a href="/p{i}">the page {i}</a></p>'
                        for i in range(PAGES)) if name == "" else ""
        body = (f"<!doctype html><html><body><p>Water turns the wheel of mill "
                f"{name}.</p>{links}</body></html>").encode()
        same = condition == tag
        handler.send_response(304 if same else 200)
        handler.send_header("ETag", tag)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", "0" if same else str(len(body)))
        handler.end_headers()
        if not same:
            handler.wfile.write(body)

    def names(self):
        return [name for name, _ in self.asked]


class Machines:
    """Ingestors of one collection, each with a folder of its own."""

    def __init__(self, kafka):
        self.kafka = kafka
        self.count = 0
        kafka.config("millrace", settings="compression.type=none\n")

    def start(self):
        """One more, on a machine that has nothing."""
        folder = self.kafka.folder / f"machine-{self.count}"
        self.count += 1
        folder.mkdir()
        shutil.copy(self.kafka.folder / "millrace.yaml", folder)
        worker = Worker(folder, "ingestor")
        worker.arguments += ["--data", str(folder / "data")]
        return worker.start()

    def lose(self, worker):
        worker.kill()
        shutil.rmtree(worker.data)

    def keys(self, broker):
        """Of the puts and deletions on raw, in no order."""
        topic = f"{self.kafka.prefix}main.raw"
        partitions = broker.topics(self.kafka.prefix)["main.raw"]
        return [record.key.decode()
                for partition in range(partitions)
                for record in broker.records(topic, partition)]

    def sent(self, broker):
        return [key.rsplit("/", 1)[1] for key in self.keys(broker)]


@pytest.fixture
def machines(kafka):
    return Machines(kafka)


def give(server, where, **members):
    reply = server.call("POST", "/v1/sources",
                        {"url": where, "name": "mills", "allow_private": True,
                         "connections_per_host": 1, **members})
    assert reply.status == 202, reply.body
    return reply.json()["job"]


def ended(server, job, seconds=30):
    return until(lambda: state_of(server, "mills")["job_ended"] >= job
                 and state_of(server, "mills"), seconds)


def test_a_crawl_goes_on_on_another_machine(machines, broker):
    pages = Pages()
    with site(pages.pages) as running:
        one = machines.start()
        give(one, running.url, delay_ms=150)
        until(lambda: len(pages.asked) >= PAGES // 2)
        machines.lose(one)
        before = pages.names()
        assert len(before) < PAGES
        two = machines.start()
        # Nobody gave it the source: it heard of it from the cluster.
        state = ended(two, 1)
        assert state["documents"] == PAGES + 1
        assert set(pages.names()) == {"", *(f"p{i}" for i in range(PAGES))}
        # What was fetched in the last moment may not have been told.
        twice = [name for name in set(pages.names())
                 if pages.names().count(name) > 1]
        assert len(twice) <= 3, twice
        sent = machines.sent(broker)
        assert len(set(sent)) == PAGES + 1
        assert len(sent) - len(set(sent)) <= 3

        # A second crawl, on a third machine, asks with conditions.
        machines.lose(two)
        first = len(pages.asked)
        three = machines.start()
        give(three, running.url, delay_ms=0)
        state = ended(three, 2)
        assert state["unchanged"] == PAGES + 1
        asked = pages.asked[first:]
        assert sorted(asked) == sorted(
            (name, f'"tag-{name}"') for name in set(pages.names()))
        assert len(machines.sent(broker)) == len(sent)

        # A page that is gone is deleted, wherever it was sent from.
        pages.gone.add("p7")
        for job in (3, 4):
            machines.lose(three)
            three = machines.start()
            give(three, running.url, delay_ms=0)
            ended(three, job)
        assert machines.sent(broker).count("p7") == 2
        assert len(machines.sent(broker)) == len(sent) + 1
        assert state_of(three, "mills")["documents"] == PAGES


def test_the_later_of_two_ingestors_takes_over(machines):
    pages = Pages()
    with site(pages.pages) as running:
        one = machines.start()
        give(one, running.url, delay_ms=100)
        until(lambda: len(pages.asked) >= 4)
        two = machines.start()
        one.process.communicate(timeout=60)
        assert one.process.returncode == FENCED, one.log.read_text()
        ended(two, 1)
        assert state_of(two, "mills")["documents"] == PAGES + 1


def test_a_folder_is_gone_on_with_and_a_forgotten_source_stays_forgotten(
        machines, tmp_path, broker):
    folder = tmp_path / "pages"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.md").write_text(f"# Mill {name}\n\nIt turns.\n")
    one = machines.start()
    for name in ("mills", "other"):
        reply = one.call("POST", "/v1/sources",
                         {"path": str(folder), "name": name}
                         if name == "mills" else
                         {"path": str(folder / "a.md"), "name": name})
        assert reply.status == 202, reply.body
        until(lambda: state_of(one, name)["job_ended"] >= 1)
    assert one.call("DELETE", "/v1/sources/other").status in (200, 202, 204)
    machines.lose(one)
    (folder / "b.md").unlink()
    two = machines.start()
    reply = two.call("POST", "/v1/sources",
                     {"path": str(folder), "name": "mills"})
    state = ended(two, reply.json()["job"])
    assert state["documents"] == 2 and state["unchanged"] == 2
    assert state["sent"] == 0
    keys = sorted(key for key in machines.keys(broker)
                  if key.startswith("mills:"))
    assert keys == ["mills:a.md", "mills:b.md", "mills:b.md", "mills:c.md"]
    names = [one["name"]
             for one in two.call("GET", "/v1/sources").json()["sources"]]
    assert names == ["mills"]


def test_a_crawl_waits_for_a_broker_that_is_away(tmp_path):
    cluster = brokers.Cluster(tmp_path / "cluster")
    pages = Pages()
    try:
        machines = Machines(brokers.Kafka(tmp_path, cluster.servers))
        with site(pages.pages) as running:
            one = machines.start()
            give(one, running.url, delay_ms=150)
            until(lambda: len(pages.asked) >= 6)
            cluster.kill()
            asked = len(pages.asked)
            threading.Event().wait(3)
            # It reads no further than what waits to be written.
            assert len(pages.asked) - asked <= 6
            cluster.revive()
            state = ended(one, 1, seconds=120)
            assert state["outcome"] == "done"
            assert state["documents"] == PAGES + 1
            assert sorted(set(pages.names())) == sorted(pages.names())
    finally:
        cluster.stop()


def test_a_machine_that_comes_back_learns_what_happened_without_it(
        machines, tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "a.md").write_text("# Mill\n\nIt turns.\n")

    def give_folder(server, name, path):
        reply = server.call("POST", "/v1/sources",
                            {"path": str(path), "name": name})
        assert reply.status == 202, reply.body
        until(lambda: state_of(server, name)["job_ended"] >= 1)

    one = machines.start()
    give_folder(one, "other", folder / "a.md")
    one.kill()
    two = machines.start()
    assert two.call("DELETE", "/v1/sources/other").status in (200, 202, 204)
    give_folder(two, "mills", folder)
    two.kill()
    one.start()
    listed = one.call("GET", "/v1/sources").json()["sources"]
    assert [source["name"] for source in listed] == ["mills"]
    ended(one, 1)
    # It was sent by the other machine, and is as it was.
    assert state_of(one, "mills")["documents"] == 1
    reply = one.call("POST", "/v1/sources",
                     {"path": str(folder), "name": "mills"})
    state = ended(one, reply.json()["job"])
    assert state["unchanged"] == 1 and state["sent"] == 0
