# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""What deploy/ installs: whether an API server takes it, what it keeps to, and whether its parts agree with each other."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.parse
from pathlib import Path

import pytest
import yaml
from conftest import BINARY, ROOT, Cluster
from shipped import NAMESPACE, PodFiles, Shipped, files_of

PROGRAMS = ["operator", "gateway"]
# The volume types of the Pod Security Standard 'restricted'.
RESTRICTED_VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


@pytest.fixture(scope="module")
def shipped(cluster: Cluster) -> Shipped:
    return Shipped(cluster)


def seconds(text: str) -> int:
    """A duration of whole seconds."""
    match = re.fullmatch(r"(\d+)s", text)
    assert match, text
    return int(match[1])


# Whether an API server takes it.


@pytest.mark.parametrize("way", [("--server-side", "--force-conflicts"), ()], ids=["server-side", "client-side"])
def test_an_api_server_takes_every_object_as_it_is(cluster: Cluster, shipped: Shipped, way: tuple[str, ...]) -> None:
    """Checked against the server's own schema, so a misspelt field is refused and not dropped."""
    known = cluster.kubectl("api-versions").split()
    taken = [object for object in shipped.objects if object["apiVersion"] in known]
    missing = {object["kind"] for object in shipped.objects} - {object["kind"] for object in taken}
    assert missing <= {"PodDisruptionBudget"}, "Kubernetes before 1.21 has it in another version"
    command = ("apply", "--dry-run=server", "--validate=true", *way, "-f", "-")
    answer = cluster.kubectl(*command, stdin=yaml.safe_dump_all(taken))
    assert len(answer.strip().splitlines()) == len(taken), answer
    broken = yaml.safe_dump_all(taken).replace("readOnlyRootFilesystem", "readOnlyRootFileSystem")
    assert "readOnlyRootFileSystem" in cluster.kubectl(*command, stdin=broken, check=False), "a misspelt field must not pass"


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_pod_of_the_template_is_admitted(cluster: Cluster, shipped: Shipped, program: str) -> None:
    """The namespace enforces 'restricted', which a server of 1.23 or newer checks on pods only, not on Deployments."""
    pod = shipped.pod(program, f"admitted-{program}")
    answer = cluster.kubectl("apply", "--dry-run=server", "--validate=true", "-f", "-", stdin=yaml.safe_dump(pod))
    assert "created" in answer, answer
    labels = shipped.one("Namespace", NAMESPACE)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_overlays_hold_both_programs(cluster: Cluster) -> None:
    for folder in sorted((ROOT / "deploy/kustomize/overlays").iterdir()):
        made = Shipped(cluster, folder)
        names = {object["metadata"]["name"] for object in made.all("Deployment")}
        assert names == {"sallyport-operator", "sallyport-gateway"}, folder
        images = {made.container(program)["image"] for program in PROGRAMS}
        assert len(images) == 1, f"{folder}: one binary, and so one image"


# What it keeps to.


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_pod_is_confined(shipped: Shipped, program: str) -> None:
    spec, container = shipped.template(program)["spec"], shipped.container(program)
    security = spec["securityContext"]
    assert security["runAsNonRoot"] is True and security["runAsUser"] >= 1_000 and security["runAsGroup"] >= 1_000
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    assert {kind for volume in spec["volumes"] for kind in volume if kind != "name"} <= RESTRICTED_VOLUMES
    assert all(mount["readOnly"] for mount in container["volumeMounts"])
    # A kubelet gives files of volumes to root; with these modes the process reads them by its group alone.
    modes = {volume[kind].get("defaultMode", 0o644) for volume in spec["volumes"] for kind in volume if kind != "name"}
    assert modes <= {0o440, 0o644}
    assert security["fsGroup"] == security["runAsGroup"]
    assert {"requests", "limits"} <= container["resources"].keys() and "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_secret_is_in_the_environment(shipped: Shipped, program: str) -> None:
    """A process's environment is shown by too many things."""
    container = shipped.container(program)
    assert "envFrom" not in container
    for variable in container["env"]:
        assert "value" in variable or set(variable["valueFrom"]) == {"fieldRef"}, variable
    assert {variable["name"] for variable in container["env"]} >= {"POD_NAME"}


def test_the_gateway_has_no_rights_and_one_token(cluster: Cluster, shipped: Shipped) -> None:
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        for binding in shipped.all(kind):
            subjects = {subject["name"] for subject in binding["subjects"]}
            assert subjects == {"sallyport-operator"}, binding["metadata"]["name"]
    rights = {
        name: cluster.kubectl("auth", "can-i", "--list", "-n", NAMESPACE, f"--as=system:serviceaccount:{NAMESPACE}:{name}",
                              "--as-group=system:authenticated", "--as-group=system:serviceaccounts")
        for name in ("sallyport-gateway", "an-account-that-nobody-made")
    }
    assert rights["sallyport-gateway"] == rights["an-account-that-nobody-made"]
    spec = shipped.template("gateway")["spec"]
    assert spec["serviceAccountName"] == "sallyport-gateway"
    assert spec["automountServiceAccountToken"] is False
    assert shipped.one("ServiceAccount", "sallyport-gateway")["automountServiceAccountToken"] is False
    sources = [source for volume in spec["volumes"] for source in volume.get("projected", {}).get("sources", [])]
    tokens = [source["serviceAccountToken"] for source in sources if "serviceAccountToken" in source]
    assert tokens == [{"path": "token", "audience": "sallyport-operator", "expirationSeconds": 3600}]
    assert not any("kube-root-ca.crt" in json.dumps(source) for source in sources), "it does not speak to the API server"


def test_names_are_those_that_everything_else_counts_on(shipped: Shipped) -> None:
    named = {(object["kind"], object["metadata"]["name"]) for object in shipped.objects}
    both = ["Deployment", "ServiceAccount", "Service", "PodDisruptionBudget", "NetworkPolicy"]
    assert named >= {(kind, f"sallyport-{program}") for kind in both for program in PROGRAMS}
    assert named >= {("Namespace", NAMESPACE), ("Service", "sallyport-operator-replicas"), ("ConfigMap", "sallyport")}
    assert all(object["metadata"].get("namespace") == NAMESPACE for object in shipped.objects
               if object["kind"] not in ("Namespace", "ClusterRole", "ClusterRoleBinding"))


# Whether its parts agree.


def test_the_configuration_is_one_that_the_binary_takes(shipped: Shipped, tmp_path: Path) -> None:
    path = tmp_path / "sallyport.yaml"
    path.write_text(shipped.configuration_text())
    manifests = [ROOT / "deploy/samples/manifests" / f"{name}.yaml" for name in ("todo", "secrets")]
    command = [BINARY, "validate", "--config", path, *manifests]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    # The samples' provider is not trusted, which is a problem of the manifest (1) and none of the configuration (2).
    assert result.returncode == 1 and "IssuerNotTrusted" in result.stdout, result
    path.write_text(shipped.configuration_text() + "sessionKeys: []\n")
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 2 and "sessionKeys" in result.stderr, result


def test_the_commented_examples_are_taken_as_well(shipped: Shipped, tmp_path: Path) -> None:
    """Who takes the '# ' away from an example must not find a key that does not exist."""
    text = shipped.configuration_text()
    example = re.compile(r"^# ((?:- |  )(?:name|issuer|clientID|clientSecretFile): .*|egress: .*)$", re.MULTILINE)
    assert len(example.findall(text)) == 5
    path = tmp_path / "sallyport.yaml"
    path.write_text(example.sub(r"\1", text).replace("identityProviders: []", "identityProviders:"))
    wiki = ROOT / "deploy/samples/manifests/wiki.yaml"
    result = subprocess.run([BINARY, "validate", "--config", path, wiki], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result
    configuration = yaml.safe_load(path.read_text())
    assert configuration["identityProviders"][0]["clientSecretFile"] in [name for _, name in files_of(configuration)]
    PodFiles(None, shipped.pod("gateway", "any"), tmp_path).adapted(configuration)  # type: ignore[arg-type]


def test_ports_are_those_of_the_configuration(shipped: Shipped) -> None:
    configuration = shipped.configuration()

    def port(address: str) -> int:
        return int(address.rpartition(":")[2])

    assert port(configuration["listen"]) == shipped.port("gateway", "clients") == 8080
    assert port(configuration["publication"]["listen"]) == shipped.port("operator", "routes") == 9443
    for program in PROGRAMS:
        assert port(configuration["health"]["listen"]) == shipped.port(program, "health") == 8081
        probes = {name: probe["httpGet"] for name, probe in shipped.container(program).items() if name.endswith("Probe")}
        assert {name: (get["path"], get["port"]) for name, get in probes.items()}.items() >= {
            "livenessProbe": ("/healthz", "health"), "readinessProbe": ("/readyz", "health"),
        }.items()
    assert shipped.container("gateway")["startupProbe"]["httpGet"] == {"path": "/healthz", "port": "health"}
    (service,) = shipped.one("Service", "sallyport-gateway")["spec"]["ports"]
    assert (service["port"], service["targetPort"]) == (8080, "clients")
    for name in ("sallyport-operator", "sallyport-operator-replicas"):
        (service,) = shipped.one("Service", name)["spec"]["ports"]
        assert (service["port"], service["targetPort"]) == (9443, "routes")


def test_the_gateway_finds_the_operator(shipped: Shipped) -> None:
    configuration = shipped.configuration()
    url = urllib.parse.urlsplit(configuration["routes"]["url"])
    assert url.hostname == f"sallyport-operator.{NAMESPACE}.svc" and url.scheme == "https"
    assert url.port == shipped.port("operator", "routes")
    audience = configuration["publication"]["audience"]
    (token,) = (source["serviceAccountToken"] for volume in shipped.template("gateway")["spec"]["volumes"]
                for source in volume.get("projected", {}).get("sources", []) if "serviceAccountToken" in source)
    assert token["audience"] == audience
    assert configuration["publication"]["serviceAccounts"] == [f"{NAMESPACE}/sallyport-gateway"]
    headless = shipped.one("Service", "sallyport-operator-replicas")["spec"]
    assert headless["clusterIP"] == "None" and headless["publishNotReadyAddresses"] is True
    (rule,) = (rule for rule in shipped.one("NetworkPolicy", "sallyport-operator")["spec"]["ingress"] if "from" in rule)
    labels = shipped.template("gateway")["metadata"]["labels"]
    assert rule["from"][0]["podSelector"]["matchLabels"].items() <= labels.items(), "the policy must let the gateway in"


def test_every_file_of_the_configuration_is_in_a_volume(shipped: Shipped, tmp_path: Path) -> None:
    """Of the gateway, which reads them; the operator takes the same file and needs none of them."""
    files = dict(files_of(shipped.configuration()))
    assert files.keys() == {"tokenFile", "caFile", "keyFiles"}
    pod = PodFiles(None, shipped.pod("gateway", "any"), tmp_path)  # type: ignore[arg-type]
    for path in files.values():
        pod.local(path)
    for program in PROGRAMS:
        arguments = shipped.container(program)["args"]
        assert arguments == [program, "--config", "/etc/sallyport/sallyport.yaml"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_roll_and_a_drain_take_one_replica_at_a_time(shipped: Shipped, program: str) -> None:
    deployment = shipped.one("Deployment", f"sallyport-{program}")["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["replicas"] == 2
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    selectors = [
        deployment["selector"], shipped.one("PodDisruptionBudget", f"sallyport-{program}")["spec"]["selector"],
        {"matchLabels": shipped.one("Service", f"sallyport-{program}")["spec"]["selector"]},
        shipped.one("NetworkPolicy", f"sallyport-{program}")["spec"]["podSelector"],
        *(spread["labelSelector"] for spread in deployment["template"]["spec"]["topologySpreadConstraints"]),
    ]
    assert len(selectors) == 6 and all(selector == {"matchLabels": labels} for selector in selectors)
    assert {spread["topologyKey"] for spread in deployment["template"]["spec"]["topologySpreadConstraints"]} == {
        "kubernetes.io/hostname", "topology.kubernetes.io/zone",
    }
    assert shipped.one("PodDisruptionBudget", f"sallyport-{program}")["spec"]["maxUnavailable"] == 1


def test_the_gateway_is_given_the_time_that_it_takes_to_stop(shipped: Shipped) -> None:
    """The hook counts against the same period of grace, and after the drain what is left is cancelled."""
    container = shipped.container("gateway")
    command = container["lifecycle"]["preStop"]["exec"]["command"]
    assert command[0] == "/bin/sleep", "the image has no shell that it needs"
    hook, drain = int(command[1]), seconds(shipped.configuration()["shutdown"]["drain"])
    assert hook >= 5 and hook + drain + 5 <= shipped.template("gateway")["spec"]["terminationGracePeriodSeconds"]
    assert drain + 5 <= shipped.template("operator")["spec"]["terminationGracePeriodSeconds"]
