# SPDX-License-Identifier: Apache-2.0
"""API keys and TLS: who is let in, and what the others are told."""
import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import stat
import subprocess
import urllib.parse

import pytest

from conftest import BINARY, Server

QUICK = "embed:\n  model: hashing\n"
SECRET = re.compile(r"mr_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}")


def run(*words, env=None, cwd=None):
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith("MILLRACE_")}
    return subprocess.run([BINARY, *words], capture_output=True, text=True,
                          check=False, cwd=cwd, env={**clean, **(env or {})})


def create(data, name, *options):
    done = run("key", "create", name, "--data", str(data), *options)
    assert done.returncode == 0, done.stderr
    assert SECRET.fullmatch(done.stdout.rstrip("\n"))
    assert SECRET.search(done.stderr) is None
    return done.stdout.rstrip("\n")


def revoke(data, name):
    done = run("key", "revoke", name, "--data", str(data))
    assert done.returncode == 0, done.stderr


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def code(reply):
    return reply.json()["error"]["code"]


def message(reply):
    return reply.json()["error"]["message"]


@pytest.fixture
def start(tmp_path):
    """Starts a server with lines of configuration; gives it and its log."""
    @contextlib.contextmanager
    def begin(lines=""):
        config = tmp_path / "millrace.yaml"
        config.write_text(QUICK + lines)
        running = Server(tmp_path / "data", "-c", str(config)).start()
        try:
            yield running
        finally:
            if running.process.poll() is None:
                running.process.terminate()
                _, running.log = running.process.communicate(timeout=60)
    return begin


@pytest.fixture
def keyed(start, folder):
    """A server on loopback with an admin's key."""
    secret = create(folder, "root", "--scope", "admin")
    with start() as running:
        running.secret = secret
        yield running


# ---- the command

def test_a_secret_is_shown_once_and_only_its_hash_is_kept(folder):
    secret = create(folder, "web")
    kept = (folder / "keys").read_text()
    assert stat.S_IMODE((folder / "keys").stat().st_mode) == 0o600
    assert secret not in kept and secret[16:] not in kept
    listed = run("key", "list", "--data", str(folder))
    assert listed.returncode == 0
    assert re.match(r"web +read +all collections, since \d{4}-\d\d-\d\d, "
                    r"without end\n$", listed.stdout)
    assert SECRET.search(listed.stdout) is None


def test_two_keys_are_never_alike(folder):
    secrets = {create(folder, f"k{nth}") for nth in range(20)}
    assert len(secrets) == 20


def test_keys_as_json(folder):
    done = run("key", "create", "ops", "--scope", "admin", "--collection",
               "main", "--collection=notes", "--expires", "90d", "--data",
               str(folder), "--json")
    told = json.loads(done.stdout)
    assert SECRET.fullmatch(told.pop("secret"))
    assert done.stderr == ""
    [listed] = json.loads(run("key", "list", "--data", str(folder),
                              "--json").stdout)["keys"]
    assert listed == told
    assert listed["scope"] == "admin"
    assert listed["collections"] == ["main", "notes"]
    assert listed["expired"] is False and listed["expires"] is not None
    gone = run("key", "revoke", "ops", "--data", str(folder), "--json")
    assert json.loads(gone.stdout) == {"revoked": "ops"}
    empty = run("key", "list", "--data", str(folder))
    assert empty.stdout.startswith("no keys in ")


@pytest.mark.parametrize("words, exit_code, say", [
    ([], 2, "say create NAME, list or revoke NAME"),
    (["create"], 2, "say create NAME"),
    (["create", "a", "b"], 2, "say create NAME"),
    (["create", "A b"], 2, "a-z, 0-9, _ and -"),
    (["create", "a", "--scope", "root"], 2, "read, write or admin"),
    (["create", "a", "--expires", "soon"], 2, "90d, 12h"),
    (["create", "a", "--expires", "0d"], 2, "90d, 12h"),
    (["create", "a", "--expires", "-1d"], 2, "90d, 12h"),
    (["create", "a", "--collection", "X"], 2, "a-z, 0-9, _ and -"),
    (["create", "there"], 1, "revoke it first"),
    (["revoke", "nobody"], 1, "millrace key list"),
    (["revoke"], 2, "revoke NAME"),
    (["remove", "a"], 2, "say create NAME"),
])
def test_mistakes_are_told(folder, words, exit_code, say):
    create(folder, "there")
    done = run("key", *words, "--data", str(folder))
    assert done.returncode == exit_code
    assert say in done.stderr
    assert done.stdout == ""


def test_the_folder_of_the_configuration_is_taken(tmp_path):
    (tmp_path / "millrace.yaml").write_text("data: there\n")
    done = run("key", "create", "a", cwd=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "there" / "keys").exists()


def test_a_damaged_file_is_told_by_all_and_nothing_starts(folder):
    create(folder, "a")
    with open(folder / "keys", "a", encoding="utf-8") as file:
        file.write("rubbish\n")
    for words in ["list"], ["create", "b"], ["revoke", "a"]:
        done = run("key", *words, "--data", str(folder))
        assert done.returncode == 4
        assert f"{folder}/keys: line 3: " in done.stderr
        assert "nobody is let in" in done.stderr
    done = run("up", "--data", str(folder), "--listen", "127.0.0.1:0")
    assert done.returncode == 4
    assert f"{folder}/keys: line 3: " in done.stderr


# ---- what is refused

def test_without_keys_loopback_is_open_as_ever(quick):
    assert quick.put("a", "the mill race").status == 200
    assert quick.call("GET", "/v1/status").status == 200
    assert quick.call("GET", "/v1/status",
                      headers={"Host": "evil.example"}).status == 403
    # A key that nobody asks for does no harm.
    assert quick.call("GET", "/v1/status",
                      headers=bearer("mr_x")).status == 200


def test_from_the_first_key_on_one_is_needed(quick, folder):
    assert quick.call("GET", "/v1/status").status == 200
    secret = create(folder, "a")
    reply = quick.call("GET", "/v1/status")
    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"] == 'Bearer realm="millrace"'
    assert code(reply) == "no_key"
    assert "Authorization: Bearer" in message(reply)
    assert quick.call("GET", "/v1/status",
                      headers=bearer(secret)).status == 200
    revoke(folder, "a")
    assert quick.call("GET", "/v1/status").status == 200


def test_both_headers_are_taken(keyed):
    for headers in (bearer(keyed.secret),
                    {"Authorization": f"bearer  {keyed.secret} "},
                    {"X-API-Key": keyed.secret},
                    {"X-API-Key": keyed.secret,
                     "Authorization": "Basic YTpi"}):
        assert keyed.call("GET", "/v1/status",
                          headers=headers).status == 200, headers


def test_a_wrong_key_is_refused(keyed):
    secret = keyed.secret
    for wrong in (secret[:-1], secret + "x", secret[:-1] + "?", "x", "",
                  secret.swapcase(), secret[:16] + "A" * 43, "mr_", "\xff"):
        reply = keyed.call("GET", "/v1/status", headers=bearer(wrong))
        assert reply.status == 401, wrong
        assert code(reply) == "bad_key"
        assert 'error="invalid_token"' in reply.headers["WWW-Authenticate"]


def test_a_key_that_expired_is_refused(start, folder):
    secret = create(folder, "short", "--expires", "0.001s")
    with start() as server:
        reply = server.call("GET", "/v1/status", headers=bearer(secret))
    assert reply.status == 401
    assert code(reply) == "expired_key"
    assert re.search(r'"short" expired at \d{4}-', message(reply))
    assert "expired at" in run("key", "list", "--data", str(folder)).stdout


SCOPES = [
    ("open", "GET", "/healthz"), ("open", "GET", "/readyz"),
    ("open", "GET", "/"), ("open", "GET", "/app.js"),
    ("open", "GET", "/access.js"), ("open", "GET", "/pipeline.js"),
    ("open", "GET", "/style.css"),
    ("read", "GET", "/metrics"), ("read", "GET", "/v1/status"),
    ("read", "GET", "/v1/documents/a"), ("read", "GET", "/v1/why/a"),
    ("read", "GET", "/v1/dead"), ("read", "GET", "/v1/dead/0/0"),
    ("read", "GET", "/v1/sources"), ("read", "GET", "/v1/sources/a"),
    ("read", "POST", "/v1/search"), ("read", "POST", "/v1/answer"),
    ("read", "POST", "/v1/feedback"), ("read", "GET", "/nothing/here"),
    ("read", "POST", "/v1/collections/main/search"),
    ("write", "PUT", "/v1/documents/a"), ("write", "PATCH", "/v1/documents/a"),
    ("write", "DELETE", "/v1/documents/a"),
    ("write", "PUT", "/v1/collections/main/documents/a"),
    ("admin", "POST", "/v1/sources"), ("admin", "DELETE", "/v1/sources/a"),
    ("admin", "POST", "/v1/dead/0/0/retry"),
    ("admin", "POST", "/v1/collections/main/sources"),
]


def test_each_scope_opens_what_it_is_for(start, folder):
    order = ["open", "read", "write", "admin"]
    keys = {scope: create(folder, scope, "--scope", scope)
            for scope in order[1:]}
    with start() as server:
        for needed, method, path in SCOPES:
            body = {} if method in ("POST", "PUT", "PATCH") else None
            reply = server.call(method, path, body)
            assert (reply.status == 401) == (needed != "open"), (method, path)
            for scope, secret in keys.items():
                reply = server.call(method, path, body, bearer(secret))
                good = order.index(scope) >= order.index(needed)
                assert reply.status != 401, (method, path, scope)
                assert (reply.status != 403) == good, (method, path, scope)
                if not good:
                    assert code(reply) == "scope"
                    assert f"an API key of scope {needed}" in message(reply)
                    assert f'scope="{needed}"' in reply.headers[
                        "WWW-Authenticate"]


def test_files_of_the_server_are_read_for_admins_only(start, folder,
                                                      tmp_path):
    writer = create(folder, "writer", "--scope", "write")
    root = create(folder, "root", "--scope", "admin")
    (tmp_path / "notes").mkdir()
    with start() as server:
        for body in ({"path": "/etc"}, {"url": "https://x.example/",
                                        "headers_file": "/etc/passwd"},
                     {"url": "https://x.example/",
                      "cookies_file": "/etc/passwd"}):
            assert server.call("POST", "/v1/sources", body,
                               bearer(writer)).status == 403
        assert server.call("POST", "/v1/sources",
                           {"path": str(tmp_path / "notes")},
                           bearer(root)).status == 202


def test_a_key_of_other_collections_is_refused(start, folder):
    other = create(folder, "other", "--scope", "admin", "--collection",
                   "notes")
    both = create(folder, "both", "--collection", "notes", "--collection",
                  "main")
    body = {"query": "x"}
    with start() as server:
        for path in "/v1/search", "/v1/collections/main/search":
            reply = server.call("POST", path, body, bearer(other))
            assert reply.status == 403
            assert code(reply) == "other_collection"
            assert 'not for the collection "main"' in message(reply)
            assert server.call("POST", path, body, bearer(both)).status == 200
        # It is let in, but there is no such collection here.
        assert server.call("POST", "/v1/collections/notes/search", body,
                           bearer(other)).status == 404
        assert server.call("POST", "/v1/collections/none/search", body,
                           bearer(both)).status == 403


def test_creating_and_revoking_counts_at_once(keyed, folder):
    for nth in range(5):
        secret = create(folder, f"key{nth}")
        assert keyed.call("GET", "/v1/status",
                          headers=bearer(secret)).status == 200
        revoke(folder, f"key{nth}")
        reply = keyed.call("GET", "/v1/status", headers=bearer(secret))
        assert (reply.status, code(reply)) == (401, "bad_key")


def test_a_file_that_is_damaged_meanwhile_lets_nobody_in(start, folder):
    secret = create(folder, "root", "--scope", "admin")
    good = (folder / "keys").read_bytes()
    with start() as server:
        for bad in b"", good[:-20], good[:good.index(b"\n") + 1]:
            (folder / "keys").write_bytes(bad)
            for headers in {}, bearer(secret):
                reply = server.call("GET", "/v1/status", headers=headers)
                assert (reply.status, code(reply)) == (503, "keys_damaged")
                assert str(folder) not in message(reply)
            assert server.call("GET", "/healthz").status == 200
        (folder / "keys").write_bytes(good)
        assert server.call("GET", "/v1/status",
                           headers=bearer(secret)).status == 200
    assert "keys_damaged" in server.log and f"{folder}/keys" in server.log


def test_refusals_are_counted_and_logged_once_without_the_key(start, folder):
    secret = create(folder, "web")
    wrong = secret[:-4] + "AAAA"
    with start() as server:
        for _ in range(20):
            server.call("GET", "/v1/status", headers=bearer(wrong))
        server.call("GET", "/v1/status")
        server.call("PUT", "/v1/documents/a", {}, bearer(secret))
        metrics = server.call("GET", "/metrics",
                              headers=bearer(secret)).body.decode()
    for reason, number in ("unknown", 20), ("missing", 1), ("scope", 1):
        assert f'millrace_auth_failures_total{{reason="{reason}"}} {number}' \
            in metrics
    assert server.log.count("auth_refused") == 1
    assert "127.0.0.1 was refused" in server.log
    for word in secret, wrong, secret[16:30]:
        assert word not in server.log and word not in metrics


def test_a_refused_body_is_not_kept_and_the_refusal_is_heard(keyed):
    for size in 10, 500_000, 16_000_000:
        reply = keyed.call("PUT", "/v1/documents/a", b"x" * size) \
            if size < 1_000_000 else expect_continue(keyed, size)
        assert (reply.status, code(reply)) == (401, "no_key")


def expect_continue(server, size):
    """As a client that waits for "100 Continue" before a long body."""
    class Answer:
        pass
    host = urllib.parse.urlsplit(server.url).netloc
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.putrequest("PUT", "/v1/documents/a")
    connection.putheader("Content-Length", str(size))
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    reply = connection.getresponse()
    answer = Answer()
    answer.status = reply.status
    body = json.loads(reply.read())
    answer.json = lambda: body
    connection.close()
    return answer


def test_a_foreign_page_needs_a_key_and_a_foreign_name_is_fine_with_one(
        keyed):
    names = {"Host": "search.example.org", "Origin": "https://x.example"}
    assert keyed.call("GET", "/v1/status", headers=names).status == 401
    assert keyed.call("GET", "/v1/status",
                      headers={**names, **bearer(keyed.secret)}).status == 200


def test_loopback_stays_open_when_told_so(start, folder):
    create(folder, "a")
    with start("http:\n  loopback_open: true\n") as server:
        assert server.call("GET", "/v1/status").status == 200
        assert server.call("GET", "/v1/status", headers={
            "Host": "evil.example"}).status == 403


# ---- beyond loopback

def make_certificate(folder, name="localhost"):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder.mkdir(exist_ok=True)
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext",
         "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", str(key),
         "-out", str(cert)], check=True, capture_output=True)
    return cert, key


class Everywhere(Server):
    """Listens on all addresses; is asked on 127.0.0.1."""

    def start(self, expect_ready=True):
        self.options = (*self.options, "--listen", "0.0.0.0:0")
        super().start(expect_ready)
        if self.url:
            self.url = self.url.replace("0.0.0.0", "127.0.0.1")
        return self


@pytest.fixture
def tls(tmp_path, folder):
    """A server for everybody, with TLS and an admin's key."""
    cert, key = make_certificate(tmp_path / "tls")
    config = tmp_path / "millrace.yaml"
    config.write_text(QUICK + f"http:\n  tls_cert: {cert}\n"
                      f"  tls_key: {key}\n")
    secret = create(folder, "root", "--scope", "admin")
    running = Everywhere(folder, "-c", str(config)).start()
    running.cert, running.secret = cert, secret
    running.env = {"MILLRACE_SERVER": running.url,
                   "MILLRACE_CACERT": str(cert)}
    yield running
    running.close()


def ask(server, path, secret=None, context=None):
    """Over TLS; the status."""
    if context is None:
        context = ssl.create_default_context(cafile=str(server.cert))
    address = urllib.parse.urlsplit(server.url)
    connection = http.client.HTTPSConnection(
        address.hostname, address.port, context=context, timeout=60)
    connection.request("GET", path, headers=bearer(secret) if secret else {})
    status = connection.getresponse().status
    connection.close()
    return status


def test_other_addresses_want_a_key_and_tls(tmp_path):
    data = tmp_path / "data"
    cert, key = make_certificate(tmp_path / "tls")
    config = tmp_path / "millrace.yaml"
    pair = f"http:\n  tls_cert: {cert}\n  tls_key: {key}\n"
    no_key = f"`millrace key create NAME --data {data}` makes one"
    no_tls = "http.tls_cert and http.tls_key, or set http.insecure: true"

    def refused(lines):
        config.write_text(QUICK + lines + f"data: {data}\n")
        told = run("up", "-c", str(config), "--listen", "0.0.0.0:0")
        assert told.returncode == 4
        assert told.stdout == ""
        assert "0.0.0.0:0 is not a loopback address" in told.stderr
        return no_key in told.stderr, no_tls in told.stderr

    assert refused("") == (True, True)
    assert refused(pair) == (True, False)
    assert refused("http:\n  insecure: true\n") == (True, False)
    create(data, "a")
    assert refused("") == (False, True)
    config.write_text(QUICK + f"data: {data}\nlisten: 0.0.0.0:0\n")
    told = run("config", "check", "-c", str(config))
    assert told.returncode == 4 and no_tls in told.stderr
    config.write_text(QUICK + pair + f"data: {data}\nlisten: 0.0.0.0:0\n")
    assert run("config", "check", "-c", str(config)).returncode == 0


def test_insecure_is_for_a_proxy_and_wants_a_key_all_the_same(start, folder,
                                                              tmp_path):
    secret = create(folder, "a")
    config = tmp_path / "millrace.yaml"
    config.write_text(QUICK + "http:\n  insecure: true\n")
    server = Everywhere(folder, "-c", str(config)).start()
    assert server.call("GET", "/v1/status").status == 401
    assert server.call("GET", "/v1/status", headers={
        **bearer(secret), "Host": "search.example.org"}).status == 200
    # Without any key left it is shut, not open.
    revoke(folder, "a")
    assert server.call("GET", "/v1/status").status == 401
    assert server.call("GET", "/v1/status",
                       headers=bearer(secret)).status == 401
    assert server.stop() == 0


@pytest.mark.parametrize("lines, say", [
    ("tls_cert: {cert}", "http.tls_cert: needs http.tls_key beside it"),
    ("tls_key: {key}", "http.tls_key: needs http.tls_cert beside it"),
    ("tls_cert: {cert}\n  tls_key: /nowhere", "http.tls_key: /nowhere"),
    ("tls_cert: {cert}\n  tls_key: {other}", "are no certificate and its key"),
    ("tls_cert: {key}\n  tls_key: {cert}", "are no certificate and its key"),
    ("tls_cert: /dev/null\n  tls_key: {key}", "/dev/null is empty"),
])
def test_a_certificate_that_does_not_fit_is_told(tmp_path, lines, say):
    cert, key = make_certificate(tmp_path / "tls")
    _, other = make_certificate(tmp_path / "tls", "other")
    config = tmp_path / "millrace.yaml"
    config.write_text(QUICK + "http:\n  " + lines.format(
        cert=cert, key=key, other=other) + "\n")
    for words in ["up", "--data", str(tmp_path / "d"), "--listen",
                  "127.0.0.1:0"], ["config", "check"]:
        told = run(*words, "-c", str(config))
        assert told.returncode == 4
        assert say in told.stderr


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_is_spoken_and_nothing_older_than_1_2(tls):
    assert tls.url.startswith("https://")
    assert ask(tls, "/healthz") == 200
    assert ask(tls, "/v1/status") == 401
    assert ask(tls, "/v1/status", tls.secret) == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        ask(tls, "/healthz", context=ssl.create_default_context())
    old = ssl.create_default_context(cafile=str(tls.cert))
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask(tls, "/healthz", context=old)
    address = urllib.parse.urlsplit(tls.url)
    plain = http.client.HTTPConnection(address.hostname, address.port,
                                       timeout=60)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        plain.request("GET", "/healthz")
        plain.getresponse()


def test_commands_take_a_key_from_file_variable_or_option(tls, tmp_path):
    key_file = tmp_path / "root.key"
    key_file.write_text(tls.secret + "\n")
    for words, env in (
            (["--key-file", str(key_file)], {}),
            ([], {"MILLRACE_KEY": tls.secret}),
            ([], {"MILLRACE_KEY_FILE": str(key_file)}),
            (["--key", tls.secret], {}),
            (["--key", tls.secret], {"MILLRACE_KEY": "wrong"}),
            (["--key-file", str(key_file)], {"MILLRACE_KEY": "wrong"})):
        done = run("status", *words, env={**tls.env, **env})
        assert done.returncode == 0, (words, done.stderr)
        assert tls.secret not in done.stdout + done.stderr


def test_every_command_works_with_a_key_over_tls(tls, tmp_path):
    env = {**tls.env, "MILLRACE_KEY": tls.secret}
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "mill.txt").write_text("The race of the mill carries water.")
    for words in (["ingest", "--wait", str(notes)],
                  ["query", "mill race"], ["answer", "what carries water"],
                  ["why", "notes:mill.txt"], ["status"], ["dead", "list"],
                  ["delete", "notes:mill.txt"], ["forget", "notes"]):
        if words[0] in ("why", "delete", "forget"):
            [source] = json.loads(run("status", "--json",
                                      env=env).stdout)["sources"]
            words[1] = words[1].replace("notes", source["name"], 1)
        done = run(*words, env=env)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
    done = subprocess.run([BINARY, "ingest", "--wait", "-"], text=True,
                          input='{"id": "a", "text": "a waterwheel"}\n',
                          capture_output=True, check=False,
                          env={**os.environ, **env})
    assert done.returncode == 0, done.stderr


def test_commands_say_what_is_missing(tls):
    done = run("status", env=tls.env)
    assert done.returncode == 1
    assert "wants an API key" in done.stderr
    assert "--key-file FILE, or in MILLRACE_KEY" in done.stderr
    done = run("status", "--key-file", "/nowhere", env=tls.env)
    assert done.returncode != 0
    assert "/nowhere" in done.stderr
    done = run("status", "--key", "two words", env=tls.env)
    assert done.returncode != 0
    assert "holds a space" in done.stderr
    done = run("status", env={"MILLRACE_SERVER": tls.url})
    assert done.returncode == 3
    assert "certificate" in done.stderr and "--cacert FILE" in done.stderr


def test_a_key_on_the_command_line_is_taken_off_it(folder, tmp_path):
    """Asks a server that never answers, and looks meanwhile."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with subprocess.Popen(
                [BINARY, "status", "--server", f"127.0.0.1:{port}", "--key",
                 "mr_secret"], stderr=subprocess.PIPE) as process:
            connection, _ = listener.accept()
            sent = connection.recv(65536)
            with open(f"/proc/{process.pid}/cmdline", "rb") as file:
                seen = file.read()
            connection.close()
            process.communicate(timeout=60)
    assert b"Authorization: Bearer mr_secret\r\n" in sent
    assert b"--key" in seen and b"secret" not in seen


def test_the_secret_of_a_key_is_in_no_file_of_the_data_folder(tls, folder):
    assert ask(tls, "/v1/status", tls.secret) == 200
    assert tls.stop() == 0
    for path in folder.rglob("*"):
        if path.is_file():
            assert tls.secret[16:].encode() not in path.read_bytes(), path
