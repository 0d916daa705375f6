# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Routes reach gateways, gateways answer, and the resource says so: on a real API server, with real tokens."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import CANARY, Cluster, Sallyport, enterprise_server, free_port, secret, wait_for
from route_stream import Gateway, Outcome, applied, connect

Run = Callable[..., Sallyport]
AUDIENCE = "sallyport-operator"


def token(cluster: Cluster, name: str = "sallyport-gateway", audience: str = AUDIENCE, namespace: str = "sallyport-system") -> str:
    return cluster.service_account_token(namespace, name, audience=audience)


class Replica:
    """One operator that serves the stream under a certificate of its own making."""

    def __init__(self, run: Run, cluster: Cluster, directory: Path, election: bool) -> None:
        self.port = free_port()
        self.cluster = cluster
        self.authority = directory / "ca.crt"
        self.running = run(
            configuration={
                "publication": {"listen": f"127.0.0.1:{self.port}", "audience": AUDIENCE,
                                "serviceAccounts": ["sallyport-system/sallyport-gateway"]},
                "operator": {"leaderElection": {"enabled": election, "namespace": "sallyport-system"}},
            }
        )

    def wait(self) -> Replica:
        self.running.wait_ready(60)

        def published() -> bool:
            found = self.cluster.get("configmap", "sallyport-system", "sallyport-operator-ca")["data"]["ca.crt"]
            self.authority.write_text(found)
            return "BEGIN CERTIFICATE" in found

        wait_for("the CA in its ConfigMap", published)
        return self

    def leads(self) -> bool:
        return self.running.metric("leader_election_master_status", name="sallyport-operator") == 1


@pytest.fixture
def replica(cluster: Cluster, run_operator: Run, tmp_path: Path) -> Iterator[Callable[..., Replica]]:
    def start(election: bool = False) -> Replica:
        return Replica(run_operator, cluster, tmp_path, election).wait()

    yield start


@pytest.fixture
def gateway(cluster: Cluster) -> Iterator[Callable[..., Gateway]]:
    started: list[Gateway] = []

    def start(replica: Replica, instance: str = "gateway-1", *others: Replica, outcome: Outcome = applied) -> Gateway:
        ports = [replica.port, *(other.port for other in others)]
        made = Gateway(replica.port, token(cluster), replica.authority, instance, ports, outcome)
        started.append(made)
        assert made.synced.wait(30), "no table"
        return made

    yield start
    for made in started:
        made.stop()


def ready_server(cluster: Cluster, namespace: str, name: str = "todo") -> str:
    cluster.apply(secret(namespace, "idp", client_id="sallyport", client_secret=CANARY), enterprise_server(namespace, name))
    return f"{namespace}/{name}"


def test_ready_means_that_a_gateway_holds_the_route(cluster: Cluster, namespace: str, replica, gateway) -> None:
    operator = replica()
    key = ready_server(cluster, namespace)
    cluster.wait_reason(namespace, "todo", "Programmed", "NoGateway")
    reader = gateway(operator)
    cluster.kubectl("wait", "--for=condition=Ready", "mcpserver/todo", "-n", namespace, "--timeout=30s")
    server = cluster.get("mcpservers", namespace, "todo")
    assert server["status"]["gateways"] == {"programmed": 1, "total": 1}
    assert server["status"]["state"] == "Connected"
    route = reader.routes[key]
    assert route["auth"]["idpClient"]["secret"] == CANARY, "a gateway needs the credential"
    assert CANARY not in json.dumps(server)


def test_a_rotated_secret_is_a_new_version_at_the_gateway(cluster: Cluster, namespace: str, replica, gateway) -> None:
    operator = replica()
    key = ready_server(cluster, namespace)
    reader = gateway(operator)
    wait_for("the route", lambda: reader.routes.get(key))
    cluster.wait_reason(namespace, "todo", "Ready", "Ready")
    before = reader.routes[key]["version"]
    transition = cluster.conditions(namespace, "todo")["Ready"]["lastTransitionTime"]
    cluster.apply(secret(namespace, "idp", client_id="sallyport", client_secret=CANARY + "-next"))
    wait_for("the new version", lambda: reader.routes[key]["version"] != before)
    assert reader.routes[key]["auth"]["idpClient"]["secret"] == CANARY + "-next"
    current = cluster.get("secret", namespace, "idp")["metadata"]["resourceVersion"]
    wait_for(
        "the Secret's version in status",
        lambda: cluster.get("mcpservers", namespace, "todo")["status"]["credentials"]["idp"]["resourceVersion"] == current,
    )
    time.sleep(3)  # Longer than a lag may stay unwritten: it must not have been lagging at all.
    assert cluster.conditions(namespace, "todo")["Ready"]["lastTransitionTime"] == transition


def test_an_edit_is_one_status_patch(cluster: Cluster, namespace: str, replica, gateway) -> None:
    operator = replica()
    key = ready_server(cluster, namespace)
    reader = gateway(operator)
    cluster.wait_reason(namespace, "todo", "Ready", "Ready")
    patches = operator.running.metric("rest_client_requests_total", method="PATCH")
    before = reader.routes[key]["version"]
    cluster.kubectl("patch", "mcps", "todo", "-n", namespace, "--type=merge", "-p", '{"spec":{"description":"edited"}}')
    wait_for("the new version", lambda: reader.routes[key]["version"] != before)

    def observed() -> bool:
        server = cluster.get("mcpservers", namespace, "todo")
        conditions = server["status"]["conditions"]
        return {c["observedGeneration"] for c in conditions} == {server["metadata"]["generation"]}

    wait_for("all conditions of the new generation", observed)
    time.sleep(3)
    assert operator.running.metric("rest_client_requests_total", method="PATCH") == patches + 1


def test_a_rejecting_gateway_is_named_with_its_reason(cluster: Cluster, namespace: str, replica, gateway) -> None:
    operator = replica()
    ready_server(cluster, namespace)
    refusal = {
        "outcome": "rejected", "reason": "IssuerNotTrusted", "message": "The gateway's configuration has no such issuer."
    }
    # From its first report on: what has been programmed is not lowered in the operator's first 45 s.
    gateway(operator, outcome=lambda route: refusal if route["key"].startswith(f"{namespace}/") else applied(route))
    found = cluster.wait_reason(namespace, "todo", "Programmed", "GatewayRejected")
    assert "IssuerNotTrusted" in found["message"] and "gateway-1" in found["message"], found
    assert cluster.get("mcpservers", namespace, "todo")["status"]["state"] == "Failed"


def test_a_silent_gateway_lags_and_then_no_longer_counts(cluster: Cluster, namespace: str, replica, gateway) -> None:
    operator = replica()
    ready_server(cluster, namespace)
    reader = gateway(operator)
    cluster.wait_reason(namespace, "todo", "Ready", "Ready")
    time.sleep(46)  # Past the quiet period after the start, in which nothing is lowered.
    reader.reports = False
    cluster.kubectl("patch", "mcps", "todo", "-n", namespace, "--type=merge", "-p", '{"spec":{"description":"edited"}}')
    found = cluster.wait_reason(namespace, "todo", "Programmed", "GatewayLagging", 15)
    assert "gateway-1" in found["message"], found
    cluster.wait_reason(namespace, "todo", "Programmed", "NoGateway", 60)


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda cluster: token(cluster, audience="https://kubernetes.default.svc"), 401),
        (lambda cluster: token(cluster, name="sallyport-operator"), 403),
        (lambda cluster: "not-a-token", 401),
        (lambda cluster: "", 401),
    ],
    ids=["foreign audience", "foreign service account", "no token at all", "empty"],
)
def test_others_get_no_route(cluster: Cluster, replica, make, status: int) -> None:
    operator = replica()
    for method, path in (("GET", "/v1/routes?watch=true"), ("POST", "/v1/gateways/gateway-1/status")):
        connection = connect(operator.port, operator.authority)
        connection.request(method, path, "{}" if method == "POST" else None, {"Authorization": f"Bearer {make(cluster)}"})
        response = connection.getresponse()
        body = response.read().decode()
        assert response.status == status, body
        assert CANARY not in body


def test_a_revoked_token_is_refused_within_a_minute(cluster: Cluster, namespace: str, replica) -> None:
    operator = replica()
    cluster.kubectl("delete", "serviceaccount", "sallyport-gateway", "-n", "sallyport-system", "--ignore-not-found")
    cluster.kubectl("create", "serviceaccount", "sallyport-gateway", "-n", "sallyport-system")
    revoked = token(cluster)

    def status() -> int:
        connection = connect(operator.port, operator.authority)
        connection.request("GET", "/v1/routes", None, {"Authorization": f"Bearer {revoked}"})
        response = connection.getresponse()
        response.read()
        return response.status

    assert status() == 200
    cluster.kubectl("delete", "serviceaccount", "sallyport-gateway", "-n", "sallyport-system")
    cluster.kubectl("create", "serviceaccount", "sallyport-gateway", "-n", "sallyport-system")
    wait_for("the refusal", lambda: status() == 401, 80)


def test_the_certificate_is_made_once_and_shared_by_replicas(cluster: Cluster, replica, tmp_path: Path) -> None:
    first, second = replica(), replica()
    made = cluster.get("secret", "sallyport-system", "sallyport-operator-tls")
    assert "tls.key" in made["data"] and "tls.crt" in made["data"]
    for operator in (first, second):
        shown = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{operator.port}", "-servername", "sallyport-operator.sallyport-system.svc",
             "-verify_hostname", "sallyport-operator.sallyport-system.svc", "-CAfile", str(operator.authority), "-verify_return_error"],
            input="", capture_output=True, text=True, timeout=30,
        )
        assert "Verify return code: 0 (ok)" in shown.stdout, shown.stdout[-500:] + shown.stderr[-500:]
        served = shown.stdout.split("-----BEGIN CERTIFICATE-----")[1].split("-----END")[0].strip()
        assert served.replace("\n", "") in base64.b64decode(made["data"]["tls.crt"]).decode().replace("\n", "")


def test_a_released_lease_is_taken_at_once_and_no_reader_notices(cluster: Cluster, namespace: str, replica, gateway) -> None:
    first = replica(election=True)
    wait_for("the first to lead", first.leads)
    second = replica(election=True)
    assert not second.leads()
    ready_server(cluster, namespace)
    reader = gateway(second, "gateway-1", first)
    cluster.wait_reason(namespace, "todo", "Ready", "Ready")
    version = cluster.get("mcpservers", namespace, "todo")["metadata"]["resourceVersion"]
    assert second.running.metric("rest_client_requests_total", method="PATCH") == 0, "a standby writes nothing"
    assert first.running.stop() == 0
    wait_for("the second to lead", second.leads, 10)
    assert not reader.ended.is_set()
    time.sleep(3)
    assert cluster.get("mcpservers", namespace, "todo")["metadata"]["resourceVersion"] == version, "a failover writes nothing"
    cluster.kubectl("patch", "mcps", "todo", "-n", namespace, "--type=merge", "-p", '{"spec":{"suspended":true}}')
    cluster.wait_reason(namespace, "todo", "Ready", "Suspended")


def test_a_killed_leader_is_followed_within_twenty_seconds(cluster: Cluster, namespace: str, replica) -> None:
    first = replica(election=True)
    wait_for("the first to lead", first.leads, 40)
    second = replica(election=True)
    first.running.process.kill()
    first.running.process.wait()
    wait_for("the second to lead", second.leads, 30)
    ready_server(cluster, namespace)
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "ResolvedRefs")


def test_a_leader_that_slept_writes_nothing_when_it_wakes(cluster: Cluster, namespace: str, replica) -> None:
    first = replica(election=True)
    wait_for("the first to lead", first.leads, 40)
    second = replica(election=True)
    ready_server(cluster, namespace)
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "ResolvedRefs")
    patches = first.running.metric("rest_client_requests_total", method="PATCH")
    first.running.process.send_signal(signal.SIGSTOP)
    wait_for("the second to lead", second.leads, 30)
    cluster.kubectl("patch", "mcps", "todo", "-n", namespace, "--type=merge", "-p", '{"spec":{"suspended":true}}')
    cluster.wait_reason(namespace, "todo", "Ready", "Suspended")
    version = cluster.get("mcpservers", namespace, "todo")["metadata"]["resourceVersion"]
    first.running.process.send_signal(signal.SIGCONT)
    assert first.running.process.wait(30) == 1, "a lost lease ends the process with 1"
    assert cluster.get("mcpservers", namespace, "todo")["metadata"]["resourceVersion"] == version
    assert patches >= 1
    assert second.leads()


def test_a_leader_that_is_cut_off_gives_up(cluster: Cluster, replica) -> None:
    first = replica(election=True)
    wait_for("the first to lead", first.leads, 40)
    cluster.stop_apiserver()
    try:
        assert first.running.process.wait(40) == 1
        assert "lease" in first.running.log().lower()
    finally:
        cluster.restart_apiserver()
