# SPDX-License-Identifier: Apache-2.0
"""The Debian package, by dpkg-deb alone."""

import hashlib
import os
import shutil
import subprocess
from email.utils import formatdate

from tree import close, packed, run, write

MAINTAINER = "The millrace maintainers <millrace@localhost>"
CONTROL = """\
Package: millrace
Version: {version}
Architecture: amd64
Maintainer: {maintainer}
Section: text
Priority: optional
Installed-Size: {size}
Depends: {depends}, ca-certificates, passwd
Description: moves documents to models: crawl, index, search, answer
 A daemon that takes documents in, cleans them, finds duplicates, embeds them
 and indexes them by words (BM25) and by meaning (FAISS), and answers questions
 from them with citations. It runs as one process on an embedded log, or as
 many workers on Apache Kafka. The embedding model is inside.
 .
 The processor needs AVX2.
"""


def _papers(build, usr):
    doc = usr / "share/doc/millrace"
    share = usr / "share/millrace"
    doc.mkdir(parents=True)
    licences = share / "licences"
    parts = [build.text("deploy/pack.d/copyright")]
    for path in sorted(licences.rglob("*")):
        if path.is_file():
            name = path.relative_to(licences)
            title = f"---- {name} ----"
            parts.append(f"\n{title}\n\n{path.read_text(errors='replace')}")
    shutil.rmtree(licences)
    (share / "LICENSE").unlink()
    write(doc / "copyright", "".join(parts))
    (share / "README.md").replace(doc / "README.md")
    write(doc / "changelog.gz", packed(
        f"millrace ({build.version}) stable; urgency=medium\n\n"
        "  * See CHANGELOG.md.gz.\n\n"
        f" -- {MAINTAINER}  {formatdate(build.time)}\n"))
    write(doc / "CHANGELOG.md.gz", packed(build.text("CHANGELOG.md")))
    for name in ("configure", "kafka", "operate", "sources"):
        write(doc / f"{name}.md.gz", packed(build.text(f"docs/{name}.md")))


def _system(build, tree):
    for unit in build.units():
        write(tree / "usr/lib/systemd/system" / unit.name, unit.read_text())
    write(tree / "usr/lib/sysusers.d/millrace.conf",
          build.text("deploy/pack.d/sysusers.conf"))
    write(tree / "etc/millrace/millrace.yaml",
          build.text("deploy/pack.d/millrace.yaml"))
    write(tree / "usr/share/lintian/overrides/millrace",
          build.text("deploy/pack.d/lintian-overrides"))


def _depends(program, libraries, work):
    """What the libraries that are not inside belong to, by dpkg-shlibdeps."""
    source = work / "source"
    write(source / "debian/control", "Source: millrace\n\n"
          "Package: millrace\nArchitecture: amd64\n")
    said = run("dpkg-shlibdeps", "-O", f"-l{libraries}",
               # OpenVINO's own have no package, and need none.
               "--ignore-missing-info", "--warnings=0", f"-e{program}",
               *(f"-e{one}" for one in sorted(libraries.iterdir())),
               cwd=source)
    return said.strip().removeprefix("shlibs:Depends=")


def _control(build, tree, depends):
    control = tree / "DEBIAN"
    files = sorted(path for path in tree.rglob("*") if path.is_file())
    size = sum(-(-path.stat().st_size // 1024) for path in files)
    write(control / "md5sums", "".join(
        f"{hashlib.md5(path.read_bytes()).hexdigest()}  "
        f"{path.relative_to(tree)}\n" for path in files
        if path.relative_to(tree).parts[0] != "etc"))
    write(control / "control", CONTROL.format(
        version=build.version, maintainer=MAINTAINER, size=size,
        depends=depends))
    write(control / "conffiles", "/etc/millrace/millrace.yaml\n")
    for name in ("postinst", "prerm", "postrm"):
        write(control / name, build.text(f"deploy/pack.d/{name}"), 0o755)


def make(build, work):
    tree = work / "tree"
    program = build.install(tree / "usr")
    _papers(build, tree / "usr")
    _system(build, tree)
    _control(build, tree,
             _depends(program, tree / "usr/lib/millrace", work))
    close(tree, build.time)
    made = work / f"millrace_{build.version}_amd64.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zxz", "-z1", "--build", tree,
         made], check=True, stdout=subprocess.DEVNULL,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(build.time)})
    return made
