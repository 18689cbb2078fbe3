# SPDX-License-Identifier: Apache-2.0
"""Web sites for tests, on loopback: each path answers as it is told to.

A page is (status, headers, body) or a function that gets the request's
handler and writes whatever it likes; everything else is 404.  Functions that
wait do it on `site.closing`, so that nothing outlives the test.
"""
import contextlib
import http.server
import threading
import time


class Site(http.server.ThreadingHTTPServer):
    """One host with its pages and what was asked of it."""

    daemon_threads = False
    block_on_close = True

    def __init__(self, pages, address):
        self.pages = pages
        self.asked = []
        self.closing = threading.Event()
        super().__init__((address, 0), _Handler)
        self.url = f"http://{address}:{self.server_address[1]}/"

    def handle_error(self, request, client_address):
        """A client that goes away is what these tests are about."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, *_):
        """Nothing is to be printed."""

    def do_GET(self):
        self.server.asked.append(self.path)
        page = self.server.pages.get(self.path.lstrip("/"))
        if callable(page):
            self.close_connection = True
            page(self)
            return
        status, headers, body = page or (404, {}, b"")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def html(body, charset=None, head=""):
    """A page of HTML."""
    kind = "text/html" + (f"; charset={charset}" if charset else "")
    if isinstance(body, str):
        body = (f"<!doctype html><html><head>{head}</head><body>{body}"
                "</body></html>").encode()
    return 200, {"Content-Type": kind}, body


def links(*names):
    """A page of links."""
    return html("<h1>Contents</h1>" + "".join(
        f'<p><a href="{name}">the page {name}</a></p>' for name in names))


def moved(where, status=302):
    """A redirect."""
    return status, {"Location": where}, b""


@contextlib.contextmanager
def site(pages, address="127.0.0.1"):
    """A site on a free port, gone at the end with all its threads."""
    with Site(pages, address) as running:
        thread = threading.Thread(target=running.serve_forever,
                                  kwargs={"poll_interval": .02})
        thread.start()
        try:
            yield running
        finally:
            running.closing.set()
            running.shutdown()
            thread.join()


def until(true, seconds=30):
    """Waits for what comes without being told; gives what `true` gave."""
    tick = threading.Event()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = true()
        if result:
            return result
        tick.wait(.02)
    raise AssertionError(f"not so within {seconds} s")


def give(server, where, **members):
    """Gives a site on loopback as a source; its name."""
    reply = server.call("POST", "/v1/sources",
                        {"url": where, "allow_private": True, **members})
    assert reply.status == 202, reply.body
    return reply.json()["source"]


def state_of(server, name):
    return server.call("GET", f"/v1/sources/{name}").json()


def crawl(server, where, **members):
    """Crawls a site to the end; its state and its problems by path."""
    name = give(server, where, **members)
    until(lambda: state_of(server, name)["job_ended"] >= 1)
    state = state_of(server, name)
    problems = {problem["where"].removeprefix(where): problem["problem"]
                for problem in state["problems"]}
    return state, problems


def finds(server, words, document):
    """Whether the document is the first for the words, once it is there."""
    return until(lambda: server.found(words, mode="keyword")[:1] == [document])
