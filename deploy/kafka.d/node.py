# SPDX-License-Identifier: Apache-2.0
"""One node, broker and controller in one: its folder, its process.

DIR/N/ holds server.properties, data/, tmp/, log and, while it runs, pid.  A pid
is believed only if that process is the java that was given this node's
server.properties; signals go through a pidfd, so never to another.
"""

import os
import select
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from say import Trouble, tail

LOG4J = Path(__file__).resolve().parent / "log4j2.properties"

# Measured on 2 cores, one node until it answers: 4.7 s with java's defaults,
# 3.0 s with C1 alone, 1.1 s with the archive of classes too.  SerialGC costs
# least beside a build.  No hsperfdata: it would outlive a kill.
JAVA = ["-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError",
        f"-Dlog4j2.configurationFile={LOG4J.as_uri()}"]

# Of the caller's environment what would change java, or add to its log.
NOT_INHERITED = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")


@dataclass
class Node:
    folder: Path  # DIR/N
    number: int
    port: int
    controller: int
    extra: tuple = ()  # (protocol, port, port that clients are told)
    child: subprocess.Popen = None  # if this process started it
    handle: int = -1  # a pidfd, while it is waited for

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def properties(self):
        return self.folder / "server.properties"

    @property
    def log(self):
        return self.folder / "log"

    def own_settings(self, nodes):
        voters = (f"{n.number}@127.0.0.1:{n.controller}" for n in nodes)
        listeners = told = f"PLAINTEXT://{self.address}"
        protocols = "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT"
        for protocol, port, port_told in (self.extra,) if self.extra else ():
            listeners += f",EXTRA://127.0.0.1:{port}"
            told += f",EXTRA://127.0.0.1:{port_told}"
            protocols += f",EXTRA:{protocol}"
        return {
            "process.roles": "broker,controller",
            "node.id": self.number,
            "listeners": f"{listeners},"
                         f"CONTROLLER://127.0.0.1:{self.controller}",
            "advertised.listeners": told,
            "listener.security.protocol.map": protocols,
            "controller.listener.names": "CONTROLLER",
            "controller.quorum.voters": ",".join(voters),
            "log.dirs": self.folder / "data",
        }

    def write(self, nodes, settings):
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        rows = {**settings, **self.own_settings(nodes)}
        self.properties.write_text("".join(
            f"{key}={value}\n" for key, value in rows.items()))

    def spawn(self, kafka, options, main, *arguments):
        env = {key: value for key, value in os.environ.items()
               if key not in NOT_INHERITED}
        # Native parts of jars are unpacked there, and stay after a kill.
        options = [*JAVA, f"-Djava.io.tmpdir={self.folder}/tmp",
                   f"-XX:ErrorFile={self.folder}/crash", *options]
        with open(self.log, "ab") as log:
            return subprocess.Popen(
                kafka.command(options, main, *arguments), env=env,
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True)

    def format(self, kafka, cluster):
        """Begins; ends with the process that it returns."""
        return self.spawn(kafka, [], "kafka.tools.StorageTool", "format",
                          "-t", cluster, "-c", str(self.properties))

    def start(self, kafka, options=()):
        self.child = self.spawn(kafka, options, "kafka.Kafka",
                                str(self.properties))
        temp = self.folder / "pid.new"
        temp.write_text(f"{self.child.pid}\n")
        os.rename(temp, self.folder / "pid")

    def pidfd(self):
        """Of the running process, or None; owned by the caller."""
        if self.child is not None:
            # Ours without doubt; its command line may not be there yet.
            running = self.child.poll() is None
            return os.pidfd_open(self.child.pid) if running else None
        try:
            pid = int((self.folder / "pid").read_text())
            handle = os.pidfd_open(pid)
        except (OSError, ValueError):
            return None
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if os.fsencode(self.properties) in words:
                return handle
        except OSError:
            pass
        os.close(handle)
        return None

    def pid(self):
        """The pid while it runs, else None."""
        handle = self.pidfd()
        if handle is None:
            return None
        os.close(handle)
        return int((self.folder / "pid").read_text())

    def failed(self, what):
        return Trouble(f"node {self.number} {what}; the end of its log:\n"
                       f"{tail(self.log)}")


def end(nodes, number, wait_s):
    """Signals those that run and waits; the ones that still run after it."""
    handles = {}
    for node in nodes:
        handle = node.pidfd()
        if handle is not None:
            signal.pidfd_send_signal(handle, number)
            handles[handle] = node
    try:
        return wait_gone(handles, wait_s)
    finally:
        for handle in handles:
            os.close(handle)


def wait_gone(handles, wait_s):
    until = time.monotonic() + wait_s
    left = dict(handles)
    poll = select.poll()
    for handle in left:
        poll.register(handle, select.POLLIN)
    while left and time.monotonic() < until:
        left_ms = max(1, int(1000 * (until - time.monotonic())))
        for handle, _ in poll.poll(left_ms):
            poll.unregister(handle)
            node = left.pop(handle)
            if node.child is not None:
                node.child.wait()
            (node.folder / "pid").unlink(missing_ok=True)
    return list(left.values())
