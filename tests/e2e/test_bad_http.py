# SPDX-License-Identifier: Apache-2.0
"""Requests that are huge, cut off or not JSON: refused in words, alone."""
import json
import pathlib
import socket
import tempfile
import urllib.parse

import pytest

from conftest import Server

LIMIT = "the body is longer than 16777216 bytes; see limits.body_bytes"
HEAD = b"PUT /v1/documents/a HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def quick():
    """One server for all: none of it may do harm."""
    with tempfile.TemporaryDirectory(prefix="millrace-e2e-") as name:
        config = pathlib.Path(name) / "millrace.yaml"
        config.write_text("embed:\n  model: hashing\nlog:\n  level: error\n")
        running = Server(config.parent / "data", "-c", str(config)).start()
        Server.started.remove(running)  # it outlives one test
        yield running
        running.close()


@pytest.fixture(autouse=True)
def alive(quick):
    """After each test the server takes and finds another document."""
    yield
    assert quick.put("after", "the heron stands").json()["state"] == "live"
    assert quick.found("heron", mode="keyword") == ["after"]
    assert quick.get("a").status == 404


def send(server, *pieces, end=False):
    """What comes back for raw bytes: status, and the error's message."""
    host, port = urllib.parse.urlparse(server.url).netloc.split(":")
    answer = b""
    with socket.create_connection((host, int(port)), timeout=30) as link:
        try:
            for piece in pieces:
                link.sendall(piece)
            if end:
                link.shutdown(socket.SHUT_WR)
            while part := link.recv(65536):
                answer += part
        except ConnectionError:
            pass
    if not answer:
        return None
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split()[1])
    if b"application/json" in head:
        body = json.loads(body)["error"]["message"]
    return status, body


@pytest.mark.parametrize("path", [
    "/v1/documents/a", "/v1/sources", "/v1/search", "/v1/answer",
    "/v1/feedback"])
@pytest.mark.parametrize("body, words", [
    (b"", "the body: json: nothing there"),
    (b"{not", "the body: json: line 1, column 4: string or '}' expected near "
              "'not'"),
    (b'{"text": "cut o', "the body: json: line 1, column 15: premature end "
                         "of input near '\"cut o'"),
    (b"<html>", "the body: json: line 1, column 1: invalid token near '<'"),
    (b"\xff\xfe", "the body: json: line 1, column 0: unable to decode byte "
                  "0xff"),
])
def test_what_is_not_json_is_told_with_its_place(quick, path, body, words):
    method = "PUT" if "documents" in path else "POST"
    reply = quick.call(method, path, body)
    assert reply.status == 400
    assert reply.json()["error"] == {"code": "not_json", "message": words}


def test_a_body_that_is_announced_too_long_is_refused_before_it_comes(quick):
    assert send(quick, HEAD + b"Content-Length: 9999999999999\r\n\r\n{") == (
        413, LIMIT)


def test_a_body_of_unknown_length_is_refused_once_it_is_too_long(quick):
    piece = b"100000\r\n" + b"a" * (1 << 20) + b"\r\n"
    assert send(quick, HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
                *[piece] * 17, b"0\r\n\r\n") == (413, LIMIT)


def test_a_body_without_end_is_broken_off(quick):
    piece = b"100000\r\n" + b"a" * (1 << 20) + b"\r\n"
    assert send(quick, HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
                *[piece] * 100) is None


@pytest.mark.parametrize("rest", [
    b"Content-Length: 1000\r\n\r\n{\"text\": ",
    b"Transfer-Encoding: chunked\r\n\r\n100\r\n{\"text\": ",
    b"Content-Le",
])
def test_a_body_that_is_cut_off_is_no_document(quick, rest):
    answer = send(quick, HEAD + rest, end=True)
    assert answer is None or answer[0] == 400


@pytest.mark.parametrize("request_bytes, status", [
    (HEAD + b"Content-Length: -5\r\n\r\n", 400),
    (HEAD + b"Content-Length: x\r\n\r\n", 400),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n", 400),
    (b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
    (HEAD + b"X-Filling: 0123456789\r\n" * 10000 + b"\r\n", 431),
])
def test_what_breaks_the_protocol_is_refused(quick, request_bytes, status):
    answer = send(quick, request_bytes)
    assert answer is None or answer[0] == status


def test_what_is_not_http_is_broken_off(quick):
    assert send(quick, b"\x16\x03\x01\x02\x00\x01\x00hello\r\n\r\n",
                end=True) in (None, (400, b""))


@pytest.mark.parametrize("name, words", [
    ("x" * 513, "the id has 513 bytes, should have 1 to 512"),
    ("é" * 257, "the id has 514 bytes, should have 1 to 512"),
    ("a\nb", "the id has a control character at byte 1"),
], ids=["513 bytes", "514 bytes", "control"])
def test_an_id_that_is_none_is_refused(quick, name, words):
    for reply in (quick.put(name, "text"), quick.patch(name, metadata={"k": 1}),
                  quick.delete(name), quick.get(name)):
        assert reply.status in (400, 404)
        if reply.status == 400:
            assert reply.json()["error"]["message"] == words
    assert quick.put(name, "text").status == 400
    assert quick.put("x" * 512, "one that fits").json()["state"] == "live"


@pytest.mark.parametrize("members, reason", [
    ({"text": ""}, "rejected by rule empty: 0 bytes"),
    ({"text": " \n\t"}, "rejected by rule empty: 3 bytes"),
    ({"html": "<html><body></body></html>"},
     "rejected by rule empty: 26 bytes"),
    ({"text": "\0\1\2" * 100}, "rejected by rule binary: 100 NUL bytes"),
    ({"html": "<p>a</p>\0\0\0"}, "rejected by rule binary: 3 NUL bytes"),
])
def test_an_empty_or_binary_document_is_rejected_with_its_rule(quick, members,
                                                               reason):
    told = quick.put("none", **members).json()
    assert (told["state"], told["reason"]) == ("rejected", reason)
    assert f"because    {reason}\n" in quick.cli("why", "none").stdout
