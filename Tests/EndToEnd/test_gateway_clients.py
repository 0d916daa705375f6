# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The MCP SDK's client through the gateway: to DemoWorld, and to fastmcp servers with everything streamable HTTP has."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator

import httpx2
import pytest
import uvicorn
from conftest import wait_for
from fastmcp import Context, FastMCP
from fastmcp.server.auth import AccessToken, TokenVerifier
from fastmcp.server.event_store import EventStore
from gateway_world import Gateway, User, Wire, World, alice, bob, gateway, mcp_path, sdk_client, world  # noqa: F401 (fixtures)
from mcp import MCPError
from mcp_types import CallToolResult, ErrorData, TextContent, ToolListChangedNotification

LEGACY, MODERN = "legacy", "2026-07-28"
MODES = pytest.mark.parametrize("mode", [LEGACY, MODERN])


def text(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent) and not result.is_error
    return content.text


async def refusal_of(gateway: Gateway, user: User, server: str, wire: Wire | None = None) -> ErrorData:
    """The error that a client meets when it connects, out of the groups that its task groups put around it."""
    try:
        async with sdk_client(gateway, user, server, wire=wire):
            pass
    except BaseException as error:
        found = error
        while isinstance(found, BaseExceptionGroup):
            (found,) = found.exceptions
        if isinstance(found, MCPError):
            return found.error
        raise
    raise AssertionError(f"{user.name} was let in")


class DemoVerifier(TokenVerifier):
    """Takes DemoWorld's word for whom an access token is."""

    def __init__(self, resource: str) -> None:
        super().__init__()
        self.resource = resource
        self.seen: list[str] = []

    async def verify_token(self, token: str) -> AccessToken | None:
        self.seen.append(token)
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "whoami"}}
        async with httpx2.AsyncClient() as http:
            answer = await http.post(self.resource, json=message, headers={"Authorization": f"Bearer {token}"})
        if answer.status_code != 200:
            return None
        who = answer.json()["result"]["structuredContent"]
        return AccessToken(token=token, client_id=who["client"], scopes=who["scope"].split(), subject=who["subject"])


class FastServer:
    """A fastmcp server in a thread, which notes every request's head."""

    def __init__(self, verifier: TokenVerifier | None = None) -> None:
        self.requests: list[tuple[str, dict[str, str]]] = []
        server = FastMCP("fast", auth=verifier)

        @server.tool
        async def count(to: int, ctx: Context) -> str:
            for number in range(1, to + 1):
                await ctx.report_progress(number, to, f"step {number}")
                await asyncio.sleep(0.02)
            return f"counted to {to}"

        @server.tool
        async def cut(ctx: Context) -> str:
            """Drops its own stream in the middle, so that only a resumed one has the result."""
            await ctx.report_progress(1, 2, "before")
            await ctx.close_sse_stream()
            await asyncio.sleep(0.3)
            return "resumed"

        @server.tool
        def large(size: int) -> str:
            return "x" * size

        @server.tool
        async def grow(ctx: Context) -> str:
            """Gives the server another tool, which it tells its clients by the stream that they keep open."""
            server.tool(lambda: "new", name="grown")
            await ctx.send_notification(ToolListChangedNotification())
            return "grown"

        @server.tool
        async def fail() -> str:
            raise ValueError("of the tool")

        @server.resource("demo://note")
        def note() -> str:
            return "a note"

        app = server.http_app(path="/mcp", event_store=EventStore(), retry_interval=100)

        async def noting(scope, receive, send) -> None:
            if scope["type"] == "http":
                self.requests.append((scope["method"], {key.decode(): value.decode() for key, value in scope["headers"]}))
            await app(scope, receive, send)

        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        # What is still open at the end is a stream of a client that has gone.
        self.server = uvicorn.Server(uvicorn.Config(noting, log_level="warning", timeout_graceful_shutdown=1))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listener]}, daemon=True)
        self.thread.start()
        wait_for("the fastmcp server", lambda: self.server.started)

    def methods(self) -> list[str]:
        return [method for method, _ in self.requests]

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)


@pytest.fixture
def fast(world: World) -> Iterator[FastServer]:
    """Under the name `fast`, without a token."""
    server = FastServer()
    world.add("fast", server.url)
    yield server
    server.stop()


# DemoWorld.


def test_the_whole_journey_of_two_users(world: World, gateway: Gateway, alice: User, bob: User) -> None:
    """G01, G02, G07, G12: Alice uses both servers and steps up; Bob reads one, and is refused the rest."""

    async def journey() -> None:
        async with sdk_client(gateway, alice, "todo") as client:
            assert client.protocol_version == "2025-11-25" and client.server_info
            assert [tool.name for tool in (await client.list_tools()).tools] == ["whoami", "add_item"]
            who = (await client.call_tool("whoami", {})).structured_content
            assert who and (who["user"], who["scope"]) == ("alice", "todo.read")
            assert text(await client.call_tool("add_item", {})) == "Done."
            who = (await client.call_tool("whoami", {})).structured_content
            assert who and set(who["scope"].split()) == {"todo.read", "todo.write"}
        async with sdk_client(gateway, alice, "payroll") as client:
            who = (await client.call_tool("whoami", {})).structured_content
            assert who and (who["user"], who["scope"]) == ("alice", "payroll.read")
        async with sdk_client(gateway, bob, "todo") as client:
            who = (await client.call_tool("whoami", {})).structured_content
            assert who and (who["user"], who["scope"]) == ("bob", "todo.read")
            with pytest.raises(MCPError) as refusal:
                await client.call_tool("add_item", {})
            assert refusal.value.error.code == -32010 and refusal.value.error.data["reason"] == "InsufficientScope"
        error = await refusal_of(gateway, bob, "payroll")
        assert error.code == -32010 and error.data["reason"] == "PolicyDenied"

    asyncio.run(journey())
    counters = world.demo.counters()
    # Alice: todo, its step-up, payroll. Bob: todo, its step-up that is not granted, payroll that is refused.
    assert counters["as.token"]["details"]["jwt-bearer"] in (4, 5)
    assert counters["payroll.mcp"]["details"].get("token-accepted", 0) > 0
    assert set(counters["payroll.mcp"]["details"]) & {"token-foreign", "token-of-other-resource", "token-unknown"} == set()
    assert set(counters["todo.mcp"]["details"]) & {"token-foreign", "token-of-other-resource", "token-unknown"} == set()


def test_sessions_of_both_users_at_once(world: World, gateway: Gateway, alice: User, bob: User) -> None:
    """G02: ten clients of each user, all at once, each known as its own user in its own session."""

    async def one(user: User) -> None:
        async with sdk_client(gateway, user, "todo") as client:
            for _ in range(5):
                who = (await client.call_tool("whoami", {})).structured_content
                assert who and who["user"] == user.name

    async def all_of_them() -> None:
        await asyncio.gather(*(one(user) for user in [alice, bob] * 10))

    asyncio.run(all_of_them())
    assert world.demo.legs() == (2, 2)


def test_closing_a_client_ends_its_session_at_the_server(world: World, gateway: Gateway, alice: User) -> None:
    """The client's DELETE carries the sealed session, and the server's own is what ends."""
    wire = Wire()

    async def journey() -> None:
        async with sdk_client(gateway, alice, "todo", wire=wire) as client:
            await client.list_tools()

    asyncio.run(journey())
    assert wire.statuses("DELETE") == [204]
    assert world.demo.calls("todo.mcp", "DELETE") == 1
    session = next(response.headers["mcp-session-id"] for response in wire.responses if "mcp-session-id" in response.headers)
    answer = gateway.rpc(alice, "todo", "ping", headers=[("Mcp-Session-Id", session)])
    assert answer.status == 404, answer


def test_a_challenge_reaches_the_client(gateway: Gateway) -> None:
    """Without a good token the SDK meets a 401 with the challenge it looks for."""
    wire = Wire()

    error = asyncio.run(refusal_of(gateway, User("nobody", "not-a-token"), "todo", wire))
    assert error.code == -32010
    assert wire.statuses("POST") == [401]
    assert "resource_metadata=" in wire.responses[0].headers["www-authenticate"]


def test_the_sdk_finds_the_issuer_by_itself(world: World, gateway: Gateway) -> None:
    """RFC 9728 as the SDK reads it: from the challenge to the metadata to the identity provider."""
    from mcp.client.auth.utils import extract_resource_metadata_from_www_auth
    from mcp.shared.auth import ProtectedResourceMetadata

    with httpx2.Client() as http:
        answer = http.post(gateway.base + mcp_path("todo"), json={"jsonrpc": "2.0", "id": 1, "method": "ping"})
        url = extract_resource_metadata_from_www_auth(answer)
        assert url
        metadata = ProtectedResourceMetadata.model_validate_json(http.get(url).content)
    assert str(metadata.resource).rstrip("/") == gateway.base + mcp_path("todo")
    assert [str(issuer).rstrip("/") for issuer in metadata.authorization_servers] == [world.demo.issuer]


# fastmcp.


@MODES
def test_tools_of_a_fastmcp_server(world: World, fast: FastServer, mode: str) -> None:
    """Both revisions of the protocol, with answers as event streams, large results and tools that fail."""
    gateway = world.serve()
    alice = world.sign_in("alice")

    async def journey() -> None:
        async with sdk_client(gateway, alice, "fast", mode) as client:
            assert client.protocol_version == ("2025-11-25" if mode == LEGACY else MODERN)
            assert {"count", "cut", "large"} <= {tool.name for tool in (await client.list_tools()).tools}
            assert len(text(await client.call_tool("large", {"size": 400_000}))) == 400_000
            assert (await client.call_tool("fail", {})).is_error
            (content,) = (await client.read_resource("demo://note")).contents
            assert content.text == "a note"  # type: ignore[union-attr]
            with pytest.raises(MCPError):
                await client.read_resource("demo://absent")

    asyncio.run(journey())
    assert all("authorization" not in headers for _, headers in fast.requests)
    versions = {headers.get("mcp-protocol-version") for _, headers in fast.requests}
    assert ("2025-11-25" if mode == LEGACY else MODERN) in versions


@MODES
def test_progress_arrives_on_the_way(world: World, fast: FastServer, mode: str) -> None:
    """Notifications come before the result, in order and all of them."""
    gateway = world.serve()
    alice = world.sign_in("alice")
    seen: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total, message))

    async def journey() -> None:
        async with sdk_client(gateway, alice, "fast", mode) as client:
            assert text(await client.call_tool("count", {"to": 20}, progress_callback=note)) == "counted to 20"

    asyncio.run(journey())
    assert seen == [(float(number), 20.0, f"step {number}") for number in range(1, 21)]


def test_a_stream_that_was_cut_is_resumed(world: World, fast: FastServer) -> None:
    """The client comes back with Last-Event-ID and its session, and gets the result that it missed."""
    gateway = world.serve()
    alice = world.sign_in("alice")
    wire = Wire()

    async def journey() -> None:
        async with sdk_client(gateway, alice, "fast", wire=wire) as client:
            assert text(await client.call_tool("cut", {})) == "resumed"

    asyncio.run(journey())
    resumptions = [headers for method, headers in fast.requests if method == "GET" and "last-event-id" in headers]
    assert len(resumptions) >= 1
    sealed = next(response.headers["mcp-session-id"] for response in wire.responses if "mcp-session-id" in response.headers)
    upstream = {headers["mcp-session-id"] for _, headers in fast.requests if "mcp-session-id" in headers}
    assert len(upstream) == 1 and sealed not in upstream


def test_a_server_may_speak_by_the_open_stream(world: World, fast: FastServer) -> None:
    """What a server sends by the client's GET stream arrives while no call is under way, and DELETE ends the session."""
    gateway = world.serve()
    alice = world.sign_in("alice")
    messages: list[str] = []
    wire = Wire()

    async def note(message: object) -> None:
        messages.append(type(message).__name__)

    async def journey() -> None:
        async with sdk_client(gateway, alice, "fast", wire=wire, message_handler=note) as client:
            await client.list_tools()
            for _ in range(100):
                if "GET" in fast.methods():
                    break
                await asyncio.sleep(0.05)
            assert text(await client.call_tool("grow", {})) == "grown"
            for _ in range(100):
                if "ToolListChangedNotification" in messages:
                    break
                await asyncio.sleep(0.05)
            assert "grown" in {tool.name for tool in (await client.list_tools()).tools}

    asyncio.run(journey())
    assert "ToolListChangedNotification" in messages, messages
    assert wire.statuses("GET")[:1] == [200] and wire.statuses("DELETE") == [200]
    assert fast.methods().count("DELETE") == 1


@MODES
def test_a_fastmcp_server_that_asks_for_tokens(world: World, mode: str) -> None:
    """G01, G02: brokered tokens are what its verifier sees, each user's own, and never the user's ID token."""
    verifier = DemoVerifier(world.demo.resources["todo"])
    server = FastServer(verifier)
    resource = world.demo.resources["todo"]
    try:
        world.add("guarded", server.url, world.enterprise("todo", resource=resource))
        gateway = world.serve(resources=[{"resource": resource, "urls": [server.url]}])
        users = [world.sign_in("alice"), world.sign_in("bob")]

        async def journey() -> None:
            for user in users:
                async with sdk_client(gateway, user, "guarded", mode) as client:
                    assert text(await client.call_tool("count", {"to": 3})) == "counted to 3"

        asyncio.run(journey())
        assert world.demo.legs() == (2, 2)
        assert len(set(verifier.seen)) == 2 and not {user.token for user in users} & set(verifier.seen)
        # A revoked token is a 401 of fastmcp's own, and the client notices nothing.
        world.demo.revoke_tokens()
        asyncio.run(journey())
        assert world.demo.legs() == (4, 4)
        for token in verifier.seen:
            assert token not in gateway.log() and token not in gateway.fetch("/metrics")[1]
        answer = gateway.request("POST", mcp_path("guarded"), users[0], [], json.dumps({}).encode())
        assert answer.header("WWW-Authenticate") is None
    finally:
        server.stop()


def test_a_large_message_streams_to_the_server(world: World, fast: FastServer) -> None:
    """3 MB of arguments, above what is held for a second attempt, arrive whole."""
    gateway = world.serve()
    alice = world.sign_in("alice")

    async def journey() -> None:
        async with sdk_client(gateway, alice, "fast") as client:
            result = await client.call_tool("large", {"size": 5, "ignored": "y" * 3_000_000})
            assert result.content

    asyncio.run(journey())


def test_many_clients_of_one_server(world: World, fast: FastServer) -> None:
    """Thirty clients with an open stream each, twenty calls each, and no answer in the wrong place."""
    gateway = world.serve()
    users = [world.sign_in(name) for name in ("alice", "bob")]

    async def one(number: int) -> None:
        async with sdk_client(gateway, users[number % 2], "fast") as client:
            for size in range(number, number + 20):
                assert len(text(await client.call_tool("large", {"size": size + 1}))) == size + 1

    async def all_of_them() -> None:
        await asyncio.gather(*(one(number) for number in range(30)))

    asyncio.run(all_of_them())
    sessions = {headers["mcp-session-id"] for _, headers in fast.requests if "mcp-session-id" in headers}
    assert len(sessions) == 30
