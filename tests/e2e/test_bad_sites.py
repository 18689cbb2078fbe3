# SPDX-License-Identifier: Apache-2.0
"""Sites that do everything wrong: each misdeed is told, other pages are read.

Every site has a good page that is linked last and is found in the end.
"""
import gzip
import pathlib
import re

import sites
from conftest import Server

GOOD = sites.html("<h1>The heron</h1><p>A heron stands in the shallow water "
                  "and waits for a fish that comes too near.</p>")
ALLOWS = "; bytes_max of the source, else limits.body_bytes, allows more"


def peak_bytes(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024


def stream(handler, total, piece):
    """Sends until it is enough or the client has gone."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    try:
        while handler.server.sent < total:
            handler.wfile.write(piece)
            handler.server.sent += len(piece)
    except OSError:
        pass


def hang(handler):
    handler.server.closing.wait(30)


def drip(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    try:
        while not handler.server.closing.wait(.02):
            handler.wfile.write(b"x")
    except OSError:
        pass


def test_a_page_of_a_gigabyte_is_cut_off_at_the_limit(quick):
    piece = b"<p>water " + b"a" * 65000 + b"</p>"
    pages = {"": sites.links("huge", "good"), "good": GOOD,
             "huge": lambda handler: stream(handler, 1 << 30, piece)}
    with sites.site(pages) as site:
        site.sent = 0
        state, problems = sites.crawl(quick, site.url)
        assert site.sent < 64 << 20
        assert problems == {"huge": f"http: {site.url}huge sent more than the "
                                    f"limit of 16777216 bytes{ALLOWS}"}
        assert (state["outcome"], state["failed"]) == ("done", 1)
        assert sites.finds(quick, "heron", site.url + "good")
    assert peak_bytes(quick) < 600 << 20


def test_a_page_that_swells_when_unpacked_is_cut_off_too(tmp_path):
    config = tmp_path / "millrace.yaml"
    config.write_text("embed:\n  model: hashing\n"
                      "limits:\n  body_bytes: 1 MiB\n")
    server = Server(tmp_path / "data", "-c", str(config)).start()
    bomb = gzip.compress(b"<p>water</p>" + b"a" * (64 << 20), 1)
    pages = {"": sites.links("bomb", "good"), "good": GOOD,
             "bomb": (200, {"Content-Type": "text/html",
                            "Content-Encoding": "gzip"}, bomb)}
    with sites.site(pages) as site:
        _, problems = sites.crawl(server, site.url)
        assert problems == {"bomb": f"http: {site.url}bomb sent more than the "
                                    f"limit of 1048576 bytes{ALLOWS}"}
        assert sites.finds(server, "heron", site.url + "good")
    assert peak_bytes(server) < 200 << 20


def test_redirects_without_end_are_given_up(quick):
    pages = {"": sites.links("far", "self", "ping", "away", "nowhere",
                             "good"),
             "good": GOOD,
             "self": sites.moved("self"),
             "ping": sites.moved("pong"), "pong": sites.moved("ping", 308),
             "away": sites.moved("http://10.1.2.3/secret"),
             "nowhere": (302, {}, b"")}
    pages |= {"far" + "r" * n: sites.moved("far" + "r" * (n + 1))
              for n in range(30)}
    with sites.site(pages) as site:
        state, problems = sites.crawl(quick, site.url)
        assert problems == {
            "self": "it redirects to itself",
            "pong": "2 redirects lead in a circle",
            "far" + "r" * 10: "more than 10 redirects led here and on",
            "away": "it redirects to http://10.1.2.3/secret, which is on "
                    "another host; give that as a source, or include it",
            "nowhere": "status 302, a redirect, comes without a Location"}
        assert len(site.asked) == len(set(site.asked)) < 25
        assert state["outcome"] == "done"
        assert sites.finds(quick, "heron", site.url + "good")


def test_a_host_that_hangs_or_drips_holds_nobody_up(quick):
    bad = {"": sites.links("hang", "drip", "good"), "good": GOOD,
           "hang": hang, "drip": drip}
    good = {"": sites.links("good"),
            "good": sites.html("<p>The otter dives for the trout.</p>")}
    with sites.site(bad) as slow, sites.site(good, "127.0.0.2") as other:
        name = sites.give(quick, slow.url, page_timeout_ms=300)
        sites.until(lambda: "/hang" in slow.asked)
        state, problems = sites.crawl(quick, other.url)
        assert (state["outcome"], problems) == ("done", {})
        assert sites.finds(quick, "otter trout", other.url + "good")
        assert sites.state_of(quick, name)["job_ended"] == 0
        sites.until(lambda: sites.state_of(quick, name)["job_ended"] == 1)
        state = sites.state_of(quick, name)
        assert (state["outcome"], state["failed"]) == ("done", 2)
        told = {problem["where"].removeprefix(slow.url): problem["problem"]
                for problem in state["problems"]}
        for page, count in (("hang", "0"), ("drip", r"[1-9]\d*")):
            assert re.fullmatch(
                f"http: {slow.url}{page}: Operation timed out after 3\\d\\d "
                f"milliseconds with {count} bytes received; asked 3 times, "
                "and again in the next crawl; page_timeout_ms of the source "
                "allows longer", told[page]), told[page]
        assert sites.finds(quick, "heron", slow.url + "good")


def test_a_site_where_nothing_answers_fails_with_a_reason(quick):
    class Silent(dict):
        def get(self, *_):
            return hang

    with sites.site(Silent()) as site:
        state, problems = sites.crawl(quick, site.url, page_timeout_ms=100)
        assert state["outcome"] == "failed"
        assert re.fullmatch(
            "robots.txt could not be read, so nothing of the host may be: "
            f"http: {site.url}robots.txt: Operation timed out after 1\\d\\d "
            "milliseconds with 0 bytes received", problems["robots.txt"])
    assert quick.put("a", "still alive").json()["state"] == "live"


def test_wrong_charsets_are_told_and_the_words_are_found(quick):
    pages = {"": sites.links("latin", "utf", "meta", "klingon", "good"),
             "good": GOOD,
             "latin": sites.html("<p>Das Känguru hüpft</p>".encode("latin-1"),
                                 "utf-8"),
             "utf": sites.html("<p>Der Grünfink ruft</p>".encode(),
                               "iso-8859-1"),
             "meta": sites.html("<meta charset=utf-8><p>Ein Fjäll im "
                                "Nebel</p>".encode("latin-1")),
             "klingon": sites.html("<p>Ein Bär schläft</p>".encode(),
                                   "klingon")}
    with sites.site(pages) as site:
        _, problems = sites.crawl(quick, site.url)
        assert problems == {
            "latin": "the server names the charset UTF-8, but the bytes are "
                     "not: the page is read as windows-1252",
            "utf": "the server names the charset windows-1252, but the bytes "
                   "are not: the page is read as UTF-8",
            "klingon": 'the server names the charset "klingon", which is not '
                       "known; the page is read without it"}
        for words, page in (("Känguru", "latin"), ("Grünfink", "utf"),
                            ("Fjäll", "meta"), ("Bär", "klingon"),
                            ("heron", "good")):
            assert sites.finds(quick, words, site.url + page)


def test_broken_html_is_read_as_a_browser_reads_it(quick):
    pages = {
        "": sites.links("open", "deep", "junk", "good"), "good": GOOD,
        "open": sites.html(b"<html><p>the <b>badger<p digs</i> tunnels</div>"
                           b"<table><tr>under the hill <a href='hidden'>"),
        "deep": sites.html(b"<div>" * 200000 + b"an otter swims"),
        "junk": sites.html(b"<<<a href=\"<x\"><!-- > --!> </></html><body "
                           b"=\"\" a='><p>&#xFFFFFFFF;&notanentity; </p>'>a "
                           b"<script>no</script weasel <p>the marten climbs"
                           b"<style>no"),
        "hidden": sites.html(b"<title>The vole</title><p>A vole eats grass")}
    with sites.site(pages) as site:
        state, problems = sites.crawl(quick, site.url)
        assert problems == {}
        assert state["outcome"] == "done"
        for words, page in (("badger tunnels", "open"), ("otter", "deep"),
                            ("marten", "junk"), ("vole", "hidden"),
                            ("heron", "good")):
            assert sites.finds(quick, words, site.url + page)


def test_what_is_no_text_or_empty_is_rejected_with_its_rule(quick):
    image = bytes(range(256)) * 40
    pages = {"": sites.links("image", "plain", "png", "empty", "blank",
                             "good"),
             "good": GOOD,
             "image": sites.html(image),
             "plain": (200, {"Content-Type": "text/plain"}, image),
             "png": (200, {"Content-Type": "image/png"}, image),
             "empty": sites.html(b""),
             "blank": sites.html(b"<html><body> &nbsp; </body></html>")}
    with sites.site(pages) as site:
        state, problems = sites.crawl(quick, site.url)
        assert (problems, state["skipped"]) == ({}, 1)
        assert sites.finds(quick, "heron", site.url + "good")
        for page, reason in (("image", "binary: 40 NUL bytes"),
                             ("plain", "binary: 40 NUL bytes"),
                             ("empty", "empty: 0 bytes"),
                             ("blank", "empty: 34 bytes")):
            sites.until(lambda: quick.get(site.url + page).status == 200)
            told = quick.cli("why", site.url + page).stdout
            assert "state      rejected" in told
            assert f"because    rejected by rule {reason}\n" in told


def test_an_address_that_is_too_long_for_an_id_is_told(quick):
    long = "long" + "x" * 600
    with sites.site({"": sites.links(long, "good"), "good": GOOD}) as site:
        _, problems = sites.crawl(quick, site.url)
        size = len(site.url + long)
        assert list(problems.values()) == [
            f"the address has {size} bytes, an id at most 512"]
        assert f"/{long}" not in site.asked
        assert sites.finds(quick, "heron", site.url + "good")
