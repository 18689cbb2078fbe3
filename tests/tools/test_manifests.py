# SPDX-License-Identifier: Apache-2.0
"""The manifests for Kubernetes and compose.

They are checked against the strict schemas of several releases of Kubernetes,
and the models of compose, which come in packages that parts.txt pins (the
first run fetches them); then what schemas do not say: the pod security
standard "restricted", and that numbers which stand twice agree.
"""
import functools
import importlib.machinery
import importlib.util
import json
import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")
jsonschema = pytest.importorskip("jsonschema")

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy/kubernetes"
COMPOSE = ROOT / "deploy/compose/compose.yaml"
RELEASES = ("1.29.0", "1.33.0", "1.37.0")
FETCH = """
here=deploy recipes=$here/deps.d table=$here/deps.d/parts.txt
cache=$1 downloads=$1/downloads python=/usr/bin/python3
mkdir -p "$downloads" "$cache/tmp"
. "$recipes/fetch.sh"
fetch "$2" >&2
archive "$2"
"""


def package(name):
    cache = os.environ.get("MILLRACE_CACHE") or Path.home() / ".cache/millrace"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", FETCH, "fetch", cache, name],
        cwd=ROOT, check=False, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def documents():
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.name in ("kustomization.yaml", "millrace.yaml"):
            continue
        for one in yaml.safe_load_all(path.read_text()):
            yield pytest.param(one, id=f"{path.name}:{one['kind']}:"
                               f"{one['metadata']['name']}")


DOCUMENTS = list(documents())
SETS = [one for one in DOCUMENTS if one.values[0]["kind"] == "StatefulSet"]
each = pytest.mark.parametrize("document", DOCUMENTS)
each_set = pytest.mark.parametrize("document", SETS)


class Schemas:
    def __init__(self, archive):
        self.archive = archive

    @functools.cache
    def read(self, release, name):
        return json.loads(self.archive.read(
            "kubernetes_validate/kubernetes-json-schema/"
            f"v{release}-local-strict/{name}"))

    def errors(self, release, document):
        group, _, version = document["apiVersion"].rpartition("/")
        kind = "-".join(filter(None, (document["kind"].lower(),
                                      group.split(".")[0], version)))
        schema = self.read(release, f"{kind}.json")
        # What a schema refers to lies beside it; nothing is fetched.
        resolver = jsonschema.RefResolver.from_schema(schema, handlers={
            "https": lambda url: self.read(release, url.rpartition("/")[2])})
        checker = jsonschema.Draft7Validator(schema, resolver=resolver)
        return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
                for error in checker.iter_errors(document)]


@pytest.fixture(scope="module")
def schemas():
    with zipfile.ZipFile(package("kubevalidate")) as archive:
        yield Schemas(archive)


@pytest.mark.parametrize("release", RELEASES)
@each
def test_kubernetes_knows_every_field(schemas, release, document):
    assert not schemas.errors(release, document)


def test_a_field_that_there_is_not_is_found(schemas):
    document = json.loads(json.dumps(SETS[0].values[0]))
    document["spec"]["template"]["spec"]["containers"][0]["port"] = 1
    assert "'port' was unexpected" in schemas.errors("1.33.0", document)[0]


@each_set
def test_the_pod_is_restricted(document):
    """The pod security standard, and a root that cannot be written."""
    pod = document["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {
        "type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    assert all({"configMap", "secret"} & set(one) for one in pod["volumes"])
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]}}
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(
            container)
        assert "memory" in container["resources"]["limits"]
        assert not container["image"].endswith(":latest")


@each_set
def test_numbers_that_stand_twice_agree(document):
    spec = document["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    words = container["args"]
    role = document["metadata"]["labels"]["app.kubernetes.io/component"]
    assert words[:2] == ["worker", role]
    if role == "ingestor":
        assert spec["replicas"] == 1
    else:
        member = words[words.index("--member") + 1]
        assert member == f"$(MEMBER)/{spec['replicas']}"
    (port,) = container["ports"]
    assert words[words.index("--listen") + 1] == (
        f"$(POD_IP):{port['containerPort']}")
    named = {one["name"] for one in container["env"]}
    assert set(re.findall(r"\$\((\w+)\)", " ".join(words))) <= named
    config = yaml.safe_load((FOLDER / "millrace.yaml").read_text())
    assert spec["replicas"] <= config["partitions"]
    volumes = {one["name"] for one in spec["template"]["spec"]["volumes"]}
    volumes |= {one["metadata"]["name"]
                for one in spec["volumeClaimTemplates"]}
    assert {one["name"] for one in container["volumeMounts"]} == volumes
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"] == labels


def test_replicas_of_a_shard_never_share_a_host():
    sets = [one.values[0] for one in SETS
            if "-indexer-" in one.values[0]["metadata"]["name"]]
    names = {one["metadata"]["labels"]["millrace/replica"] for one in sets}
    assert len(sets) == len(names) == 2
    for one in sets:
        (term,) = one["spec"]["template"]["spec"]["affinity"][
            "podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        assert term["topologyKey"] == "kubernetes.io/hostname"
        own = one["metadata"]["labels"]["millrace/replica"]
        assert {term["labelSelector"]["matchLabels"]["millrace/replica"]
                } == names - {own}


def test_every_set_has_a_budget_and_every_file_is_applied():
    budgets = [one.values[0]["spec"]["selector"]["matchLabels"]
               for one in DOCUMENTS
               if one.values[0]["kind"] == "PodDisruptionBudget"]
    for one in SETS:
        labels = one.values[0]["metadata"]["labels"]
        assert [1 for budget in budgets if budget.items() <= labels.items()
                ] == [1]
    whole = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
    assert {path.name for path in FOLDER.glob("*.yaml")} == {
        *whole["resources"], "kustomization.yaml", "millrace.yaml"}


@pytest.fixture(scope="module")
def compose(tmp_path_factory):
    """Reads a compose file as its specification says.  The package's own
    front wants more packages, so its inside is loaded alone."""
    folder = tmp_path_factory.mktemp("composespec")
    with zipfile.ZipFile(package("composespec")) as archive:
        archive.extractall(folder)
    (inside,) = folder.glob("compose_spec/*.so")
    loader = importlib.machinery.ExtensionFileLoader("compose_spec",
                                                     str(inside))
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader("compose_spec", loader))
    loader.exec_module(module)
    return module.PyCompose.from_yaml


def test_compose_knows_every_field(compose):
    # It takes no merge keys, which YAML resolves before.
    whole = yaml.safe_load(COMPOSE.read_text())
    read = compose(yaml.safe_dump(whole))
    read.validate()
    assert len(read) == len(whole["services"])
    whole["services"]["indexer"]["mem_limt"] = "2g"
    with pytest.raises(ValueError, match="mem_limt"):
        compose(yaml.safe_dump(whole))


def test_containers_are_closed_and_wait_for_what_they_need():
    whole = yaml.safe_load(COMPOSE.read_text())
    for name, service in whole["services"].items():
        if name in ("kafka", "keys"):
            continue
        words = service["command"]
        assert words[:2] == ["worker", name]
        assert words[-1].startswith(f"{name}:")
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert set(service["depends_on"]) == {"kafka", "keys"}
    (port,) = whole["services"]["retriever"]["ports"]
    assert port.startswith("127.0.0.1:")
