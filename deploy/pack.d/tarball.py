# SPDX-License-Identifier: Apache-2.0
"""The tarball: a prefix with every library but glibc's inside."""

import gzip
import shutil
import subprocess

from libraries import loaded, owner
from tree import close, write

NOTICE = """\
millrace {version}: LICENSE in this folder.

Linked into bin/millrace, licences in licences/:
  FAISS, Lexbor, librdkafka (with what it carries in itself), xxHash

Beside it, licences in licences/:
  OpenVINO with oneDNN and oneTBB; all-MiniLM-L6-v2

Libraries of Debian in lib/millrace, byte for byte, licences in licences/debian/;
the source of each is the Debian source package of this name and version:

"""
README = """\
millrace {version} for Linux on x86-64 with AVX2 and glibc 2.36 or later

    bin/millrace up          # Ctrl-C stops it; it says its address
    bin/millrace --help

Nothing has to be installed or configured, and this folder can be moved. For
sites with https:// the machine's certificates are used (Debian:
ca-certificates). The libraries in lib/millrace get no updates from your
distribution: where that matters, use the Debian package.

share/millrace: NOTICE and licences; millrace.yaml, an example; systemd/, units.
"""


def _bundle(program, prefix):
    """Copies what is not there yet; rows for the notice."""
    rows = []
    for name, path in sorted(loaded(program).items()):
        if path.resolve().is_relative_to(prefix.resolve()):
            continue
        shutil.copyfile(path, prefix / "lib/millrace" / name)
        whose = owner(path)
        rows.append((name, whose.source, whose.source_version, whose.name))
        papers = prefix / "share/millrace/licences/debian" / whose.source
        papers.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(whose.copyright(), papers / "copyright")
    return rows


def _licence_texts(prefix):
    """The texts that copyright files refer to by their place in Debian."""
    common = prefix / "share/millrace/licences/common-licenses"
    common.mkdir()
    for name in ("Apache-2.0", "GPL-1", "GPL-2", "GPL-3", "LGPL-2",
                 "LGPL-2.1", "LGPL-3", "GFDL-1.3", "MPL-2.0", "BSD",
                 "Artistic"):
        shutil.copyfile(f"/usr/share/common-licenses/{name}", common / name)


def make(build, work):
    name = f"millrace-{build.version}"
    prefix = work / name
    program = build.install(prefix)
    rows = _bundle(program, prefix)
    _licence_texts(prefix)
    notice = NOTICE.format(version=build.version) + "".join(
        f"  {library:24} {source} {version}\n"
        for library, source, version, _ in rows)
    share = prefix / "share/millrace"
    write(share / "NOTICE", notice)
    write(share / "millrace.yaml", build.text("deploy/pack.d/millrace.yaml"))
    for unit in build.units():
        write(share / "systemd" / unit.name, unit.read_text())
    write(prefix / "README", README.format(version=build.version))
    close(prefix, build.time)

    made = work / f"{name}-linux-amd64.tar.gz"
    tar = subprocess.run(
        ["tar", "--create", "--sort=name", "--format=gnu", "--owner=0",
         "--group=0", "--numeric-owner", "--directory", work, name],
        check=True, stdout=subprocess.PIPE).stdout
    made.write_bytes(gzip.compress(tar, 6, mtime=0))
    return made
