# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The main job on a real API server: apply, look, and see the truth."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from conftest import BINARY, CANARY, ROOT, Cluster, Sallyport, enterprise_server, operator_kubeconfig, secret, wait_for

Run = Callable[..., Sallyport]


def test_a_valid_server_is_accepted_and_listed(cluster: Cluster, namespace: str, run_operator: Run) -> None:
    run_operator()
    cluster.apply(secret(namespace, "idp", client_id="sallyport", client_secret=CANARY), enterprise_server(namespace, "todo"))
    cluster.wait_reason(namespace, "todo", "Accepted", "Accepted")
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "ResolvedRefs")
    server = cluster.get("mcpservers", namespace, "todo")
    assert server["status"]["authMode"] == "enterpriseIdP"
    assert server["status"]["observedGeneration"] == server["metadata"]["generation"]
    # No gateway has connected, and the resource says so in place of claiming that traffic works.
    assert cluster.conditions(namespace, "todo")["Ready"]["reason"] == "NoGateway"
    table = cluster.kubectl("get", "mcps", "-n", namespace)
    assert table.split("\n")[0].split() == ["NAME", "URL", "AUTH", "READY", "REASON", "PROGRAMMED", "AGE"]
    assert "https://mcp.todo.example/mcp" in table and "enterpriseIdP" in table and "NoGateway" in table
    assert CANARY not in json.dumps(server)


def test_a_secret_created_late_is_noticed_without_another_trigger(cluster: Cluster, namespace: str, run_operator: Run) -> None:
    run_operator()
    cluster.apply(enterprise_server(namespace, "todo"))
    missing = cluster.wait_reason(namespace, "todo", "ResolvedRefs", "SecretNotFound")
    assert f"{namespace}/idp" in missing["message"]
    cluster.apply(secret(namespace, "idp", client_id="sallyport"))
    missing = cluster.wait_reason(namespace, "todo", "ResolvedRefs", "SecretKeyMissing")
    assert "client-secret" in missing["message"]
    cluster.apply(secret(namespace, "idp", client_id="sallyport", client_secret=CANARY))
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "ResolvedRefs")
    cluster.kubectl("delete", "secret", "idp", "-n", namespace)
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "SecretNotFound")


def test_a_rotated_secret_changes_the_credentials_in_status(cluster: Cluster, namespace: str, run_operator: Run) -> None:
    run_operator()
    cluster.apply(secret(namespace, "idp", client_id="sallyport", client_secret=CANARY), enterprise_server(namespace, "todo"))
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "ResolvedRefs")
    before = cluster.get("mcpservers", namespace, "todo")["status"]["credentials"]["idp"]
    cluster.apply(secret(namespace, "idp", client_id="sallyport", client_secret=CANARY + "-next"))
    current = cluster.get("secret", namespace, "idp")["metadata"]["resourceVersion"]
    assert before["resourceVersion"] != current

    def rotated() -> bool:
        return cluster.get("mcpservers", namespace, "todo")["status"]["credentials"]["idp"]["resourceVersion"] == current

    wait_for("the new version in status", rotated)


@pytest.mark.parametrize(
    ("changes", "condition", "reason", "words"),
    [
        ({"idpIssuer": "https://other.example", "idpTokenEndpoint": None}, "Accepted", "IssuerNotTrusted", "other.example"),
        ({"resource": "https://other.example/mcp"}, "Accepted", "ResourceMismatch", "other.example"),
    ],
    ids=["foreign issuer", "foreign resource"],
)
def test_a_broken_server_says_what_is_wrong(
    cluster: Cluster, namespace: str, run_operator: Run, changes: dict, condition: str, reason: str, words: str
) -> None:
    run_operator()
    cluster.apply(
        secret(namespace, "idp", client_id="sallyport", client_secret=CANARY), enterprise_server(namespace, "todo", **changes)
    )
    found = cluster.wait_reason(namespace, "todo", condition, reason)
    assert words in found["message"], found
    # Both are always evaluated, so one problem never hides the other.
    assert cluster.conditions(namespace, "todo")["ResolvedRefs"]["reason"] == "ResolvedRefs"
    assert cluster.conditions(namespace, "todo")["Ready"]["status"] == "False"
    assert cluster.get("mcpservers", namespace, "todo")["status"]["state"] == "Failed"


def test_another_namespaces_secret_needs_a_grant(cluster: Cluster, namespace: str, run_operator: Run) -> None:
    run_operator()
    vault = f"{namespace}-vault"[:60].strip("-")
    cluster.kubectl("create", "namespace", vault)
    shared = secret(vault, "idp", client_id="sallyport", client_secret=CANARY)
    endpoints = "https://enterprise.okta.example/oauth2/token https://auth.todo.example/token"
    shared["metadata"]["annotations"] = {"mcp.giantswarm.io/token-endpoints": endpoints}
    reference = {"name": "idp", "namespace": vault}
    server = enterprise_server(
        namespace, "todo", None, clientCredentialsSecretRef=reference,
        mcpAuthServerClient={"clientCredentialsSecretRef": reference},
    )
    cluster.apply(shared, server)
    refused = cluster.wait_reason(namespace, "todo", "ResolvedRefs", "RefNotPermitted")
    assert "ReferenceGrant" in refused["message"]
    cluster.apply({
        "apiVersion": "gateway.networking.k8s.io/v1beta1", "kind": "ReferenceGrant",
        "metadata": {"name": "sallyport", "namespace": vault},
        "spec": {
            "from": [{"group": "mcp.giantswarm.io", "kind": "MCPServer", "namespace": namespace}],
            "to": [{"group": "", "kind": "Secret", "name": "idp"}],
        },
    })
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "ResolvedRefs")
    cluster.kubectl("delete", "referencegrants.gateway.networking.k8s.io", "sallyport", "-n", vault)
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "RefNotPermitted")


def test_a_restart_writes_nothing(cluster: Cluster, namespace: str, run_operator: Run) -> None:
    """T35: what a new process lists is what the last one left, so nothing is written."""
    first = run_operator()
    cluster.apply(secret(namespace, "idp", client_id="sallyport", client_secret=CANARY), enterprise_server(namespace, "todo"))
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "ResolvedRefs")
    before = cluster.get("mcpservers", namespace, "todo")["metadata"]["resourceVersion"]
    assert first.stop() == 0, first.log()
    second = run_operator()
    second.wait_ready()
    wait_for("a reconcile", lambda: second.metric("controller_runtime_reconcile_total", result="success") >= 1)
    assert second.metric("rest_client_requests_total", method="PATCH") == 0
    assert cluster.get("mcpservers", namespace, "todo")["metadata"]["resourceVersion"] == before


def test_events_are_emitted_on_transitions_only(cluster: Cluster, namespace: str, run_operator: Run) -> None:
    """T53: an event is taken with its time to the microsecond, once for a transition."""
    run_operator()
    cluster.apply(enterprise_server(namespace, "todo"))
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "SecretNotFound")

    def events() -> list[dict]:
        listed = json.loads(cluster.kubectl("get", "events.v1.events.k8s.io", "-n", namespace, "-o", "json"))["items"]
        return [event for event in listed if event["reason"] == "SecretNotFound"]

    found = wait_for("an event", events)
    assert found[0]["type"] == "Warning"
    assert found[0]["reportingController"] == "mcp.giantswarm.io/sallyport"
    assert found[0]["regarding"]["name"] == "todo"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", found[0]["eventTime"]), found[0]["eventTime"]
    cluster.kubectl("label", "mcpserver", "todo", "-n", namespace, "touched=yes")
    cluster.apply(secret(namespace, "other", client_id="sallyport"))
    cluster.apply(enterprise_server(namespace, "todo", scopes="read"))
    wait_for("the new generation", lambda: cluster.get("mcpservers", namespace, "todo")["status"]["observedGeneration"] == 2)
    assert len(events()) == 1


def test_an_api_server_restart_loses_nothing(cluster: Cluster, namespace: str, run_operator: Run) -> None:
    """T26: down for a while, up again on the same port, and a change right after is seen."""
    operator = run_operator()
    cluster.apply(secret(namespace, "idp", client_id="sallyport", client_secret=CANARY), enterprise_server(namespace, "todo"))
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "ResolvedRefs")
    cluster.stop_apiserver()
    time.sleep(3)
    assert operator.process.poll() is None, operator.log()
    cluster.restart_apiserver()
    cluster.kubectl("delete", "secret", "idp", "-n", namespace)
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "SecretNotFound", seconds=60)


def test_missing_rights_are_named_and_retried(cluster: Cluster, namespace: str, run_operator: Run, tmp_path: Path) -> None:
    """T72: an account without any right is told apart from an empty cluster, and heals when the right comes."""
    cluster.kubectl("create", "serviceaccount", "bare", "-n", namespace)
    kubeconfig = operator_kubeconfig(cluster, tmp_path, cluster.service_account_token(namespace, "bare"))
    operator = run_operator(kubeconfig=kubeconfig)
    wait_for("a readiness report", lambda: "forbidden" in operator.fetch("/readyz")[1].lower())
    status, text = operator.fetch("/readyz")
    assert status == 503 and "mcpservers" in text
    assert operator.process.poll() is None
    cluster.kubectl(
        "create", "clusterrolebinding", f"{namespace}-late", "--clusterrole=sallyport-operator", f"--serviceaccount={namespace}:bare"
    )
    try:
        operator.wait_ready(90)
    finally:
        cluster.kubectl("delete", "clusterrolebinding", f"{namespace}-late")


@pytest.fixture
def lenient_definition(cluster: Cluster) -> Iterator[None]:
    """The definition of an older or newer version, which accepts what this one would refuse."""
    path = ROOT / "crds/mcpservers.yaml"
    definition = yaml.safe_load(path.read_text())
    schema = definition["spec"]["versions"][0]["schema"]
    schema["openAPIV3Schema"]["properties"]["spec"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    cluster.apply(definition)
    yield
    cluster.kubectl("delete", "mcpservers", "--all", "-A")
    cluster.kubectl("apply", "--validate=false", "-f", str(path))


def test_one_undecodable_server_does_not_stop_the_others(
    cluster: Cluster, namespace: str, run_operator: Run, lenient_definition: None
) -> None:
    """T40: a server whose URL is a number is named as broken, the others work, and it heals."""
    broken = enterprise_server(namespace, "broken", None)
    broken["spec"]["url"] = 7
    wait_for("the lenient definition", lambda: cluster.apply(broken) is None)
    run_operator()
    seen = cluster.wait_reason(namespace, "broken", "Accepted", "InvalidSpec")
    assert seen["status"] == "False" and "url" in seen["message"], seen
    fine = enterprise_server(namespace, "fine", None)
    fine["spec"]["auth"] = {"type": "none"}
    cluster.apply(fine)
    cluster.wait_reason(namespace, "fine", "Accepted", "Accepted")
    broken["spec"]["url"] = "https://mcp.todo.example/mcp"
    broken["spec"]["auth"] = {"type": "none"}
    cluster.apply(broken)
    cluster.wait_reason(namespace, "broken", "Accepted", "Accepted")


def test_every_metric_is_documented(cluster: Cluster, namespace: str, run_operator: Run) -> None:
    operator = run_operator()
    cluster.apply(enterprise_server(namespace, "todo"))
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "SecretNotFound")
    exposed = {line.split()[2] for line in operator.fetch("/metrics")[1].splitlines() if line.startswith("# TYPE ")}
    documented = subprocess.run([BINARY, "docs", "metrics"], capture_output=True, text=True, check=True).stdout
    assert exposed, "nothing is exposed"
    assert not {name for name in exposed if f"`{name}`" not in documented}


def test_sigterm_ends_cleanly_and_at_once(cluster: Cluster, run_operator: Run) -> None:
    operator = run_operator()
    operator.wait_ready()
    start = time.monotonic()
    assert operator.stop() == 0, operator.log()
    assert time.monotonic() - start < 10


def test_sigterm_while_statuses_are_written_loses_none(cluster: Cluster, namespace: str, run_operator: Run) -> None:
    cluster.apply(secret(namespace, "idp", client_id="sallyport", client_secret=CANARY))
    cluster.apply(*(enterprise_server(namespace, f"server-{number}") for number in range(150)))

    def written() -> dict[str, str]:
        items = json.loads(cluster.kubectl("get", "mcpservers", "-n", namespace, "-o", "json"))["items"]
        return {item["metadata"]["name"]: item["metadata"]["resourceVersion"] for item in items if item.get("status", {}).get("conditions")}

    first = run_operator()
    wait_for("the first writes", lambda: first.metric("sallyport_status_writes_total") >= 1)
    assert first.stop() == 0, first.log()
    before = written()
    second = run_operator()
    wait_for("all statuses", lambda: len(written()) == 150, 60)
    after = written()
    # What the first one wrote was whole: nobody had to write it again.
    assert {name: after[name] for name in before} == before
    assert second.metric("sallyport_status_writes_total") >= 150 - len(before)
    for number in (0, 75, 149):
        assert cluster.conditions(namespace, f"server-{number}")["ResolvedRefs"]["status"] == "True"


def test_a_port_in_use_is_exit_code_2(cluster: Cluster, run_operator: Run) -> None:
    first = run_operator()
    first.wait_ready()
    # The same configuration file, and so the same health port.
    second = subprocess.run(first.arguments, capture_output=True, text=True, timeout=30)
    assert second.returncode == 2, second.stderr
    assert "in use" in second.stderr


def test_a_broken_kubeconfig_is_exit_code_2(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("clusters:\n  - name: [\n")
    result = subprocess.run(
        [BINARY, "operator", "--kubeconfig", path], capture_output=True, text=True, timeout=30,
    )
    assert result.returncode == 2
    assert f"{path}:" in result.stderr, result.stderr
