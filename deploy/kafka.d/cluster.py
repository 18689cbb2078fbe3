# SPDX-License-Identifier: Apache-2.0
"""The cluster in a folder DIR: made, stopped, killed, revived, looked at.

DIR/cluster.json says what start decided: the nodes with their ports, java's
options, and whether it made DIR.  DIR/N/ is a node's (node.py).
"""

import base64
import json
import os
import random
import select
import shutil
import signal
import socket
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from ask import metadata
from node import Node, end
from say import Trouble, say

PREFIX = "millrace-kafka-"
WAIT_S = 60
TERM_WAIT_S = 10
# For 3 nodes that end together: the last waits 5 s for the others' votes, which
# is worth nothing when their data go anyway.
TERM_WAIT_REMOVED_S = 2
KILL_WAIT_S = 30
PORTS_FROM = 20000
STARTS_MAX = 3

# The settings that start makes for each node itself.
OWN = ("process.roles", "node.id", "listeners", "advertised.listeners",
       "listener.security.protocol.map",
       "controller.listener.names", "controller.quorum.voters",
       "controller.quorum.bootstrap.servers", "log.dir", "log.dirs",
       "metadata.log.dir")


def defaults(count):
    """Settings that make it small and quick; none changes what is promised."""
    in_sync = min(count, 2)
    return {
        "auto.create.topics.enable": "false",
        "default.replication.factor": count,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": count,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": count,
        "transaction.state.log.min.isr": in_sync,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": count,
        "share.coordinator.state.topic.min.isr": in_sync,
        "share.coordinator.state.topic.num.partitions": 4,
        # Nobody waits for members that do not come.
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1000,
        # A node that starts or dies is noticed soon, also on a busy machine.
        "broker.heartbeat.interval.ms": 500,
        "broker.session.timeout.ms": 6000,
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": 1000,
        # Compaction and deletion within a test's patience; the cleaner's own
        # buffer would be half of the heap.
        "log.cleaner.backoff.ms": 1000,
        "log.cleaner.dedupe.buffer.size": 16 << 20,
        "log.segment.delete.delay.ms": 1000,
        # Records are as old as the test says, and stay.
        "log.retention.ms": -1,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "background.threads": 2,
    }


def temporary():
    return Path(os.environ.get("TMPDIR") or "/tmp").resolve()


@dataclass
class Cluster:
    folder: Path
    made: bool
    name: str
    java: list
    nodes: list

    def save(self):
        temp = self.folder / "cluster.json.new"
        temp.write_text(json.dumps({
            "made": self.made, "name": self.name, "java": self.java,
            "nodes": [[n.number, n.port, n.controller] for n in self.nodes],
        }) + "\n")
        os.rename(temp, self.folder / "cluster.json")

    def bootstrap(self):
        return ",".join(node.address for node in self.nodes)

    def node(self, number):
        for node in self.nodes:
            if node.number == number:
                return node
        raise Trouble(f"{self.folder} has no node {number}, its nodes are "
                      f"1 to {len(self.nodes)}")

    def ask(self, node):
        """What a node of this cluster knows; None from any other."""
        known = metadata(node.port)
        return known if known and known.cluster == self.name else None


def load(folder):
    try:
        row = json.loads((folder / "cluster.json").read_text())
    except FileNotFoundError:
        raise Trouble(f"{folder} holds no cluster") from None
    except ValueError:
        raise Trouble(f"{folder} is just being claimed by a start") from None
    nodes = [Node(folder / str(n), n, port, controller)
             for n, port, controller in row["nodes"]]
    return Cluster(folder, row["made"], row["name"], row["java"], nodes)


def find(named):
    """The cluster in the folder that is named, or the only one there is."""
    if named is not None:
        return load(Path(named).resolve())
    held = sorted(path.parent for path in
                  temporary().glob(f"{PREFIX}*/cluster.json"))
    if len(held) == 1:
        return load(held[0])
    raise Trouble(f"there are {len(held)} clusters in {temporary()}, say "
                  "which by --dir" + "".join(f"\n  {path}" for path in held))


def claim(named):
    """A folder that is nobody else's, and whether it was made here."""
    if named is None:
        return Path(tempfile.mkdtemp(prefix=PREFIX, dir=temporary())), True
    folder = Path(named).resolve()
    if "," in str(folder):
        raise Trouble(f"{folder}: Kafka takes a comma for the end of a folder")
    try:
        folder.mkdir()
        return folder, True
    except FileExistsError:
        pass
    except OSError as err:
        raise Trouble(f"{folder}: {err.strerror}") from None
    if not folder.is_dir() or any(folder.iterdir()):
        raise Trouble(f"{folder} is in use; name another, or a new or empty "
                      "one.  A cluster that was stopped there is started by "
                      "\"revive\" with the numbers of its nodes")
    return folder, False


def reserve(cluster):
    """Of two that found the same empty folder one gets it."""
    try:
        with open(cluster.folder / "cluster.json", "x"):
            pass
    except FileExistsError:
        raise Trouble(f"{cluster.folder} is in use") from None
    cluster.save()


def free_ports(count):
    """Ports below those that the kernel gives to anybody, so that a node which
    is killed finds its own again."""
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range")
              .read_text().split()[0])
    held, ports = [], []
    try:
        while len(ports) < count:
            one = socket.socket()
            held.append(one)
            wish = random.randrange(PORTS_FROM, low) if low > PORTS_FROM + 999 \
                else 0
            try:
                one.bind(("127.0.0.1", wish))
            except OSError:
                continue
            ports.append(one.getsockname()[1])
    finally:
        for one in held:
            one.close()
    return ports


def wait(nodes, done, what):
    """Until done(); fails when one of the nodes ends, or after a minute."""
    until = time.monotonic() + WAIT_S
    ends = select.poll()
    for node in nodes:
        handle = node.pidfd()
        if handle is None:
            raise node.failed("ended")
        node.handle = handle
        ends.register(handle, select.POLLIN)
    try:
        while not done():
            ended = {handle for handle, _ in ends.poll(20)}
            for node in nodes:
                if node.handle in ended:
                    raise node.failed("ended")
            if time.monotonic() > until:
                raise nodes[0].failed(f"did not {what} within {WAIT_S} s")
    finally:
        for node in nodes:
            os.close(node.handle)


def format_all(kafka, cluster):
    begun = [(node, node.format(kafka, cluster.name))
             for node in cluster.nodes]
    try:
        for node, process in begun:
            if process.wait() != 0:
                raise node.failed("could not be formatted")
            # What the tool says when all is well is of no interest later.
            os.truncate(node.log, 0)
    finally:
        for _, process in begun:
            process.kill()
            process.wait()


def all_registered(cluster):
    want = {node.number for node in cluster.nodes}
    known = (cluster.ask(node) for node in cluster.nodes)
    return all(one is not None and one.nodes >= want for one in known)


def launch(kafka, cluster, settings):
    count = len(cluster.nodes)
    ports = free_ports(2 * count)
    for node in cluster.nodes:
        node.port, node.controller = ports.pop(), ports.pop()
    cluster.save()
    for node in cluster.nodes:
        node.write(cluster.nodes, {**defaults(count), **settings})
    format_all(kafka, cluster)
    for node in cluster.nodes:
        node.start(kafka, cluster.java)
    wait(cluster.nodes, lambda: all_registered(cluster), "answer")


def port_was_taken(cluster):
    return any("Address already in use" in node.log.read_text(errors="replace")
               for node in cluster.nodes if node.log.exists())


def empty(cluster):
    """Ends what runs and removes what start has put into the folder."""
    end(cluster.nodes, signal.SIGKILL, KILL_WAIT_S)
    for node in cluster.nodes:
        shutil.rmtree(node.folder, ignore_errors=True)


def start(kafka, count, named, settings, java, extra=()):
    folder, made = claim(named)
    name = base64.urlsafe_b64encode(b"\0" + uuid.uuid4().bytes[1:])
    nodes = [Node(folder / str(n), n, 0, 0) for n in range(1, count + 1)]
    nodes[0].extra = extra
    cluster = Cluster(folder, made, name.decode().rstrip("="), java, nodes)
    reserve(cluster)
    try:
        for left in reversed(range(STARTS_MAX)):
            try:
                launch(kafka, cluster, settings)
                return cluster
            except Trouble:
                if left == 0 or not port_was_taken(cluster):
                    raise
                say("somebody took a port, once more with others")
                empty(cluster)
    except BaseException:
        empty(cluster)
        remove(cluster)
        raise


def remove(cluster):
    if cluster.made:
        shutil.rmtree(cluster.folder, ignore_errors=True)
    else:
        (cluster.folder / "cluster.json").unlink(missing_ok=True)


def stop(cluster, also_remove):
    goes = cluster.made or also_remove
    stubborn = end(cluster.nodes, signal.SIGTERM,
                   TERM_WAIT_REMOVED_S if goes else TERM_WAIT_S)
    for node in end(stubborn, signal.SIGKILL, KILL_WAIT_S):
        raise Trouble(f"node {node.number}, pid {node.pid()}, does not end")
    if goes:
        shutil.rmtree(cluster.folder)
    return goes


def kill(cluster, numbers):
    nodes = [cluster.node(number) for number in numbers]
    for node in nodes:
        if node.pid() is None:
            raise Trouble(f"node {node.number} is down already")
    for node in end(nodes, signal.SIGKILL, KILL_WAIT_S):
        raise Trouble(f"node {node.number}, pid {node.pid()}, does not end")


def is_back(cluster, node, living):
    """Known to all that live, and in sync wherever it has a replica."""
    for one in living:
        known = cluster.ask(one)
        if known is None or node.number not in known.nodes:
            return False
        for part in known.partitions:
            if node.number in part.replicas and \
                    node.number not in part.in_sync:
                return False
    return True


def revive(kafka, cluster, numbers):
    nodes = [cluster.node(number) for number in numbers]
    for node in nodes:
        if node.pid() is not None:
            raise Trouble(f"node {node.number} is up already")
    for node in nodes:
        node.start(kafka, cluster.java)
    living = [node for node in cluster.nodes if node.pid() is not None]
    if 2 * len(living) <= len(cluster.nodes):
        say(f"only {len(living)} of {len(cluster.nodes)} nodes are up: they "
            "answer once there is a majority")
        return
    wait(nodes, lambda: all(is_back(cluster, node, living) for node in nodes),
         "come back")


def under_replicated(cluster):
    """As the first node that answers knows it; None if none does."""
    for node in cluster.nodes:
        known = cluster.ask(node) if node.pid() is not None else None
        if known is not None:
            return sum(set(part.in_sync) < set(part.replicas)
                       for part in known.partitions)
    return None
