# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""What deploy/ installs, running: an operator and two gateways on exactly its configuration, behind one address.

Only addresses, paths of files and the identity provider are this machine's own. Tokens are made as kubelets have them made,
for pods of the shipped template, and reviewed by the API server.
"""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from conftest import BINARY, Cluster, Sallyport, free_port, wait_for
from gateway_world import (  # noqa: F401 (fixtures)
    ACCEPT, JSON, Backend, Gateway, User, World, free_ports, initialize, sdk_client, search, settle, world,
)
from http_peer import Received, Reply
from route_stream import connect
from shipped import NAMESPACE, PodFiles, Service, Shipped


class Replica:
    """A pod of the gateway's Deployment, whose process runs here."""

    def __init__(self, stage: Stage, name: str) -> None:
        pod = stage.shipped.pod("gateway", name)
        stage.cluster.apply(pod)
        directory = stage.world.directory / name
        self.files = PodFiles(stage.cluster, pod, directory)
        self.files.write()
        self.port = free_ports()
        configuration = self.files.adapted(stage.configuration | {
            "listen": f"127.0.0.1:{self.port}", "health": {"listen": f"127.0.0.1:{self.port + 1}"},
        })
        path = directory / "sallyport.yaml"
        path.write_text(yaml.safe_dump(configuration))
        (container,) = pod["spec"]["containers"]
        arguments = [str(path) if argument.startswith("/") else argument for argument in container["args"]]
        command = ["env", f"POD_NAME={name}", str(BINARY), *arguments]
        base, health = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.port + 1}"
        self.gateway = Gateway(command, stage.world.directory, base, health, name)
        stage.world.gateways.append(self.gateway)
        self.name = name

    def is_ready(self) -> bool:
        return self.gateway.fetch("/readyz")[0] == 200


class Stage:
    """The shipped configuration with what an administrator adds, the enterprise's servers, and everything that runs."""

    def __init__(self, world: World, cluster: Cluster, namespace: str, run: Callable[..., Sallyport]) -> None:
        self.world, self.cluster, self.namespace, self.run = world, cluster, namespace, run
        self.shipped = Shipped(cluster)
        self.service = Service()
        self.operator_port = free_port()
        self.configuration = self.shipped.configuration() | {
            "publicURL": self.service.url, "egress": {"allowLoopbackHTTP": True},
        }
        # The names of the Services do not resolve here, so both addresses of the operator are written out.
        url = f"https://localhost:{self.operator_port}"
        self.configuration["routes"] |= {"url": url, "replicas": [url]}
        # In a pod the namespace of the Lease is the pod's own.
        self.configuration["operator"] = {"leaderElection": {"namespace": NAMESPACE}}
        self.replicas: list[Replica] = []
        (provider,) = world.demo.configuration["identityProviders"]
        secret = Path(provider["clientSecretFile"]).read_text()
        self.configuration["identityProviders"] = [provider | {"clientSecretFile": "/var/run/sallyport/identity-providers/corp"}]
        world.planted["the key of sessions"] = key = base64.b64encode(os.urandom(48)).decode()
        self.create_secret("sallyport-gateway-sessions", key=key)
        self.create_secret("sallyport-identity-providers", corp=secret)
        self.operator = self.start_operator()
        for name in ("sallyport-gateway-a", "sallyport-gateway-b"):
            self.start_replica(name)

    def create_secret(self, name: str, **content: str) -> None:
        self.cluster.apply({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": NAMESPACE}, "stringData": content,
        })

    def start_operator(self) -> Sallyport:
        publication = self.configuration["publication"] | {"listen": f"127.0.0.1:{self.operator_port}"}
        operator = self.run(configuration=self.configuration | {"publication": publication})
        operator.wait_ready(60)
        return operator

    def start_replica(self, name: str) -> Replica:
        wait_for("the operator's authority", lambda: self.cluster.get("configmap", NAMESPACE, "sallyport-operator-ca")["data"])
        replica = Replica(self, name)
        self.replicas.append(replica)
        replica.gateway.wait_ready(60)
        self.service.endpoints = [*self.service.endpoints, replica.port]
        return replica

    def manifest(self, name: str) -> dict:
        object = self.world.demo.manifest(name)
        object["metadata"]["namespace"] = self.namespace
        return object

    def key(self, name: str) -> str:
        return f"{self.namespace}/{name}"

    def apply(self, *names: str) -> None:
        self.cluster.apply(*(self.manifest(name) for name in ("secrets", *names)))
        for name in names:
            self.cluster.wait_reason(self.namespace, name, "Programmed", "Published", 60)

    def apply_plain(self, backend: Backend, name: str = "plain") -> str:
        """A server of the test's own, which gets no token."""
        self.cluster.apply({
            "apiVersion": "mcp.giantswarm.io/v1alpha1", "kind": "MCPServer",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {"type": "streamable-http", "url": backend.url, "auth": {"type": "none"}},
        })
        self.cluster.wait_reason(self.namespace, name, "Programmed", "Published", 60)
        return self.key(name)

    def gateways(self) -> list[Gateway]:
        return [replica.gateway for replica in self.replicas]


@pytest.fixture
def stage(world: World, cluster: Cluster, namespace: str, run_operator: Callable[..., Sallyport]) -> Iterator[Stage]:
    made = Stage(world, cluster, namespace, run_operator)
    yield made
    made.service.close()
    written = cluster.kubectl("get", "mcpservers,events.v1.events.k8s.io", "-n", namespace, "-o", "json")
    search(world.canaries(), written, "a status or an event")
    for replica in made.replicas:
        cluster.kubectl("delete", "pod", replica.name, "-n", NAMESPACE, "--grace-period=0", "--force", "--wait=false")


def test_a_route_is_programmed_at_both_replicas_and_both_serve_it(stage: Stage) -> None:
    """G12: the status counts two gateways, each a pod of its own, and the one address leads to either."""
    stage.apply("todo", "payroll")
    for name in ("todo", "payroll"):
        assert stage.cluster.get("mcpservers", stage.namespace, name)["status"]["gateways"] == {"programmed": 2, "total": 2}
    alice = stage.world.sign_in("alice")
    challenge = stage.replicas[0].gateway.request("POST", f"/servers/{stage.key('todo')}/mcp")
    assert challenge.status == 401 and f'resource_metadata="{stage.service.url}/.well-known/' in str(challenge.headers)

    async def journey() -> None:
        front = stage.gateways()[0]
        front.base, own = stage.service.url, front.base
        try:
            async with sdk_client(front, alice, stage.key("todo")) as client:
                who = (await client.call_tool("whoami", {})).structured_content
                assert who and (who["user"], who["scope"]) == ("alice", "todo.read")
        finally:
            front.base = own

    for _ in range(2):
        asyncio.run(journey())
    for gateway in stage.gateways():
        assert gateway.whoami(alice, stage.key("payroll"))["user"] == "alice"
        assert gateway.metric("upstream_requests_total", outcome="2xx") > 0
        assert gateway.metric("route_table_following") == 1


def test_a_pod_reports_for_itself_alone(stage: Stage) -> None:
    """The token was made for one pod, so it cannot say what another holds, nor be used once that pod is gone."""
    first, second = stage.replicas
    assert stage.operator.metric("route_stream_reports_total", result="accepted") > 0
    token = Path(first.files.local("/var/run/sallyport/operator/token")).read_text()
    authority = Path(first.files.local("/var/run/sallyport/operator/ca.crt"))

    def report(instance: str) -> int:
        connection = connect(stage.operator_port, authority)
        body = json.dumps({"revision": 1, "full": True, "routes": []})
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", f"/v1/gateways/{instance}/status", body, headers)
        return connection.getresponse().status

    assert report(second.name) == 403
    assert stage.operator.metric("route_stream_reports_total", result="wrongInstance") == 1
    pod = stage.shipped.pod("gateway", "sallyport-gateway-gone")
    stage.cluster.apply(pod)
    gone = PodFiles(stage.cluster, pod, stage.world.directory / "gone")
    gone.write()
    token = Path(gone.local("/var/run/sallyport/operator/token")).read_text()
    stage.cluster.kubectl("delete", "pod", "sallyport-gateway-gone", "-n", NAMESPACE, "--grace-period=0", "--force")
    assert report("sallyport-gateway-gone") == 401


def test_a_session_that_one_replica_began_goes_on_at_the_other(stage: Stage) -> None:
    """The key is the same for both, and the server sees its own session id whichever it is."""
    backend = stage.world.backend()
    key = stage.apply_plain(backend)
    alice, bob = stage.world.sign_in("alice"), stage.world.sign_in("bob")
    first, second = stage.gateways()
    session = initialize(first, alice, key)
    assert "upstream-session" not in session
    answer = second.rpc(alice, key, "tools/list", headers=[("Mcp-Session-Id", session)])
    assert answer.status == 200, answer
    assert backend.requests[-1].header("Mcp-Session-Id") == "upstream-session-1"
    assert second.rpc(bob, key, "tools/list", headers=[("Mcp-Session-Id", session)]).status == 404


def test_a_rotated_secret_is_used_by_the_next_call_at_either_replica(stage: Stage) -> None:
    """G25: kubectl changes the Secret, and both gateways present the new one; nothing is restarted, and no call fails.

    The authorization server does not know it yet, so the one before stands in, as each gateway's metrics say.
    """
    stage.apply("todo")
    alice, key = stage.world.sign_in("alice"), stage.key("todo")
    for gateway in stage.gateways():
        assert gateway.whoami(alice, key)["user"] == "alice"
    secret = stage.manifest("secrets")
    wrong = "rotated-secret-canary-78"
    stage.world.planted["the rotated secret"] = wrong
    stage.cluster.apply({**secret, "stringData": {**secret["stringData"], "client-secret": wrong}})
    def stood_in(gateway: Gateway) -> bool:
        assert gateway.call(alice, key).status == 200
        return gateway.metric("token_exchange_credential_fallbacks_total") == 1

    for gateway in stage.gateways():
        wait_for("the new credential's use", lambda: stood_in(gateway), 20)
    refusals = stage.world.demo.counters()["as.token"]["details"]["invalid_client"]
    assert refusals == 2, "each of them has tried the new one"
    stage.cluster.apply(secret)
    for gateway in stage.gateways():
        wait_for("the right credential's use", lambda: gateway.call(alice, key).status == 200, 20)
        assert gateway.process.poll() is None


def test_an_operator_that_is_killed_is_missed_by_nobody(stage: Stage) -> None:
    """Both gateways serve on from their last table; what the kubelet wrote last is what the next stream is opened with."""
    stage.apply("todo")
    alice, bob, key = stage.world.sign_in("alice"), stage.world.sign_in("bob"), stage.key("todo")
    before = stage.cluster.conditions(stage.namespace, "todo")
    for gateway in stage.gateways():
        assert gateway.whoami(alice, key)["user"] == "alice"
    # The first one's token is replaced by one for another audience: it may keep its table, and gets no news.
    first, second = stage.replicas
    token = Path(first.files.local("/var/run/sallyport/operator/token"))
    token.write_text(stage.cluster.service_account_token(NAMESPACE, "sallyport-gateway", audience="somebody-else"))
    stage.operator.process.kill()
    stage.operator.process.wait(10)
    for replica in stage.replicas:
        wait_for("the end of the stream", lambda: replica.gateway.metric("route_table_following") == 0)
        assert replica.gateway.whoami(bob, key)["user"] == "bob", "new exchanges work as well"
        assert replica.is_ready(), "a replica that serves is not to be taken out"
    stage.operator = stage.start_operator()
    wait_for("the second's stream", lambda: second.gateway.metric("route_table_following") == 1, 60)
    wait_for("a refusal of the first", lambda: stage.operator.metric("route_stream_refusals_total", reason="invalidToken") > 0, 60)
    assert first.gateway.metric("route_table_following") == 0
    assert first.gateway.whoami(alice, key)["user"] == "alice"
    first.files.write()
    wait_for("the first's stream", lambda: first.gateway.metric("route_table_following") == 1, 90)
    stage.apply("payroll")
    for gateway in stage.gateways():
        assert gateway.whoami(alice, stage.key("payroll"))["user"] == "alice"
    after = stage.cluster.conditions(stage.namespace, "todo")
    for name in ("Programmed", "Ready"):
        assert after[name]["status"] == "True" and after[name]["lastTransitionTime"] == before[name]["lastTransitionTime"], after[name]


class Callers:
    """Clients that call without a pause by the one address, each on a connection of its own or on new ones."""

    def __init__(self, stage: Stage, server: str, user: User) -> None:
        self.stage, self.path = stage, f"/servers/{server}/mcp"
        self.headers = dict([user.authorization, JSON, ACCEPT])
        self.answered: set[str] = set()
        self.failed: list[str] = []
        self.reconnected = 0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._call, args=(number, number % 2 == 0)) for number in range(6)]
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(40)

    def _call(self, number: int, keeps: bool) -> None:
        connection: http.client.HTTPConnection | None = None
        count = 0
        while not self.stopping.is_set():
            name = f"{number}-{count}"
            body = json.dumps({"jsonrpc": "2.0", "id": name, "method": "tools/list"}).encode()
            is_reused = connection is not None
            connection = connection or http.client.HTTPConnection("127.0.0.1", self.stage.service.port, timeout=30)
            try:
                connection.request("POST", self.path, body, self.headers)
                response = connection.getresponse()
                answer = response.read()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                connection = None
                # Any server may close a connection that nobody uses, in the moment in which somebody does; clients go on
                # with a new one.
                self.reconnected += is_reused
                if not is_reused:
                    self.failed.append(f"{name}: {error!r}")
                    count += 1
                continue
            if response.status != 200 or json.loads(answer)["id"] != name:
                self.failed.append(f"{name}: {response.status} {answer!r}")
            self.answered.add(name)
            count += 1
            if not keeps or response.getheader("Connection") == "close":
                connection.close()
                connection = None


def test_a_replica_that_is_replaced_loses_no_call(stage: Stage) -> None:
    """As a rollout goes: a third one joins; the first leaves, its hook runs while the news spreads, and then it is told to stop."""
    slow = threading.Event()
    delivered: list[str] = []

    def behave(request: Received, connection: socket.socket) -> Reply | None:
        if request.method == "GET":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
            backend.closing.wait(60)
            return None
        message = request.json()
        delivered.append(message["id"])
        if message["method"] == "tools/call":
            assert slow.wait(60)
        return backend.answer(request)

    backend = stage.world.backend(behave)
    key = stage.apply_plain(backend)
    alice = stage.world.sign_in("alice")
    first = stage.replicas[0]
    callers = Callers(stage, key, alice)
    stage.start_replica("sallyport-gateway-c")
    command = stage.shipped.container("gateway")["lifecycle"]["preStop"]["exec"]["command"]
    with ThreadPoolExecutor(1) as pool, first.gateway.stream("GET", key, alice) as (answer, response):
        assert answer.status == 200 and response.read(9) == b"data: 1\n\n"
        call = pool.submit(first.gateway.call, alice, key)
        wait_for("the slow call", lambda: 1 in delivered)
        hook = subprocess.Popen(command)
        time.sleep(1)
        stage.service.endpoints = [replica.port for replica in stage.replicas if replica is not first]
        assert hook.wait(30) == 0
        count = len(callers.answered)
        first.gateway.process.terminate()
        assert response.read() == b"", "the stream ends as a whole answer"
        settle(first.gateway.process.poll)
        assert first.gateway.process.poll() is None, "a call is under way"
        slow.set()
        assert call.result(30).status == 200
    assert first.gateway.process.wait(40) == 0
    wait_for("calls at the other two", lambda: len(callers.answered) > count + 100)
    callers.stop()
    assert not callers.failed, callers.failed[:5]
    assert len(delivered) == len(set(delivered)), "no call came twice"
    assert callers.answered <= set(delivered)
    stage.service.endpoints = []
    assert callers.reconnected <= len(callers.threads)


def test_a_stop_without_the_hook_turns_callers_away(stage: Stage) -> None:
    """What the hook is for, and that the test before this one would notice: connections are refused while nobody knows why."""
    backend = stage.world.backend()
    key = stage.apply_plain(backend)
    callers = Callers(stage, key, stage.world.sign_in("alice"))
    wait_for("calls", lambda: len(callers.answered) > 50)
    assert stage.replicas[0].gateway.stop() == 0
    wait_for("a call that is turned away", lambda: callers.failed)
    callers.stop()


def test_a_replica_that_is_told_to_stop_is_not_ready(stage: Stage) -> None:
    """It takes no new connections, so nothing may take it for one that does."""
    proceed, started = threading.Event(), threading.Event()

    def behave(request: Received, _: socket.socket) -> Reply:
        started.set()
        assert proceed.wait(60)
        return backend.answer(request)

    backend = stage.world.backend(behave)
    key = stage.apply_plain(backend)
    alice = stage.world.sign_in("alice")
    first = stage.replicas[0]
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(first.gateway.call, alice, key)
        assert started.wait(20)
        assert first.is_ready()
        first.gateway.process.terminate()
        wait_for("unreadiness", lambda: not first.is_ready(), 5)
        assert first.gateway.fetch("/healthz")[0] == 200, "a replica that drains is alive"
        proceed.set()
        assert call.result(30).status == 200
    assert first.gateway.process.wait(40) == 0
