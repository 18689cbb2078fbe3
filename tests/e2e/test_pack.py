# SPDX-License-Identifier: Apache-2.0
"""deploy/pack: what it makes runs on a Debian 12 that has nothing.

The bare Debian is debootstrap's minbase, kept in the cache beside the parts;
each test has a layer of its own over it, in a namespace of its own.
"""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

import pytest

from conftest import BINARY, SOURCE

CACHE = pathlib.Path(os.environ.get("MILLRACE_CACHE") or
                     pathlib.Path.home() / ".cache/millrace")
BARE = CACHE / "bookworm-minbase"
# Puts a layer over the bare Debian and runs commands there.
LAYER = """
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/up,workdir=$2/work" "$2/at"
mount -t proc proc "$2/at/proc"
mount --rbind /dev "$2/at/dev"
exec chroot "$2/at" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    DEBIAN_FRONTEND=noninteractive bash -ec "$3"
"""
# A server, a document, a question.  Its answer is the last line but one.
FIRST_ANSWER = """
export MILLRACE_SERVER=http://127.0.0.1:{port}
mkfifo /tmp/said
{up} >/tmp/said 2>/tmp/log &
read -r line </tmp/said || {{ cat /tmp/log; exit 1; }}
echo '{{"id": "faiss", "text": "FAISS is a vector database"}}' |
    $MILLRACE ingest --wait - >&2
$MILLRACE query --mode dense --json What is FAISS
kill $!
wait $!
echo "ended with $?"
"""


def pack(out, *kinds):
    done = subprocess.run(
        [SOURCE / "deploy/pack", "--build", pathlib.Path(BINARY).parent,
         "--out", out, *kinds],
        check=False, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return [pathlib.Path(row) for row in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def packed():
    if shutil.which("dpkg-shlibdeps") is None:
        pytest.skip("dpkg-dev is not there: deploy/packages pack")
    with tempfile.TemporaryDirectory(prefix="millrace-pack-") as out:
        yield pack(pathlib.Path(out))


@pytest.fixture
def tree(packed, tmp_path):
    subprocess.run(["tar", "-C", tmp_path, "-xzf", packed[0]], check=True)
    (tree,) = tmp_path.iterdir()
    return tree


@pytest.fixture(scope="module")
def base():
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        pytest.skip("a bare Debian wants root and debootstrap")
    if not BARE.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        work = pathlib.Path(tempfile.mkdtemp(prefix="bookworm-", dir=CACHE))
        done = subprocess.run(
            ["debootstrap", "--variant=minbase", "bookworm", work / "root"],
            check=False, capture_output=True, text=True)
        if done.returncode != 0:
            shutil.rmtree(work, ignore_errors=True)
            pytest.skip(f"debootstrap failed: {done.stdout[-300:]} "
                        f"{done.stderr[-300:]}")
        (work / "root").replace(BARE)
        work.rmdir()
    return BARE


class Bare:
    def __init__(self, base, folder):
        self.base, self.folder = base, folder
        self.up = folder / "up"
        for name in ("up/tmp", "work", "at"):
            (folder / name).mkdir(parents=True)
        (self.up / "tmp").chmod(0o1777)

    def run(self, script):
        done = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh",
             "-ec", LAYER, "sh", self.base, self.folder, script],
            text=True, check=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if "mount:" in done.stderr:
            pytest.skip(f"a layer cannot be mounted: {done.stderr}")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def bare(base, tmp_path):
    layer = tmp_path / "layer"
    layer.mkdir()
    return Bare(base, layer)


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_bare_debian_answers_from_the_tarball(packed, bare, port):
    start = time.monotonic()
    up = f"$MILLRACE up --data /tmp/d --listen 127.0.0.1:{port}"
    subprocess.run(["tar", "-C", bare.up / "tmp", "-xzf", packed[0]],
                   check=True)
    said = bare.run("useradd nobody2; chmod 755 /tmp/millrace-*; "
                    "exec su nobody2 -c '" + (
                        "MILLRACE=$(echo /tmp/millrace-*/bin/millrace);"
                        + FIRST_ANSWER.format(port=port, up=up)
                    ).replace("'", "'\\''") + "'")
    assert '"FAISS is a vector database"' in said
    assert said.endswith("ended with 0\n")
    assert time.monotonic() - start < 120


def test_the_package_installs_answers_and_goes(packed, bare, port):
    shutil.copy(packed[1], bare.up / "tmp/m.deb")
    (bare.up / "etc").mkdir()
    shutil.copy("/etc/resolv.conf", bare.up / "etc/resolv.conf")
    said = bare.run(
        "apt-get update -qq -o APT::Update::Error-Mode=any >&2 ||"
        " { echo no archive; exit 0; };"
        "apt-get install -y -qq --no-install-recommends /tmp/m.deb >&2;"
        "getent passwd millrace;"
        "mkdir /var/lib/millrace; chown millrace: /var/lib/millrace;"
        "MILLRACE='setpriv --reuid millrace --regid millrace --clear-groups"
        " /usr/bin/millrace';"
        # What the unit runs, and with the configuration that it comes with.
        f"sed -i 's/:7700$/:{port}/' /etc/millrace/millrace.yaml;"
        "UNIT=/usr/lib/systemd/system/millrace.service;"
        + FIRST_ANSWER.format(
            port=port, up="${MILLRACE% *} $(sed -n s/^ExecStart=//p $UNIT)") +
        "echo '# mine' >>/etc/millrace/millrace.yaml; dpkg -i /tmp/m.deb >&2;"
        "tail -n 1 /etc/millrace/millrace.yaml; dpkg --purge millrace;"
        "ls /etc/millrace /usr/lib/millrace 2>&1 || true; ls /var/lib/millrace")
    if said == "no archive\n":
        pytest.skip("Debian's archive cannot be reached from a bare Debian")
    assert ":/var/lib/millrace:/usr/sbin/nologin\n" in said
    assert '"FAISS is a vector database"' in said
    assert "ended with 0\n# mine\n" in said, "a changed file was replaced"
    assert said.count("No such file or directory") == 2
    assert said.endswith("\nindex\nlog\n"), "documents went with the program"


def test_only_glibc_is_outside_of_the_tarball(tree):
    said = subprocess.run(["ldd", tree / "bin/millrace"], check=True,
                          text=True, capture_output=True, env={}).stdout
    outside = {row.split()[0].rpartition("/")[2]
               for row in said.splitlines() if f"=> {tree}" not in row}
    assert {re.sub(r"(-[\w-]+)?\.so.*", "", name) for name in outside} <= {
        "linux-vdso", "linux", "ld", "libc", "libm", "libdl", "libpthread",
        "libresolv", "librt"}


def test_every_library_in_the_tarball_has_a_licence(tree):
    share = tree / "share/millrace"
    notice = (share / "NOTICE").read_text()
    for library in (tree / "lib/millrace").iterdir():
        if re.match("libopenvino|libtbb", library.name):
            assert (share / "licences/openvino/LICENSE").exists()
            continue
        row = re.search(rf"^  {re.escape(library.name)} +(\S+) \S+$", notice,
                        re.M)
        assert row, f"{library.name} is not in NOTICE"
        assert (share / "licences/debian" / row[1] / "copyright").stat().st_size
    for part in ("faiss", "lexbor", "minilm", "rdkafka", "xxhash"):
        assert any((share / "licences" / part).iterdir())


def test_the_package_depends_on_the_libraries_it_loads(packed):
    depends = subprocess.run(["dpkg-deb", "-f", packed[1], "Depends"],
                             check=True, text=True, capture_output=True).stdout
    names = {one.split()[0] for one in depends.split(",")}
    assert {"libc6", "libcurl4", "libopenblas0", "librocksdb7.8",
            "ca-certificates"} <= names


def test_lintian_finds_nothing(packed):
    if shutil.which("lintian") is None:
        pytest.skip("lintian is not there")
    done = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error,warning", packed[1]],
        check=False, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.long
def test_the_same_build_gives_the_same_bytes(packed, tmp_path):
    for first, second in zip(packed, pack(tmp_path), strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name


def test_a_build_that_is_none_is_refused(tmp_path):
    done = subprocess.run([SOURCE / "deploy/pack", "--build", tmp_path],
                          check=False, text=True, capture_output=True)
    assert done.returncode == 1
    assert "deploy/build makes it" in done.stderr
