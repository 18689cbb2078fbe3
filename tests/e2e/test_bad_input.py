# SPDX-License-Identifier: Apache-2.0
"""What is wrong gets a clear message, and nothing else is harmed."""
import socket
import urllib.parse

import pytest

from conftest import Server


def refused(reply, status, words):
    assert reply.status == status, reply.body
    message = reply.json()["error"]["message"]
    assert words in message, message


@pytest.mark.parametrize("body, status, words", [
    (b"{not json", 400, "line 1"),
    (b"", 400, "nothing there"),
    (b"[]", 400, "should be an object"),
    (b'{"text": "a", "titel": "b"}', 400, '"titel" is not known'),
    (b'{"text": 7}', 400, '"text" is a number'),
    (b"[" * 1000, 400, "nested deeper"),
])
def test_a_bad_body_is_refused_in_words(server, body, status, words):
    refused(server.call("PUT", "/v1/documents/a", body), status, words)
    assert server.put("b", "still alive").json()["state"] == "live"


def test_a_body_beyond_the_limit_is_refused(server):
    body = b'{"text": "' + b"a" * (17 << 20) + b'"}'
    try:
        refused(server.call("PUT", "/v1/documents/a", body), 413,
                "limits.body_bytes")
    except (ConnectionError, OSError):
        pass  # it may close the connection before the body was sent
    assert server.put("b", "still alive").json()["state"] == "live"


def test_a_body_that_is_cut_off_does_no_harm(server):
    host, port = urllib.parse.urlparse(server.url).netloc.split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"PUT /v1/documents/a HTTP/1.1\r\nHost: localhost"
                           b"\r\nContent-Length: 1000\r\n\r\n{\"text\": ")
    assert server.put("b", "still alive").json()["state"] == "live"
    assert server.get("a").status == 404


@pytest.mark.parametrize("name, words", [
    ("x" * 513, "513 bytes"),
    ("a\nb", "control character"),
])
def test_a_bad_id_is_refused(server, name, words):
    refused(server.put(name, "text"), 400, words)


def test_a_patch_that_is_too_long_is_refused_and_harms_nothing(server):
    server.put("a", "water drives the wheel")
    long = {f"key{number}": "x" * 300 for number in range(100)}
    refused(server.patch("a", metadata=long), 413, "a patch of")
    assert server.get("a").json()["state"] == "live"
    short = {f"key{number}": "x" * 100 for number in range(100)}
    assert server.patch("a", metadata=short).json()["state"] == "live"


def test_wishes_that_do_not_exist_are_refused(server):
    refused(server.put("a", "text", wait="maybe"), 400, "?wait=")
    refused(server.put("a", "text", wait="", query="lane=fast"), 400,
            "?lane=")
    refused(server.call("POST", "/v1/search", {"query": "a", "mode": "x"}),
            400, "hybrid, dense or keyword")
    refused(server.call("POST", "/v1/feedback", {"event": "x"}), 400,
            '"event"')
    refused(server.call("GET", "/v1/nothing"), 404, "there is nothing at")
    refused(server.call("POST", "/v1/status", {}), 405, "not a method")


def test_pages_of_others_may_not_write(server):
    refused(server.call("PUT", "/v1/documents/a", {"text": "x"},
                        {"Origin": "https://evil.example"}), 403,
            "evil.example")
    refused(server.call("GET", "/v1/status", None,
                        {"Host": "evil.example"}), 403, "evil.example")


def test_binary_as_text_is_rejected(server):
    reply = server.put("a", "\u0000\u0001\u0002" * 100).json()
    assert reply["state"] == "rejected"
    assert reply["rule"] in ("binary", "empty")


def test_a_long_document_goes_through_the_blob_store(server):
    text = " ".join(f"sentence number {n} speaks of rivers."
                    for n in range(30000))
    reply = server.put("long", text, wait="keyword").json()
    assert reply["state"] == "live", reply
    assert server.get("long").json()["text"].startswith("sentence number 0")
    assert server.found("rivers", mode="keyword")[0] == "long"


def test_a_port_that_is_taken_is_named(server, tmp_path):
    other = Server(tmp_path / "other")
    told = other.cli("up", "--data", str(tmp_path / "other"), "--listen",
                     server.url.removeprefix("http://"))
    assert told.returncode == 4
    assert "taken by another program" in told.stderr


def test_a_data_folder_that_is_in_use_is_named(server, folder):
    told = server.cli("up", "--data", str(folder), "--listen", "127.0.0.1:0")
    assert told.returncode == 4
    assert str(folder) in told.stderr


def test_listening_beyond_loopback_needs_keys(tmp_path):
    told = Server(tmp_path).cli("up", "--data", str(tmp_path / "d"),
                                "--listen", "0.0.0.0:0")
    assert told.returncode == 4
    assert "loopback" in told.stderr


def test_mistakes_on_the_command_line_name_the_nearest_word(server):
    told = server.cli("staus")
    assert told.returncode == 2
    assert 'did you mean "status"?' in told.stderr
    told = server.cli("query", "--mod", "dense", "x")
    assert told.returncode == 2
    assert "did you mean --mode?" in told.stderr
    told = server.cli("query")
    assert told.returncode == 2
    told = server.cli("status", "--server", "127.0.0.1:1")
    assert told.returncode == 3
    assert "millrace up" in told.stderr
