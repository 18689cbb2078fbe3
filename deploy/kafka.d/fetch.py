# SPDX-License-Identifier: Apache-2.0
"""Kafka's jars in the cache, got by mvn, believed by SHA-256 only.

They lie in kafka-VERSION-HASH/jars, where HASH is that of pom.xml and
jars.sha256.  The folder is renamed into place when it is complete, so one that
is there is whole.  Beside the jars lies, for each java that was met, an archive
of the classes that a node loads when it starts: it halves the start.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from say import Trouble, say, tail

HERE = Path(__file__).resolve().parent
JAVA_MIN = 17
PACKAGES = ("install Debian's openjdk-17-jre-headless and maven: "
            "deploy/packages kafka")


@dataclass
class Kafka:
    """What is needed to run one of Kafka's programs."""

    java: str
    jars: Path
    archive: Path  # of classes; it need not be there

    def command(self, options, main, *arguments):
        paths = sorted(str(jar) for jar in self.jars.iterdir())
        if self.archive.exists():
            options = [f"-XX:SharedArchiveFile={self.archive}", *options]
        return [self.java, *options, "-cp", ":".join(paths), main, *arguments]


def tool(name):
    path = shutil.which(name)
    if path is None:
        raise Trouble(f"there is no {name}; {PACKAGES}")
    return path


def java_version(java):
    said = subprocess.run([java, "-version"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL).stderr
    found = re.search(r'version "(\d+)', said)
    if found is None or int(found[1]) < JAVA_MIN:
        raise Trouble(f"{java} is not java {JAVA_MIN} or later; {PACKAGES}")
    return said


def cache():
    named = os.environ.get("MILLRACE_CACHE")
    return Path(named or Path.home() / ".cache/millrace").absolute()


def short_hash(data):
    return hashlib.sha256(data).hexdigest()[:12]


def place():
    """The folder that holds the jars once they are there."""
    pom = (HERE / "pom.xml").read_bytes()
    version = re.search(rb"kafka_2\.13</artifactId>\s*<version>([^<]+)", pom)
    name = short_hash(pom + (HERE / "jars.sha256").read_bytes())
    return cache() / f"kafka-{version[1].decode()}-{name}"


def wanted():
    rows = (HERE / "jars.sha256").read_text().splitlines()
    return {name: digest for digest, name in (row.split() for row in rows)}


def check(jars):
    """Every jar of the list and no other, each with its bytes."""
    want = wanted()
    have = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest()
            for jar in jars.iterdir()}
    wrong = [f"{name} is missing" for name in sorted(want.keys() - have.keys())]
    wrong += [f"{name} is not in jars.sha256, it has {have[name]}"
              for name in sorted(have.keys() - want.keys())]
    wrong += [f"{name} is not the jar of jars.sha256: it has {have[name]}, "
              f"expected {want[name]}"
              for name in sorted(have.keys() & want.keys())
              if have[name] != want[name]]
    if wrong:
        raise Trouble("\n".join(["the jars are not believed:", *wrong]))


def get_jars(where, work):
    say("fetching the jars by mvn, 43 MB, about 10 s")
    mvn = tool("mvn")
    jars = work / "out/jars"
    jars.mkdir(parents=True)
    log = work / "log"
    with open(log, "wb") as out:
        done = subprocess.run(
            [mvn, "--quiet", "--batch-mode", "--file", HERE / "pom.xml",
             f"-Dmaven.repo.local={work}/repository",
             "dependency:copy-dependencies", "-DincludeScope=runtime",
             f"-DoutputDirectory={jars}"],
            cwd=work, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise Trouble(f"mvn failed:\n{tail(log)}")
    check(jars)
    os.rename(work / "out", where)


@contextlib.contextmanager
def alone(root):
    """One run at a time works on the cache, in a folder of its own."""
    root.mkdir(parents=True, exist_ok=True)
    with open(root / "kafka.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another run is at work on {root}, waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        # What a run that was killed has left.
        for old in root.glob("kafka-tmp.*"):
            shutil.rmtree(old, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix="kafka-tmp.", dir=root))
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def fetch(train):
    """Kafka, whatever is lacking made; train(kafka, file, work) makes the
    archive of classes."""
    java = tool("java")
    where = place()
    name = f"classes-{short_hash(java_version(java).encode())}.jsa"
    kafka = Kafka(java, where / "jars", where / name)
    if kafka.archive.exists():
        return kafka
    with alone(where.parent) as work:
        if not where.exists():
            get_jars(where, work)
        if not kafka.archive.exists():
            train(kafka, work / name, work)
            # Its place is known to it: only the file moves, not the jars.
            os.rename(work / name, kafka.archive)
        say(f"{where.name} is in {where.parent}")
    return kafka
