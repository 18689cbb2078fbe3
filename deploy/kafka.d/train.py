# SPDX-License-Identifier: Apache-2.0
"""The archive of classes: written by a node that starts, answers and stops."""

import signal

from cluster import Cluster, TERM_WAIT_S, end, launch
from node import Node
from say import Trouble, say


def train(kafka, file, work):
    """Writes the archive into the file; the jars must not move after it."""
    say("writing the archive of classes, about 5 s")
    node = Node(work / "1", 1, 0, 0)
    cluster = Cluster(work, False, "millrace-training-run0",
                      [f"-XX:ArchiveClassesAtExit={file}"], [node])
    try:
        launch(kafka, cluster, {})
        # It is written at the exit, which takes 3 s.
        end([node], signal.SIGTERM, 6 * TERM_WAIT_S)
    finally:
        end([node], signal.SIGKILL, TERM_WAIT_S)
    if not file.exists():
        raise node.failed("wrote no archive of classes")
