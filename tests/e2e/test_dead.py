# SPDX-License-Identifier: Apache-2.0
"""What failed for good is kept, shown, and tried again when that is safe."""
import json


def put_what_fails(server, document_id):
    """A page and metadata that are taken, the page as a blob; but with the
    headings of all its passages the metadata make no message."""
    page = "".join(f"<h2>{'a long heading of this section ' * 3}{number}</h2>"
                   f"<p>{'some words of the river mill ' * 6}{number}.</p>"
                   for number in range(1500))
    metadata = {f"key{number}": "y" * 8000 for number in range(118)}
    return server.put(document_id, html=f"<main>{page}</main>",
                      metadata=metadata)


def letters(server, query=""):
    reply = server.call("GET", "/v1/dead" + query)
    assert reply.status == 200, reply.body
    return reply.json()


def test_there_are_no_letters_at_first(server):
    server.put("a", "water drives the wheel")
    assert letters(server) == {"letters": [], "next": None}
    assert server.cli("dead", "list").stdout == "no dead letters\n"


def test_a_letter_tells_what_failed_where_and_why(server):
    assert put_what_fails(server, "a").json()["state"] == "failed"
    [letter] = letters(server)["letters"]
    assert letter["id"] == "a"
    assert letter["stage"] == "clean"
    assert letter["code"] == "limit"
    assert letter["input"]["topic"] == "main.raw"
    assert letter["version"] == server.get("a").json()["version"]
    one = server.call(
        "GET", f"/v1/dead/{letter['partition']}/{letter['offset']}").json()
    assert "text/html" in one.pop("value")
    assert one == letter
    place = f"{letter['partition']}/{letter['offset']}"
    assert letter["error"] in server.cli("dead", "show", place).stdout


def test_letters_come_by_pages_newest_first_and_by_stage(server):
    for number in range(5):
        put_what_fails(server, f"d{number}")
    first = letters(server, "?limit=2")
    second = letters(server, f"?limit=2&after={first['next']}")
    third = letters(server, f"?limit=2&after={second['next']}")
    ids = [letter["id"] for page in (first, second, third)
           for letter in page["letters"]]
    assert ids == ["d4", "d3", "d2", "d1", "d0"]
    assert third["next"] is None
    assert len(letters(server, "?stage=clean")["letters"]) == 5
    assert letters(server, "?stage=embed")["letters"] == []
    lines = server.cli("dead", "list", "--limit", "3").stdout.splitlines()
    assert len(lines) == 4
    assert lines[3] == f"there are older ones: --after " \
        f"{letters(server, '?limit=3')['next']}"


def test_a_retry_puts_it_on_the_log_again(server):
    put_what_fails(server, "a")
    [letter] = letters(server)["letters"]
    path = f"/v1/dead/{letter['partition']}/{letter['offset']}/retry"
    reply = server.call("POST", path)
    assert reply.status == 202
    assert reply.json()["version"] == letter["version"] + 1
    # It failed again, so there is a second letter, and the first is old.
    assert server.patch("a", metadata={"k": "v"}).json()["state"] == "failed"
    assert len(letters(server)["letters"]) == 2
    reply = server.call("POST", path)
    assert reply.status == 409
    assert "came after" in reply.json()["error"]["message"]


def test_a_retry_brings_nothing_back_that_was_replaced(server):
    put_what_fails(server, "a")
    [letter] = letters(server)["letters"]
    place = f"{letter['partition']}/{letter['offset']}"
    assert server.put("a", "something newer").json()["state"] == "live"
    done = server.cli("dead", "retry", place)
    assert done.returncode == 1
    assert "nothing was done" in done.stderr
    assert server.get("a").json()["text"] == "something newer"
    server.delete("a")
    assert server.cli("dead", "retry", place).returncode == 1
    assert server.get("a").json()["state"] == "deleted"


def test_letters_that_are_not_there_are_said_so(server):
    assert server.call("GET", "/v1/dead/0/0").status == 404
    assert server.call("GET", "/v1/dead/999/0").status == 404
    assert server.call("POST", "/v1/dead/0/7/retry").status == 404
    assert server.call("GET", "/v1/dead/zero/0").status == 400
    assert server.call("GET", "/v1/dead?limit=0").status == 400
    assert server.call("GET", "/v1/dead?after=nonsense").status == 400
    assert server.cli("dead", "show", "nonsense").returncode == 2
    assert server.cli("dead", "retry").returncode == 2
    assert server.cli("dead").returncode == 2
    listed = server.cli("dead", "list", "--json")
    assert json.loads(listed.stdout)["letters"] == []
