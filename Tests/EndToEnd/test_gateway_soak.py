# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Minutes of users at servers in every mode, while peers fail at random: each answer is one that a model allows.

SALLYPORT_SOAK_SECONDS is how long (120), SALLYPORT_SOAK_SEED which faults come when (by chance; it is printed).
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from conftest import BINARY, wait_for
from gateway_world import ACCEPT, JSON, Gateway, free_ports, mcp_path
from http_peer import Answer, send
from soak_world import (
    CLIENT, GATEWAY_CLIENT, MARK, RECOVERY, AuthorizationServer, Caller, Exchanger, Exchanges, Fault, Findings, Place, Provider, Server,
    refusal_reason, takes_grants, takes_nothing, takes_signed,
)

SECONDS = float(os.environ.get("SALLYPORT_SOAK_SECONDS", "120"))
SEED = int(os.environ.get("SALLYPORT_SOAK_SEED", str(random.SystemRandom().randrange(1_000_000))))
USERS = ["alice", "bob", "carol", "dave"]
CALLERS = 6
# Connected at a session's start, or in no need of it.
STATES = {"connected", "connecting", "available", "failed"}


class Soak:
    """The peers, the gateway, and who calls."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.manifests = directory, directory / "manifests"
        self.manifests.mkdir()
        self.random, self.findings = random.Random(SEED), Findings()
        self.exchanges = Exchanges(self.findings)
        self.provider = Provider(self.findings, self.exchanges)
        self.first, self.second = (AuthorizationServer(name, self.findings, self.provider) for name in ("first", "second"))
        self.dex = Exchanger(self.findings, self.exchanges, self.provider)
        self.servers = {
            name: Server(name, self.findings, check)
            for name, check in {
                "todo": takes_grants(self.first), "payroll": takes_grants(self.first), "wiki": takes_grants(self.second),
                "tools": takes_signed(lambda: self.dex.keys, lambda: self.dex.origin, "tools"),
                "mail": takes_signed(lambda: self.provider.keys, lambda: self.provider.origin, "mail"), "plain": takes_nothing,
            }.items()
        }
        self.issuers = {"todo": self.first, "payroll": self.first, "wiki": self.second}
        # Who is asked for a token of a server.
        self.places: dict[str, list[Place]] = {
            "todo": [self.provider, self.first], "payroll": [self.provider, self.first], "wiki": [self.provider, self.second],
            "tools": [self.dex], "mail": [], "plain": [],
        }
        self.scopes = {name: "read" for name in self.issuers}
        self.callers = {user: self.sign_in(user, 0) for user in USERS}
        self.sessions = len(USERS)
        self.revoked: dict[tuple[str, str], float] = {}
        self.rotated, self.rotations = time.monotonic(), 0
        self.ended = threading.Event()
        for name in self.servers:
            self.write_server(name)
        self.write_secret(self.first, self.first.secrets[0])
        self.write_secret(self.second, self.second.secrets[0])
        self.gateway = self.start()

    # What the gateway is given.

    def write(self, name: str, document: dict) -> None:
        temporary = self.manifests / f".{name}.tmp"
        temporary.write_text(yaml.safe_dump(document))
        temporary.rename(self.manifests / f"{name}.yaml")

    def write_secret(self, issuer: AuthorizationServer, secret: str) -> None:
        self.write(f"secret-{issuer.name}", {
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": issuer.name, "namespace": "demo"},
            "stringData": {"client-id": GATEWAY_CLIENT, "client-secret": secret},
        })

    def write_server(self, name: str, description: str = "") -> None:
        auth: dict = {"type": "none"}
        if name == "mail":
            auth = {"forwardToken": True, "requiredAudiences": ["mail"]}
        elif name == "tools":
            block = {"enabled": True, "dexTokenEndpoint": self.dex.origin + "/token", "expectedIssuer": self.dex.origin, "connectorId": "corp"}
            auth = {"tokenExchange": block, "requiredAudiences": ["tools"]}
        elif issuer := self.issuers.get(name):
            auth = {"enterpriseIdP": {
                "enabled": True, "idp": "corp", "mcpAuthServerIssuer": issuer.origin, "scopes": self.scopes[name],
                "mcpAuthServerClient": {"clientCredentialsSecretRef": {"name": issuer.name}},
            }}
        spec = {"type": "streamable-http", "url": self.servers[name].url, "auth": auth, "description": description or name}
        self.write(name, {
            "apiVersion": "mcp.giantswarm.io/v1alpha1", "kind": "MCPServer", "metadata": {"name": name, "namespace": "demo"}, "spec": spec,
        })

    def start(self) -> Gateway:
        secret = self.directory / "client-secret"
        secret.touch(0o600)
        secret.write_text(self.provider.secret)
        port = free_ports()
        provider = {
            "name": "corp", "issuer": self.provider.origin, "clientID": CLIENT, "clientSecretFile": str(secret),
            "tokenEndpoints": [self.dex.origin + "/token"],
            "forwardTo": [{"audience": "mail", "urls": [self.servers["mail"].origin + "/"]}],
            "exchangeTo": [{"audience": "tools", "urls": [self.servers["tools"].origin + "/"]}],
        }
        configuration = {
            "listen": f"127.0.0.1:{port}", "health": {"listen": f"127.0.0.1:{port + 1}"}, "identityProviders": [provider],
            "egress": {"allowLoopbackHTTP": True}, "sessionStart": {"servers": "all", "deadline": "10s"},
        }
        path = self.directory / "sallyport.yaml"
        path.write_text(yaml.safe_dump(configuration))
        command = [str(BINARY), "serve", "--config", str(path), "--manifests", str(self.manifests)]
        gateway = Gateway(command, self.directory, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}", level="info")
        wait_for("the gateway's health", lambda: gateway.fetch("/healthz")[0] == 200)
        gateway.wait_ready()
        first = Caller("alice", "wait", self.provider.id_token("alice", "wait"))
        for name in self.servers:
            wait_for(f"{name} served", lambda: self.send(gateway, first, name, 0).status == 200)
        return gateway

    def sign_in(self, user: str, number: int) -> Caller:
        session = f"{user}-{number}"
        return Caller(user, session, self.provider.id_token(user, session))

    # Calls.

    def send(self, gateway: Gateway, caller: Caller, server: str, nonce: int) -> Answer:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "whoami", "nonce": nonce}}).encode()
        headers = [("Authorization", f"Bearer {caller.token}"), JSON, ACCEPT]
        return send(gateway.base, "POST", mcp_path(server), headers, body, timeout=60)

    def call(self, caller: Caller, name: str, nonce: int) -> None:
        """One call, whose answer must be one that is allowed."""
        start = time.monotonic()
        answer = self.send(self.gateway, caller, name, nonce)
        problem = self.problem(answer, caller, name, nonce, start, time.monotonic())
        self.findings.count(f"answers: {answer.status}")
        if problem:
            self.findings.violated(f"{caller.user} at {name}: {problem}: {answer}"[:600])

    def problem(self, answer: Answer, caller: Caller, name: str, nonce: int, start: float, end: float) -> str:
        """Why an answer is not allowed; empty if it is."""
        server, reason = self.servers[name], refusal_reason(answer.body)
        if answer.status == 200:
            user = {"tools": f"dex-{caller.user}", "plain": ""}.get(name, caller.user)
            return "" if answer.json()["result"] == {"user": user, "server": name, "nonce": nonce} else "an answer for somebody else"
        if answer.status == 503 and reason == "ExchangeUnavailable":
            if not int(answer.header("Retry-After") or 0) >= 1:
                return "no Retry-After"
            felt = any(place.troubles.felt(start, end, "unavailable", "reset") for place in self.places[name])
            return "" if felt else "nobody whom it needs was at fault"
        if answer.status == 503 and b"of the server" in answer.body:
            return "" if server.troubles.felt(start, end, "unavailable", after=SLACK_OF_SERVERS) else "the server was well"
        if answer.status == 502 and reason == "UpstreamInvalid":
            return "" if server.troubles.felt(start, end, "reset", after=SLACK_OF_SERVERS) else "the server gave an answer"
        return "no fault explains it"

    def look(self, caller: Caller) -> None:
        """The list of servers, in which only what was at fault is failed."""
        headers = [("Authorization", f"Bearer {caller.token}")]
        start = time.monotonic()
        answer = send(self.gateway.base, "GET", "/servers", headers, timeout=60)
        if answer.status != 200:
            return self.findings.violated(f"the list of servers: {answer}"[:600])
        for listed in answer.json()["servers"]:
            name = listed["name"]
            if name not in self.servers or listed["state"] not in STATES:
                self.findings.violated(f"the list of servers: {listed}")
            # A start that failed is tried again a minute later at most.
            felt = any(place.troubles.felt(start, start, after=90) for place in self.places.get(name, []))
            if listed["state"] == "failed" and not felt:
                self.findings.violated(f"the list of servers: {listed}, and nobody whom it needs was at fault")
        self.findings.count("lists")

    def run_caller(self, number: int) -> None:
        chance = random.Random(SEED + number + 1)
        nonce = number << 32
        while not self.ended.is_set():
            nonce += 1
            caller = self.callers[chance.choice(USERS)]
            try:
                if chance.random() < 0.02:
                    self.look(caller)
                else:
                    self.call(caller, chance.choice(list(self.servers)), nonce)
            except (OSError, AssertionError, KeyError) as error:
                self.findings.violated(f"{caller.user}: {error!r}"[:600])
            time.sleep(chance.uniform(0, 0.08))

    # Faults.

    def disturb(self) -> None:
        """Something happens."""
        now = time.monotonic()
        match self.random.choices(["place", "server", "rotate", "scopes", "cosmetic", "revoke", "sign-in"], [6, 4, 2, 1, 2, 3, 3])[0]:
            case "place":
                place = self.random.choice([self.provider, self.first, self.second, self.dex])
                kind = self.random.choice(["unavailable", "reset", "slow"])
                if not place.troubles.current():
                    place.troubles.begin(Fault(kind, now + self.random.uniform(0.5, 2.5), self.random.randint(2, 4)))
            case "server":
                server = self.random.choice(list(self.servers.values()))
                if not server.troubles.current():
                    kind = self.random.choice(["unavailable", "reset", "slow"])
                    server.troubles.begin(Fault(kind, now + self.random.uniform(0.3, 1.5)))
            case "rotate" if now - self.rotated > 20:
                self.rotated = now
                threading.Thread(target=self.rotate, args=(self.random.choice([0.0, 2.0]),), daemon=True).start()
            case "scopes":
                name = self.random.choice(list(self.issuers))
                self.scopes[name] = "read" if self.scopes[name] == "read read.all" else "read read.all"
                self.exchanges.reason(self.servers[name].url)
                self.write_server(name)
                # What was under way with the old ones may end after the edit.
                threading.Timer(2, self.exchanges.reason, [self.servers[name].url]).start()
                self.findings.count("edits of scopes")
            case "cosmetic":
                self.write_server(self.random.choice(list(self.servers)), f"at {now}")
                self.findings.count("edits of descriptions")
            case "revoke": self.revoke(now)
            case "sign-in":
                user = self.random.choice(USERS)
                self.sessions += 1
                self.callers[user] = self.sign_in(user, self.sessions)

    def revoke(self, now: float) -> None:
        """Ends somebody's token at its server, unless the one before was ended there lately, which would be that server's fault."""
        name = self.random.choice(list(self.issuers))
        caller, url = self.random.choice(list(self.callers.values())), self.servers[name].url
        if now - self.revoked.get((caller.session, url), float("-inf")) < 90:
            return
        held = [grant for grant in list(self.issuers[name].grants.values())
                if (grant.session, grant.resource) == (caller.session, url) and now < grant.until]
        if held:
            self.revoked[(caller.session, url)] = now
            self.exchanges.reason(url, caller.session)
            for grant in held:
                grant.is_revoked = True
            self.findings.count("revocations")

    def rotate(self, lag: float) -> None:
        """Rotates a client's secret, at an authorization server that takes both for a while, or learns the new one late."""
        issuer, self.rotations = self.first, self.rotations + 1
        old, new = issuer.secrets[-1], f"{MARK}-{issuer.name}-{self.rotations}"
        if not lag:
            issuer.secrets = [old, new]
        affected = [self.servers[name].url for name, place in self.issuers.items() if place is issuer]
        for url in affected:
            self.exchanges.reason(url)
        self.write_secret(issuer, new)
        time.sleep(lag)
        issuer.secrets = [old, new]
        time.sleep(3)
        for url in affected:
            self.exchanges.reason(url)
        # A token that was obtained while the old one stood in stays good.
        if not lag:
            issuer.replaced[old] = time.monotonic()
        issuer.secrets = [new]
        self.findings.count(f"rotations, {'late' if lag else 'in time'}")

    # The end.

    def settle(self) -> None:
        """Without faults everybody is served everywhere."""
        deadline = time.monotonic() + RECOVERY + 10
        for caller in self.callers.values():
            for name in self.servers:
                while self.send(self.gateway, caller, name, 1).status != 200:
                    assert time.monotonic() < deadline, f"{caller.user} is not served at {name}"
                    time.sleep(0.2)

    def legs(self) -> tuple[int, int]:
        """Requests at the endpoints of leg 1, and of leg 2."""
        return self.provider.arrivals + self.dex.arrivals, self.first.arrivals + self.second.arrivals

    def close(self) -> None:
        self.ended.set()
        if self.gateway.process.poll() is None:
            self.gateway.process.kill()
        for peer in [self.provider, self.first, self.second, self.dex, self.dex.dex, *self.servers.values()]:
            peer.close()


SLACK_OF_SERVERS = 1.5


@pytest.fixture
def soak(tmp_path: Path) -> Iterator[Soak]:
    made = Soak(tmp_path)
    yield made
    made.close()


def descriptors(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def test_every_answer_is_one_that_the_model_allows(soak: Soak) -> None:
    """No token of one user or server at another, no ID-JAG twice, no call while a circuit is open, no exchange that nobody
    needed, no failure that no fault explains; and at the end the gateway and its peers have counted the same."""
    print(f"SALLYPORT_SOAK_SEED={SEED}")
    threads = [threading.Thread(target=soak.run_caller, args=(number,), daemon=True) for number in range(CALLERS)]
    for thread in threads:
        thread.start()
    end, warm = time.monotonic() + SECONDS, time.monotonic() + SECONDS / 4
    memory = 0
    while time.monotonic() < end and len(soak.findings.violations) < 20:
        time.sleep(soak.random.uniform(0.2, 1.2))
        soak.disturb()
        if not memory and time.monotonic() > warm:
            memory = soak.gateway.memory()
    soak.ended.set()
    for thread in threads:
        thread.join(60)
    time.sleep(6)  # Rotations and faults that are under way end.
    if not soak.findings.violations:
        soak.settle()
    counts = dict(sorted(soak.findings.counts.items()))
    print(counts)
    assert not soak.findings.violations, (f"SALLYPORT_SOAK_SEED={SEED}", soak.findings.violations, counts)
    check_counts(soak)
    check_leftovers(soak, memory)
    assert soak.gateway.stop() == 0


def check_counts(soak: Soak) -> None:
    """Both sides have counted the same, and what was to happen has."""
    gateway, counts = soak.gateway, soak.findings.counts

    def same() -> bool:
        mine = tuple(int(gateway.metric("token_exchange_requests_total", leg=leg)) for leg in ("token_exchange", "jwt_bearer"))
        assert mine == soak.legs(), (mine, soak.legs())
        return True

    wait_for("the same counts", same, 10)
    used = len(soak.first.used) + len(soak.second.used)
    assert used <= len(soak.provider.assertions), "more ID-JAGs were redeemed than issued"
    granted = sum(counts[f"{issuer.name}: granted"] for issuer in (soak.first, soak.second))
    assert granted == len(soak.first.grants) + len(soak.second.grants)
    assert counts["answers: 200"] > SECONDS * 10
    if SECONDS >= 100:
        for what in ("revocations", "edits of descriptions", "lists", "answers: 503"):
            assert counts[what], (what, counts)
        assert soak.rotations and any(count for what, count in counts.items() if what.endswith("reset"))


def check_leftovers(soak: Soak, memory: int) -> None:
    """Neither memory nor descriptors have grown with time, and nothing secret is in any output."""
    gateway = soak.gateway
    grown = gateway.memory() - memory
    assert grown < 64 << 20, f"{grown >> 20} MiB more than after a quarter of the time"
    assert descriptors(gateway.process.pid) < 300
    for where, text in {"log": gateway.log(), "output": gateway.output.read_text(), "metrics": gateway.fetch("/metrics")[1]}.items():
        for secret in (MARK, "eyJ"):
            assert secret not in text, f"{where}: …{text[max(0, text.index(secret) - 300):text.index(secret)]}"
