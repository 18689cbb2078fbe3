# SPDX-License-Identifier: Apache-2.0
"""The shared libraries that a program loads: where from, whose, licensed how."""

import re
import subprocess
from pathlib import Path

from tree import Trouble, run

# glibc's own: one that is not the system's would not fit its loader.
GLIBC = re.compile(r"^(linux-vdso|ld-linux-x86-64|lib(c|m|dl|rt|pthread|resolv"
                   r"|util|anl|mvec|nss_\w+))\.so")


def loaded(program):
    """{soname: path} of all that ldd finds, without glibc's."""
    found = {}
    for row in run("ldd", program).splitlines():
        name, arrow, rest = row.strip().partition(" => ")
        if GLIBC.match(Path(name.split()[0]).name):
            continue
        if not arrow or not rest.startswith("/"):
            raise Trouble(f"{program} lacks a library: {row.strip()}")
        found[name] = Path(rest.split(" (")[0])
    return found


class Owner:
    """A Debian package and its papers."""

    def __init__(self, package):
        self.name = package
        self.version, self.source, self.source_version = run(
            "dpkg-query", "-W", "-f",
            "${Version} ${source:Package} ${source:Version}", package).split()

    def copyright(self):
        name = self.name.partition(":")[0]
        return Path(f"/usr/share/doc/{name}/copyright").resolve()


def owner(path):
    """The package of a file, which may be known by its path before the merge
    of /usr, or stand behind a link of alternatives."""
    for one in (path, path.resolve()):
        for name in (str(one), str(one).removeprefix("/usr"), f"/usr{one}"):
            try:
                said = run("dpkg-query", "-S", name)
            except subprocess.CalledProcessError:  # none of that name
                continue
            return Owner(said.rpartition(": ")[0].split(",")[0])
    raise Trouble(f"{path} is of no Debian package, so its licence is unknown")
