# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Operator and gateway as two processes on a real API server: from `kubectl apply` to a user's tool call."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from conftest import BINARY, Cluster, Sallyport, free_port, wait_for
from gateway_world import Gateway, World, free_ports, refused, sdk_client, search, world  # noqa: F401 (fixtures)

AUDIENCE = "sallyport-operator"


class Stage:
    """An operator, a gateway that reads its routes, and the enterprise's servers as resources of one namespace."""

    def __init__(self, world: World, cluster: Cluster, namespace: str, run: Callable[..., Sallyport]) -> None:
        self.world, self.cluster, self.namespace = world, cluster, namespace
        self.shared = {
            "identityProviders": world.demo.configuration["identityProviders"], "egress": {"allowLoopbackHTTP": True},
            # Each call's own exchanges are counted here, so nothing is obtained ahead.
            "sessionStart": {"servers": "none"},
        }
        self.port = free_port()
        self.run = run
        self.operator = self.start_operator()
        self.gateway = self.start_gateway()

    def start_operator(self) -> Sallyport:
        operator = self.run(configuration={
            **self.shared,
            "publication": {"listen": f"127.0.0.1:{self.port}", "audience": AUDIENCE,
                            "serviceAccounts": ["sallyport-system/sallyport-gateway"]},
            "operator": {"leaderElection": {"enabled": False, "namespace": "sallyport-system"}},
        })
        operator.wait_ready(60)
        return operator

    def start_gateway(self) -> Gateway:
        directory = self.world.directory
        token, authority = directory / "gateway.token", directory / "ca.crt"
        token.write_text(self.cluster.service_account_token("sallyport-system", "sallyport-gateway", audience=AUDIENCE))
        token.chmod(0o600)

        def published() -> bool:
            found = self.cluster.get("configmap", "sallyport-system", "sallyport-operator-ca")["data"]["ca.crt"]
            authority.write_text(found)
            return "BEGIN CERTIFICATE" in found

        wait_for("the CA in its ConfigMap", published)
        port = free_ports()
        url = f"https://localhost:{self.port}"
        configuration = {
            **self.shared,
            "listen": f"127.0.0.1:{port}", "health": {"listen": f"127.0.0.1:{port + 1}"},
            "routes": {"url": url, "replicas": [url], "tokenFile": str(token), "caFile": str(authority)},
        }
        path = directory / "gateway.yaml"
        path.write_text(yaml.safe_dump(configuration))
        command = [str(BINARY), "gateway", "--config", str(path)]
        gateway = Gateway(command, directory, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}", "gateway-cluster")
        self.world.gateways.append(gateway)
        gateway.wait_ready(60)
        return gateway

    def manifest(self, name: str) -> dict:
        """One of the enterprise's, in this test's namespace."""
        object = self.world.demo.manifest(name)
        object["metadata"]["namespace"] = self.namespace
        return object

    def apply_all(self) -> None:
        self.cluster.apply(*(self.manifest(name) for name in ("secrets", "todo", "payroll")))
        for name in ("todo", "payroll"):
            self.cluster.wait_reason(self.namespace, name, "Ready", "Ready", 60)

    def key(self, name: str) -> str:
        return f"{self.namespace}/{name}"


@pytest.fixture
def stage(world: World, cluster: Cluster, namespace: str, run_operator: Callable[..., Sallyport]) -> Iterator[Stage]:
    made = Stage(world, cluster, namespace, run_operator)
    yield made
    written = cluster.kubectl("get", "mcpservers,events.v1.events.k8s.io", "-n", namespace, "-o", "json")
    search(world.canaries(), written, "a status or an event")
    search(world.canaries(), made.operator.log(), "the operator's log")


def test_a_user_calls_a_tool_of_a_server_that_was_applied(stage: Stage) -> None:
    """G01, G12: Ready means that the gateway serves it, at the price of one exchange; Bob is refused payroll."""
    stage.apply_all()
    assert stage.cluster.get("mcpservers", stage.namespace, "todo")["status"]["gateways"] == {"programmed": 1, "total": 1}
    alice, bob = stage.world.sign_in("alice"), stage.world.sign_in("bob")
    listed = stage.gateway.servers(alice)
    assert listed[stage.key("todo")]["state"] == "available", listed

    async def journey() -> None:
        async with sdk_client(stage.gateway, alice, stage.key("todo")) as client:
            assert {tool.name for tool in (await client.list_tools()).tools} == {"whoami", "add_item"}
            who = (await client.call_tool("whoami", {})).structured_content
            assert who and (who["user"], who["scope"]) == ("alice", "todo.read")
            assert not (await client.call_tool("add_item", {})).is_error

    stage.world.demo.reset_counters()
    asyncio.run(journey())
    assert stage.world.demo.legs() == (2, 2), "one pair for the first call, one for the step-up"
    assert stage.gateway.whoami(alice, stage.key("payroll"))["user"] == "alice"
    refused(stage.gateway.call(bob, stage.key("payroll")), 403, "PolicyDenied", stage.key("payroll"))


def test_a_secret_rotated_by_kubectl_is_used_by_the_next_call(stage: Stage) -> None:
    """G25, W23: the token obtained with the old credential is not used any more, and nothing is restarted.

    The authorization server does not know the new one, so it refuses it once, and the one before stands in.
    """
    stage.apply_all()
    alice = stage.world.sign_in("alice")
    key = stage.key("todo")
    assert stage.gateway.whoami(alice, key)["user"] == "alice"
    secret = stage.manifest("secrets")
    wrong = "rotated-secret-canary-77"
    stage.world.planted["the rotated secret"] = wrong
    stage.cluster.apply({**secret, "stringData": {**secret["stringData"], "client-secret": wrong}})

    def refusals() -> int:
        return stage.world.demo.counters()["as.token"]["details"].get("invalid_client", 0)

    def used() -> bool:
        assert stage.gateway.call(alice, key).status == 200, "no call fails meanwhile"
        return refusals() == 1

    wait_for("the new credential's use", used, 20)
    stage.cluster.apply(secret)
    legs = stage.world.demo.legs()
    wait_for(
        "the right credential's use", lambda: stage.gateway.call(alice, key).status == 200 and stage.world.demo.legs() != legs, 20,
    )
    assert refusals() == 1
    conditions = stage.cluster.conditions(stage.namespace, "todo")
    assert conditions["Ready"]["status"] == "True", conditions


def test_the_last_table_serves_on_without_an_operator(stage: Stage) -> None:
    """An operator that ends takes nothing along; the next one goes on where it was."""
    stage.apply_all()
    alice, bob = stage.world.sign_in("alice"), stage.world.sign_in("bob")
    key = stage.key("todo")
    assert stage.gateway.whoami(alice, key)["user"] == "alice"
    assert stage.operator.stop() == 0
    assert stage.gateway.whoami(alice, key)["user"] == "alice"
    assert stage.gateway.whoami(bob, key)["user"] == "bob", "new exchanges work as well"
    stage.operator = stage.start_operator()
    stage.cluster.kubectl("delete", "mcpserver", "payroll", "-n", stage.namespace)
    stage.gateway.wait_server(alice, stage.key("payroll"), present=False)
    refused(stage.gateway.call(alice, stage.key("payroll")), 404, "UnknownServer", stage.key("payroll"))
    assert stage.gateway.whoami(alice, key)["user"] == "alice"


def test_a_gateway_decides_by_its_own_configuration(stage: Stage) -> None:
    """A server that the gateway may not serve is named in its status, and has no route."""
    stage.apply_all()
    manifest = stage.manifest("todo")
    manifest["spec"]["url"] = "http://elsewhere.example/mcp"
    manifest["metadata"]["name"] = "elsewhere"
    stage.cluster.apply(manifest)
    wait_for("a condition that is not True", lambda: stage.cluster.conditions(stage.namespace, "elsewhere")["Ready"]["status"] != "True")
    alice = stage.world.sign_in("alice")
    refused(stage.gateway.call(alice, stage.key("elsewhere")), 404, "UnknownServer", stage.key("elsewhere"))
    assert stage.gateway.whoami(alice, stage.key("todo"))["user"] == "alice"
    assert "http://elsewhere.example" not in "\n".join(str(answer) for answer in stage.gateway.seen[-1:])


def test_a_gateway_without_a_configuration_says_so(tmp_path: Path) -> None:
    """Exit code 2, and a sentence about what is missing."""
    result = subprocess.run([BINARY, "gateway", "--config", tmp_path / "absent.yaml"], capture_output=True, text=True, timeout=60)
    assert result.returncode == 2 and "absent.yaml" in result.stderr, result
    empty = tmp_path / "empty.yaml"
    empty.write_text("listen: 127.0.0.1:0\n")
    result = subprocess.run([BINARY, "gateway", "--config", empty], capture_output=True, text=True, timeout=60)
    assert result.returncode == 2 and "routes" in result.stderr, result
