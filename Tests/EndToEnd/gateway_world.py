# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""A small enterprise, and a gateway in front of its MCP servers: real processes, everything they print kept and searched."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import random
import re
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
import yaml
from conftest import BINARY, Sallyport, wait_for
from http_peer import Answer, Fields, Handler, Peer, Received, Reply, send, stream
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

DEMO = BINARY.with_name("sallyport-demo")
JSON = ("Content-Type", "application/json")
ACCEPT = ("Accept", "application/json, text/event-stream")
# Those that the enterprise's policy decides about.
MANAGED = ("todo", "payroll")


def free_ports() -> int:
    """The first of two neighbours that are free: a gateway takes one, its health and metrics the next.

    Below the ports that systems hand out by themselves, so that no connection takes one before the gateway does.
    """
    for _ in range(1_000):
        port = random.randrange(11_000, 32_000, 2)
        with contextlib.suppress(OSError):
            with socket.create_server(("127.0.0.1", port)), socket.create_server(("127.0.0.1", port + 1)):
                return port
    raise AssertionError("no two neighbouring ports are free")


@dataclass(frozen=True)
class User:
    """Somebody who has signed in."""

    name: str
    token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)

    @property
    def authorization(self) -> tuple[str, str]:
        return ("Authorization", f"Bearer {self.token}")


class Demo:
    """The enterprise, in a process of its own, with manifests of some of its MCP servers."""

    def __init__(self, directory: Path, port: int | None = None, servers: tuple[str, ...] = MANAGED) -> None:
        self.folder = directory / "demo"
        self.output = directory / "demo.log"
        self.gateway_port = free_ports()
        command = [str(DEMO), "--manifests", str(self.folder), "--gateway-port", str(self.gateway_port), "--servers", *servers]
        if port is not None:
            command += ["--port", str(port)]
        with open(self.output, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_for("the enterprise's addresses", lambda: "sallyport serve" in self.output.read_text(), 30)
        self.configuration = yaml.safe_load((self.folder / "sallyport.yaml").read_text())
        self.issuer: str = self.configuration["identityProviders"][0]["issuer"]
        self.resources: dict[str, str] = {name: self.manifest(name)["spec"]["url"] for name in servers}
        self.authorization_server: str = self.manifest("todo")["spec"]["auth"]["enterpriseIdP"]["mcpAuthServerIssuer"]
        found = re.search(r"^administration +(\S+)", self.output.read_text(), re.MULTILINE)
        assert found
        self.administration = found[1]

    def manifest(self, name: str) -> dict:
        return yaml.safe_load((self.folder / "manifests" / f"{name}.yaml").read_text())

    def admin(self, method: str, path: str, body: object = None) -> object:
        answer = send(self.administration, method, path, [JSON], None if body is None else json.dumps(body).encode())
        assert answer.status in (200, 204), answer
        return json.loads(answer.body) if answer.body else None

    def counters(self) -> dict[str, dict]:
        return self.admin("GET", "/demo/counters")  # type: ignore[return-value]

    def calls(self, endpoint: str, detail: str | None = None) -> int:
        counts = self.counters()[endpoint]
        return counts["requests"] if detail is None else counts["details"].get(detail, 0)

    def legs(self) -> tuple[int, int]:
        """Requests at the two token endpoints so far."""
        counters = self.counters()
        return counters["idp.token"]["requests"], counters["as.token"]["requests"]

    def reset_counters(self) -> None:
        self.admin("DELETE", "/demo/counters")

    def faults(self, **faults: dict) -> None:
        """Puts these in the place of all; `idp_token` is the endpoint idp.token."""
        self.admin("PUT", "/demo/faults", {name.replace("_", ".", 1).replace("_", "-"): fault for name, fault in faults.items()})

    def policy(self) -> list[dict]:
        return self.admin("GET", "/demo/policy")  # type: ignore[return-value]

    def set_policy(self, rows: list[dict]) -> None:
        self.admin("PUT", "/demo/policy", rows)

    def rotate_keys(self, keep_old: bool) -> None:
        self.admin("POST", "/demo/rotate-keys", {"keepOld": keep_old})

    def revoke_tokens(self, server: str | None = None) -> int:
        body = {} if server is None else {"resource": self.resources[server]}
        return self.admin("POST", "/demo/revoke-tokens", body)["revoked"]  # type: ignore[index]

    def stop(self) -> None:
        self.process.terminate()
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        assert code == 0, self.output.read_text()


class TokenProxy(Peer):
    """Stands in front of a token endpoint, so that a test sees what is sent there and what comes back."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.answers: list[Answer] = []
        self.fault: Callable[[Received, socket.socket], Reply | None] | None = None
        super().__init__(self._forward)

    def _forward(self, request: Received, connection: socket.socket) -> Reply | None:
        if self.fault is not None:
            return self.fault(request, connection)
        kept = [(key, value) for key, value in request.headers if key.lower() not in ("host", "connection", "content-length")]
        answer = send(self.target, request.method, "/token", kept, request.body)
        self.answers.append(answer)
        kept = [(key, value) for key, value in answer.headers if key.lower() in ("content-type", "retry-after", "cache-control")]
        return Reply(answer.status, answer.body, kept)

    @property
    def url(self) -> str:
        return self.origin + "/token"

    def forms(self) -> list[dict[str, str]]:
        return [request.form() for request in self.requests]


class Backend(Peer):
    """An MCP server that answers with one JSON document each, unless the test answers first."""

    # Whether users' ID tokens are forwarded to it, so that they are no leak in `Authorization`.
    takes_id_tokens = False

    def __init__(self, behave: Handler | None = None) -> None:
        self.behave = behave
        self.sessions = 0
        super().__init__(self._answer)

    @property
    def url(self) -> str:
        return self.origin + "/mcp"

    def _answer(self, request: Received, connection: socket.socket) -> Reply | None:
        if self.behave is not None:
            return self.behave(request, connection)
        return self.answer(request)

    def answer(self, request: Received) -> Reply:
        if request.method != "POST":
            return Reply(204 if request.method == "DELETE" else 405)
        try:
            message = request.json()
        except ValueError:
            return Reply(400, {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "That is no JSON."}})
        if message.get("id") is None:
            return Reply(202)
        headers: Fields = []
        if message["method"] == "initialize":
            self.sessions += 1
            headers.append(("Mcp-Session-Id", f"upstream-session-{self.sessions}"))
            result: dict = {
                "protocolVersion": message["params"]["protocolVersion"], "capabilities": {"tools": {}},
                "serverInfo": {"name": "backend", "version": "1"},
            }
        else:
            result = {"content": [{"type": "text", "text": json.dumps(message.get("params"))}], "isError": False}
        return Reply(200, {"jsonrpc": "2.0", "id": message["id"], "result": result}, headers)


class Gateway(Sallyport):
    """`sallyport serve` or `sallyport gateway`; its standard output is beside the log, in a file of its own."""

    base: str = ""
    output: Path = Path()

    def __init__(
        self, command: list[str], directory: Path, base: str, health: str, label: str = "gateway", level: str = "debug",
    ) -> None:
        environment = {**os.environ, "SALLYPORT_LOG_FORMAT": "json", "SALLYPORT_LOG_LEVEL": level}
        self.output = directory / f"{label}.out"
        log_path = directory / f"{label}.log"
        with open(self.output, "wb") as output, open(log_path, "wb") as log:
            process = subprocess.Popen(command, stdout=output, stderr=log, stdin=subprocess.DEVNULL, env=environment)
        super().__init__(process, log_path, health, command)
        self.base = base
        self.seen: list[Answer] = []

    def request(
        self, method: str, path: str, user: User | None = None, headers: Fields = (), body: bytes | dict | None = None,
        timeout: float = 40,
    ) -> Answer:
        fields = ([user.authorization] if user else []) + list(headers)
        content = json.dumps(body).encode() if isinstance(body, dict) else body
        answer = send(self.base, method, path, fields, content, timeout)
        self.seen.append(answer)
        return answer

    def rpc(
        self, user: User | None, server: str, method: str, params: dict | None = None, headers: Fields = (), number: object = 1,
        timeout: float = 40,
    ) -> Answer:
        """One JSON-RPC request; `server` is namespace/name, or a name in the namespace of the demonstration."""
        message: dict = {"jsonrpc": "2.0", "id": number, "method": method}
        if params is not None:
            message["params"] = params
        return self.request("POST", mcp_path(server), user, [JSON, ACCEPT, *headers], message, timeout)

    def call(self, user: User | None, server: str, tool: str = "whoami", headers: Fields = (), timeout: float = 40) -> Answer:
        return self.rpc(user, server, "tools/call", {"name": tool, "arguments": {}}, headers, timeout=timeout)

    def whoami(self, user: User, server: str) -> dict:
        """What the server says whom the token it got is for."""
        answer = self.call(user, server)
        assert answer.status == 200, answer
        return answer.json()["result"]["structuredContent"]

    @contextlib.contextmanager
    def stream(
        self, method: str, server: str, user: User, headers: Fields = (), body: dict | None = None,
    ) -> Iterator[tuple[Answer, object]]:
        content = None if body is None else json.dumps(body).encode()
        fields = [user.authorization, ACCEPT, *([JSON] if body else []), *headers]
        with stream(self.base, method, mcp_path(server), fields, content) as (answer, response):
            self.seen.append(answer)
            yield answer, response

    def servers(self, user: User) -> dict[str, dict]:
        answer = self.request("GET", "/servers", user)
        assert answer.status == 200, answer
        listed = answer.json()["servers"]
        return {f"{server['namespace']}/{server['name']}": server for server in listed}

    def wait_server(self, user: User, key: str, present: bool = True) -> None:
        def found() -> bool:
            return (key in self.servers(user)) == present

        wait_for(f"{key} {'in' if present else 'out of'} the list of servers", found)

    def memory(self) -> int:
        """Bytes of the process that are in memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) << 10

    def audit(self, **wanted: str) -> list[dict]:
        """Records of the audit log that have these values; `leg` is short for oauth.leg."""
        names = {"leg": "oauth.leg", "outcome": "audit.outcome", "reason": "audit.reason", "server": "mcpserver",
                 "error": "error.type", "correlation": "correlation.id"}
        records = []
        for line in self.log().splitlines():
            with contextlib.suppress(ValueError):
                record = json.loads(line)
                if record.get("logger") == "audit" and all(record.get(names[key]) == want for key, want in wanted.items()):
                    records.append(record)
        return records

    def wait_audit(self, **wanted: str) -> dict:
        """The last such record; a log may be written a moment after the answer."""
        return wait_for(f"an audit record with {wanted}", lambda: self.audit(**wanted), 10)[-1]  # type: ignore[index]


INITIALIZE = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


def initialize(gateway: Gateway, user: User, server: str) -> str:
    answer = gateway.rpc(user, server, "initialize", INITIALIZE)
    assert answer.status == 200, answer
    session = answer.header("Mcp-Session-Id")
    assert session, answer
    return session


def mcp_path(server: str) -> str:
    return "/servers/" + (server if "/" in server else f"demo/{server}") + "/mcp"


def refused(answer: Answer, status: int, reason: str, server: str = "demo/todo") -> dict:
    """Checks that an answer is a refusal in the gateway's own form, and gives its data."""
    assert answer.status == status, answer
    assert (answer.header("Content-Type") or "").split(";")[0] == "application/json", answer
    body = answer.json()
    assert body["jsonrpc"] == "2.0" and "id" in body and "result" not in body, answer
    error = body["error"]
    assert error["code"] == -32010 and isinstance(error["message"], str) and error["message"], answer
    data = error["data"]
    assert data["reason"] == reason, answer
    assert data.get("server") in (server, None), answer
    assert data["correlationID"] and data["correlationID"] == answer.header("X-Request-Id"), answer
    if status == 503:
        waiting = answer.header("Retry-After")
        assert waiting and int(waiting) >= 1, answer
    if status == 401:
        assert "resource_metadata=" in (answer.header("WWW-Authenticate") or ""), answer
    else:
        assert answer.header("WWW-Authenticate") is None, answer
    return data


class World:
    """The enterprise, the gateway, and what must not be found anywhere it does not belong."""

    def __init__(
        self, directory: Path, recorded: bool = False, port: int | None = None, servers: tuple[str, ...] = MANAGED,
    ) -> None:
        self.directory = directory
        self.demo = Demo(directory, port, servers)
        self.peers: list[Peer] = []
        self.gateways: list[Gateway] = []
        self.users: list[User] = []
        self.planted: dict[str, str] = {}
        self.manifests = self.demo.folder / "manifests"
        self.idp: TokenProxy | None = None
        self.auth_server: TokenProxy | None = None
        if recorded:
            self._record()
        self._plant_secrets()

    # The servers.

    def _record(self) -> None:
        """Puts proxies in front of both token endpoints."""
        self.idp = TokenProxy(self.demo.issuer)
        self.auth_server = TokenProxy(self.demo.authorization_server)
        self.peers += [self.idp, self.auth_server]
        self.demo.configuration["identityProviders"][0]["tokenEndpoints"] = [self.idp.url]
        self.demo.configuration["authorizationServers"] = [
            {"issuer": self.demo.authorization_server, "tokenEndpoints": [self.auth_server.url]}
        ]
        for name in self.demo.resources:
            self.edit(name)

    def enterprise(self, name: str = "todo", **changes: object) -> dict:
        """`enterpriseIdP` of one of the enterprise's servers; `None` removes a field."""
        block = self.demo.manifest(name)["spec"]["auth"]["enterpriseIdP"]
        if self.idp and self.auth_server:
            block.pop("idp", None)
            block |= {
                "idpIssuer": self.demo.issuer, "idpTokenEndpoint": self.idp.url,
                "mcpAuthServerTokenEndpoint": self.auth_server.url,
            }
        for key, value in changes.items():
            block[key] = value
        return {key: value for key, value in block.items() if value is not None}

    def edit(self, name: str, **changes: object) -> None:
        """Changes `enterpriseIdP` of one of the enterprise's servers."""
        manifest = self.demo.manifest(name)
        manifest["spec"]["auth"]["enterpriseIdP"] = self.enterprise(name, **changes)
        self.write(name, manifest)

    def backend(self, behave: Handler | None = None) -> Backend:
        backend = Backend(behave)
        self.peers.append(backend)
        return backend

    def peer(self, handler: Handler) -> Peer:
        peer = Peer(handler)
        self.peers.append(peer)
        return peer

    def write(self, name: str, *objects: dict) -> None:
        """Replaces a manifest as editors do: a new file renamed over the old one."""
        path = self.manifests / f"{name}.yaml"
        temporary = path.with_name(f".{name}.tmp")
        temporary.write_text(yaml.safe_dump_all(objects))
        temporary.rename(path)

    def add(
        self, name: str, url: str, enterprise: dict | None = None, auth: dict | None = None, namespace: str = "demo", **spec: object,
    ) -> str:
        """Adds a server that takes no token, the enterprise's, or what `auth` says."""
        auth = auth or ({"enterpriseIdP": enterprise} if enterprise else {"type": "none"})
        self.write(name, {
            "apiVersion": "mcp.giantswarm.io/v1alpha1", "kind": "MCPServer",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"type": "streamable-http", "url": url, "auth": auth, **spec},
        })
        return f"{namespace}/{name}"

    def add_as_todo(self, name: str, backend: Backend) -> dict:
        """Adds a server that gets todo's tokens, and gives the configuration that allows it."""
        resource = self.demo.resources["todo"]
        self.add(name, backend.url, self.enterprise("todo", resource=resource))
        return {"resources": [{"resource": resource, "urls": [backend.url]}]}

    def serve(self, wait: bool = True, **configuration: object) -> Gateway:
        """Starts a gateway on the manifests; `configuration` goes over the enterprise's own.

        Nothing is obtained ahead unless a test asks for it, so that each call's own exchanges can be counted.
        """
        content = {**self.demo.configuration, "sessionStart": {"servers": "none"}, **configuration}
        if self.gateways:  # Another one beside or after it: the old port may be taken still.
            port = free_ports()
            content |= {"listen": f"127.0.0.1:{port}", "health": {"listen": f"127.0.0.1:{port + 1}"}}
        number = len(self.gateways)
        path = self.directory / f"sallyport-{number}.yaml"
        path.write_text(yaml.safe_dump(content))
        command = [str(BINARY), "serve", "--config", str(path), "--manifests", str(self.manifests)]
        base, health = (f"http://{content['listen']}", f"http://{content['health']['listen']}")
        gateway = Gateway(command, self.directory, base, health, f"gateway-{number}")
        self.gateways.append(gateway)
        wait_for("the gateway's health", lambda: gateway.fetch("/healthz")[0] == 200)
        if wait:
            gateway.wait_ready()
            user = self.sign_in("alice")
            for manifest in self.manifests.glob("*.yaml"):
                for object in yaml.safe_load_all(manifest.read_text()):
                    if object["kind"] == "MCPServer":
                        gateway.wait_server(user, f"{object['metadata']['namespace']}/{object['metadata']['name']}")
            self.demo.reset_counters()
        return gateway

    # Users.

    def sign_in(self, name: str, **body: object) -> User:
        """A new session; `lifetime` is that of its ID token in seconds, `client` the client it is for."""
        answer = send(self.demo.issuer, "POST", "/demo/sign-in", [JSON], json.dumps({"user": name, **body}).encode())
        assert answer.status == 200, answer
        user = User(name, answer.json()["id_token"], answer.json()["refresh_token"])
        self.users.append(user)
        return user

    def sign_in_with(self, name: str, **fault: object) -> User:
        """A session whose ID token is not as it should be; the fault is DemoWorld's."""
        self.demo.faults(idp_sign_in={**fault, "times": 1})
        return self.sign_in(name)

    # Canaries.

    def _plant_secrets(self) -> None:
        secrets = {
            f"{path.name} {key}": value for path in self.manifests.glob("*secrets.yaml")
            for key, value in yaml.safe_load(path.read_text())["stringData"].items()
        }
        files = {path.name: path.read_text() for path in (self.demo.folder / "identity-provider").iterdir()}
        for name, text in {**secrets, **files}.items():
            if name.endswith("client-id"):
                continue
            # A key is leaked by any of its lines.
            lines = [line for line in text.split("\n") if line and not line.startswith("-----")]
            self.planted |= {f"{name}, line {number}": line for number, line in enumerate(lines)}

    def canaries(self) -> dict[str, str]:
        """Everything that only its owners may see, but for access tokens."""
        found = dict(self.planted)
        for number, user in enumerate(self.users):
            found |= {f"ID token {number}": user.token, f"refresh token {number}": user.refresh_token}
        if self.idp and self.auth_server:
            for number, request in enumerate(self.auth_server.requests):
                found[f"ID-JAG {number}"] = request.form().get("assertion", "")
            for number, answer in enumerate(self.idp.answers):
                with contextlib.suppress(ValueError):
                    found[f"issued ID-JAG {number}"] = json.loads(answer.body).get("access_token", "")
            for proxy in (self.idp, self.auth_server):
                for number, request in enumerate(proxy.requests):
                    found[f"client assertion {proxy.port}/{number}"] = request.form().get("client_assertion", "")
                    basic = (request.header("Authorization") or "").removeprefix("Basic ")
                    found[f"client authentication {proxy.port}/{number}"] = basic
        return {name: value for name, value in found.items() if len(value) >= 8}

    def access_tokens(self) -> dict[str, str]:
        found = {}
        for peer in self.peers:
            if isinstance(peer, Backend):
                for number, request in enumerate(peer.requests):
                    if (value := request.header("Authorization") or "").startswith("Bearer "):
                        found[f"access token at {peer.port}/{number}"] = value.removeprefix("Bearer ")
        if self.auth_server:
            for number, answer in enumerate(self.auth_server.answers):
                with contextlib.suppress(ValueError):
                    found[f"access token {number}"] = json.loads(answer.body).get("access_token", "")
        return {name: value for name, value in found.items() if isinstance(value, str) and len(value) >= 8}

    def check_leaks(self) -> None:
        """Searches all that any process printed, answered or forwarded for what does not belong there."""
        canaries, tokens = self.canaries(), self.access_tokens()
        for number, gateway in enumerate(self.gateways):
            texts = {"its log": gateway.log(), "its output": gateway.output.read_text()}
            if gateway.process.poll() is None:
                texts["its metrics"] = gateway.fetch("/metrics")[1]
            texts |= {f"answer {index}": str(answer) for index, answer in enumerate(gateway.seen)}
            for where, text in texts.items():
                search({**canaries, **tokens}, text, f"gateway {number}, {where}")
        search({**canaries, **tokens}, self.demo.output.read_text(), "the enterprise's output")
        for peer in self.peers:
            if isinstance(peer, Backend):
                for number, request in enumerate(peer.requests):
                    kept = request.text(without="Authorization" if peer.takes_id_tokens else "")
                    search(canaries, kept, f"request {number} to an MCP server")
                    search(tokens, request.text(without="Authorization"), f"request {number} to an MCP server")

    def stop(self) -> None:
        try:
            self.check_leaks()
            for gateway in self.gateways:
                if gateway.process.poll() is None:
                    assert gateway.stop() == 0, gateway.log()[-4_000:]
            self.check_leaks()
            for peer in self.peers:
                assert not peer.failures, peer.failures
        finally:
            for gateway in self.gateways:
                if gateway.process.poll() is None:
                    gateway.process.kill()
            for peer in self.peers:
                peer.close()
            self.demo.stop()


def search(canaries: dict[str, str], text: str, where: str) -> None:
    """Looks for each canary, for the part of a token that is about the user, and for its signature."""
    for name, canary in canaries.items():
        parts = [canary]
        if canary.count(".") == 2:
            parts += canary.split(".")[1:]
        for part in parts:
            if len(part) >= 8 and part in text:
                at = text.index(part)
                raise AssertionError(f"{name} is in {where}: …{text[max(0, at - 300):at]}[here]")


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """The enterprise as it is, with the servers that a module names in `SERVERS`."""
    made = World(tmp_path, servers=getattr(request.module, "SERVERS", MANAGED))
    yield made
    made.stop()


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[World]:
    """The enterprise with a recorder in front of each token endpoint."""
    made = World(tmp_path, recorded=True)
    yield made
    made.stop()


@pytest.fixture
def gateway(world: World) -> Gateway:
    return world.serve()


@pytest.fixture
def alice(world: World, gateway: Gateway) -> User:
    return world.sign_in("alice")


@pytest.fixture
def bob(world: World, gateway: Gateway) -> User:
    return world.sign_in("bob")


class Wire:
    """The HTTP exchanges of an SDK client: method, status, response headers."""

    def __init__(self) -> None:
        self.responses: list[httpx2.Response] = []

    async def note(self, response: httpx2.Response) -> None:
        self.responses.append(response)

    def statuses(self, method: str) -> list[int]:
        return [response.status_code for response in self.responses if response.request.method == method]


@contextlib.asynccontextmanager
async def sdk_client(
    gateway: Gateway, user: User, server: str, mode: str = "legacy", wire: Wire | None = None, **options: object,
) -> AsyncIterator[Client]:
    """The MCP SDK's own client; mode legacy is 2025-11-25, or a modern revision by its name."""
    wire = wire or Wire()
    hooks = {"response": [wire.note]}
    async with httpx2.AsyncClient(headers=dict([user.authorization]), event_hooks=hooks, timeout=60) as http:
        transport = streamable_http_client(gateway.base + mcp_path(server), http_client=http)
        async with Client(transport, mode=mode, **options) as client:  # type: ignore[arg-type]
            yield client
    for response in wire.responses:
        gateway.seen.append(Answer(response.status_code, list(response.headers.multi_items()), b""))


def claims(token: str) -> dict:
    """A JWT's claims, unchecked."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def unsigned(token: str) -> str:
    """The same claims under the algorithm 'none'."""
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return f"{head}.{token.split('.')[1]}."


def settle(read: Callable[[], object], seconds: float = 0.6) -> object:
    """A value that must not change any more, after the time in which it would have."""
    time.sleep(seconds)
    return read()
