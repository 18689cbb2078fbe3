# SPDX-License-Identifier: Apache-2.0
"""A public site that leads to private addresses gets nobody there.

On loopback everything is private, so the test runs this file again in a
network of its own (unshare), where lo has a public address too; no packet
leaves it.  Where that is not allowed the test is skipped.
"""
import fcntl
import json
import pathlib
import shutil
import socket
import struct
import subprocess
import sys

import pytest

import sites
from conftest import Server

PUBLIC = "1.2.3.4"
SIOCSIFFLAGS, SIOCSIFADDR = 0x8914, 0x8916
UP = 0x1 | 0x8 | 0x40  # with IFF_LOOPBACK and IFF_RUNNING
UNSHARE = ["unshare", "--map-root-user", "--net"]


def raise_network():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, SIOCSIFFLAGS,
                    struct.pack("16sH14x", b"lo", UP))
        fcntl.ioctl(handle, SIOCSIFADDR,
                    struct.pack("16sHH4s8x", b"lo:1", socket.AF_INET, 0,
                                socket.inet_aton(PUBLIC)))


def crawl_public(folder):
    """What a crawl of the public site comes to, as JSON on standard output."""
    secret = {"secret": sites.html("<p>the password is swordfish</p>")}
    config = folder / "millrace.yaml"
    config.write_text("embed:\n  model: hashing\nlog:\n  level: error\n")
    server = Server(folder / "data", "-c", str(config)).start()
    with sites.site(secret) as private:
        target = private.url + "secret"
        pages = {"": sites.links("moved", "stub", "good"),
                 "moved": sites.moved(target),
                 "stub": sites.html("x", head='<meta http-equiv="refresh" '
                                    f'content="0; url={target}">'),
                 "good": sites.html("<p>The heron waits.</p>")}
        with sites.site(pages, PUBLIC) as public:
            runs = []
            for more in ({}, {"include": [private.url]}):
                name = sites.give(server, public.url, allow_private=False,
                                  **more)
                job = len(runs) + 1
                sites.until(lambda: sites.state_of(server, name)["job_ended"]
                            >= job)
                runs.append(sites.state_of(server, name))
            found = sites.finds(server, "heron", public.url + "good")
            given = server.call("POST", "/v1/sources", {"url": private.url})
            json.dump({"runs": runs, "found": found, "target": target,
                       "public": public.url, "asked": private.asked,
                       "given": [given.status, given.json()],
                       "leaked": server.found("swordfish", mode="keyword")},
                      sys.stdout)
    server.close()


def problems_of(run):
    return [(problem["where"], problem["problem"])
            for problem in run["problems"]]


def test_a_public_site_leads_to_no_private_address(tmp_path):
    if (shutil.which("unshare") is None or
            subprocess.run([*UNSHARE, "true"], check=False,
                           capture_output=True).returncode != 0):
        pytest.skip("no right to a network of its own")
    told = subprocess.run([*UNSHARE, sys.executable, __file__, str(tmp_path)],
                          capture_output=True, text=True, check=False,
                          timeout=60)
    assert told.returncode == 0, told.stderr
    out = json.loads(told.stdout)
    public, target = out["public"], out["target"]
    private = target.removesuffix("secret")
    assert out["asked"] == []
    assert out["leaked"] == []
    assert out["found"]
    plain, included = out["runs"]
    assert dict(problems_of(plain)) == {
        public + "moved":
            f"it redirects to {target}, which is on another host; give that "
            "as a source, or include it",
        public + "stub":
            f"it only refreshes to {target}, which is outside of the scope "
            "or the limits of this source"}
    # Who includes it has still to permit it.
    assert problems_of(included) == [
        (private.removesuffix("/"),
         "1 page was not asked for: the host gave no answer, or asked to be "
         "left alone"),
        (private + "robots.txt",
         "robots.txt could not be read, so nothing of the host may be: http: "
         f"{private}robots.txt is at a private or loopback address; "
         "allow_private permits that")]
    assert out["given"] == [400, {"error": {
        "code": "invalid",
        "message": '"url": 127.0.0.1 is a private or loopback address; set '
                   'allow_private (--allow-private) to permit that'}}]


if __name__ == "__main__":
    raise_network()
    crawl_public(pathlib.Path(sys.argv[1]))
