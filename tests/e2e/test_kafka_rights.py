# SPDX-License-Identifier: Apache-2.0
"""Brokers that do not let everybody in: credentials, certificates, rights."""
import re
import subprocess

import brokers
from brokers import Broker, free_port, refused

GOOD = "A wheel that the water turns"
MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule"
AUTHORIZER = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
SASL = ("security.protocol=sasl_plaintext\nsasl.mechanism=PLAIN\n"
        "sasl.username=me\nsasl.password=")


def with_users(folder, port, *options):
    """A cluster with a listener for the user "me", whose password is "open"."""
    return brokers.Cluster(
        folder, "--listener", f"SASL_PLAINTEXT:{port}",
        "--set", "listener.name.extra.sasl.enabled.mechanisms=PLAIN",
        "--set", "listener.name.extra.plain.sasl.jaas.config="
        f'{MODULE} required user_me="open";', *options)


def test_wrong_credentials_are_told_and_right_ones_work(tmp_path, broker):
    port = free_port()
    cluster = with_users(tmp_path / "cluster", port)
    try:
        kafka = brokers.Kafka(tmp_path, f"127.0.0.1:{port}")
        told = refused(kafka.server(settings=SASL + "sesame\n"))
        assert "not let in" in told and f"127.0.0.1:{port}" in told
        assert "sesame" not in told
        server = kafka.server(settings=SASL + "open\n").start()
        assert server.put("good", GOOD).status == 200
        assert server.stop() == 0
    finally:
        cluster.stop()


def certificate(folder, name):
    """A key and a certificate for loopback that signs itself: PEM files."""
    key, own = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
         "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", own], capture_output=True, check=True)
    return key, own


def test_a_broker_with_another_certificate_is_not_talked_to(tmp_path, broker):
    key, own = certificate(tmp_path, "broker")
    _, other = certificate(tmp_path, "other")
    store = tmp_path / "store.pem"
    store.write_text(key.read_text() + own.read_text())
    port = free_port()
    cluster = brokers.Cluster(
        tmp_path / "cluster", "--listener", f"SSL:{port}",
        "--set", "listener.name.extra.ssl.keystore.type=PEM",
        "--set", f"listener.name.extra.ssl.keystore.location={store}")
    try:
        kafka = brokers.Kafka(tmp_path, f"127.0.0.1:{port}")
        tls = "security.protocol=ssl\nssl.ca.location="
        told = refused(kafka.server(settings=f"{tls}{other}\n"))
        assert "certificate verify failed" in told, told
        assert f"127.0.0.1:{port}" in told
        server = kafka.server(settings=f"{tls}{own}\n").start()
        assert server.put("good", GOOD).status == 200
        assert server.stop() == 0
    finally:
        cluster.stop()


def documented_rights():
    """What docs/kafka.md says is enough: kind of thing, operations."""
    page = (brokers.SOURCE / "docs/kafka.md").read_text()
    rules = re.findall(r"--(topic|group|transactional-id) search- "
                       r"((?:--operation \w+ ?)+)", page)
    return [(kind, re.findall(r"--operation (\w+)", words))
            for kind, words in rules]


def test_the_documented_rights_are_enough_and_none_is_told(tmp_path, broker):
    port = free_port()
    cluster = with_users(
        tmp_path / "cluster", port,
        "--set", f"authorizer.class.name={AUTHORIZER}",
        "--set", "super.users=User:ANONYMOUS")  # who comes to the other port
    try:
        kafka = brokers.Kafka(tmp_path, f"127.0.0.1:{port}")
        right = SASL + "open\n"
        told = refused(kafka.server(settings=right))
        assert "uthoriz" in told and kafka.prefix in told, told
        rules = documented_rights()
        assert [kind for kind, _ in rules] == ["topic", "group",
                                               "transactional-id"]
        for kind, operations in rules:
            Broker(cluster.servers).allow("me", kind, kafka.prefix,
                                          *operations)
        server = kafka.server(settings=right).start()
        assert server.put("good", GOOD).status == 200
        assert server.delete("good").status == 200
        assert server.stop() == 0
    finally:
        cluster.stop()
