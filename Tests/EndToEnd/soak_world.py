# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Peers of a gateway that check every request they get against what they know, and fail in the ways they are told to."""

from __future__ import annotations

import base64
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from dex import ID_TOKEN, TOKEN_EXCHANGE, Dex, refusal, verified
from gateway_world import claims as unverified
from http_peer import Peer, Received, Reply
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

ID_JAG = "urn:ietf:params:oauth:token-type:id-jag"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CLIENT, GATEWAY_CLIENT = "sallyport", "gateway"
# What is found in every opaque token and secret, so that one search finds all of them.
MARK = "soak-canary"
# What a busy machine may be late by.
SLACK = 0.5
# From the end of a fault until nothing of it may be felt any more: pauses double while it lasts.
RECOVERY = 12.0


class Findings:
    """What should not have happened, and what has."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def violated(self, what: str) -> None:
        with self._lock:
            if len(self.violations) < 100:
                self.violations.append(f"{time.strftime('%H:%M:%S')} {what}")

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1


@dataclass
class Fault:
    """`unavailable` answers 503 with Retry-After, `reset` closes without an answer, `slow` takes its time."""

    kind: str
    until: float
    seconds: int = 1


class Troubles:
    """When somebody was at fault, so that what is felt of it can be told from what must not happen."""

    def __init__(self) -> None:
        self.times: list[tuple[float, float, str]] = []
        self.fault: Fault | None = None

    def begin(self, fault: Fault) -> None:
        self.times.append((time.monotonic(), fault.until, fault.kind))
        self.fault = fault

    def current(self) -> Fault | None:
        fault = self.fault
        return fault if fault and time.monotonic() < fault.until else None

    def felt(self, start: float, end: float, *kinds: str, after: float = RECOVERY) -> bool:
        """Whether something of that kind may be felt between two moments."""
        return any(begun <= end and start <= ended + after and (not kinds or kind in kinds) for begun, ended, kind in self.times)


class Circuit:
    """What must be true of requests at an endpoint from which failures keep them away.

    Leniently where requests are under way at the same time: which failure counted first only the gateway knows.
    """

    def __init__(self, name: str, findings: Findings) -> None:
        self.name, self.findings = name, findings
        self.opened, self.until = float("-inf"), float("-inf")
        self.probe: float | None = None
        self._lock = threading.Lock()

    def arrived(self, admitted: float) -> None:
        """A request is here that was let out then."""
        with self._lock:
            if self.opened + SLACK < admitted < self.until - 0.05:
                self.findings.violated(
                    f"{self.name}: a call {admitted - self.opened:.2f} s after its circuit opened for {self.until - self.opened:.2f} s"
                )
            if self.opened > float("-inf") and admitted >= self.until - 0.05:
                if self.probe is not None and admitted > self.probe + SLACK:
                    self.findings.violated(f"{self.name}: a second call {admitted - self.probe:.2f} s after the probe, which has no answer")
                self.probe = self.probe or admitted

    def answered(self, admitted: float, pause: float | None) -> None:
        """Its answer goes out; with a pause it opens the circuit for at least that long."""
        now = time.monotonic()
        with self._lock:
            if self.probe is not None and admitted >= self.probe:
                self.probe = None
                if pause is None:
                    self.opened = self.until = float("-inf")
            if pause is None:
                return
            if admitted >= self.until:
                self.opened, self.until = now, now + pause
            elif now - self.opened < 2:
                self.until = min(self.until, now + pause)


class Place(Peer):
    """A server with metadata, whose token endpoint fails as told."""

    def __init__(self, name: str, findings: Findings) -> None:
        self.name, self.findings = name, findings
        self.troubles, self.circuit = Troubles(), Circuit(name, findings)
        self.key = ECKey.generate_key("P-256", {"kid": name, "use": "sig", "alg": "ES256"})
        self.arrivals = 0
        super().__init__(self._route)

    @property
    def keys(self) -> KeySet:
        return KeySet([self.key])

    def sign(self, claims: dict, kind: str = "JWT") -> str:
        return jwt.encode({"alg": "ES256", "kid": self.key.kid, "typ": kind}, claims, self.key)

    def _route(self, request: Received, connection: socket.socket) -> Reply | None:
        self.requests.clear()
        if request.path.startswith("/.well-known/"):
            return Reply(200, {"issuer": self.origin, "token_endpoint": self.origin + "/token", "jwks_uri": self.origin + "/keys"})
        if request.path == "/keys":
            return Reply(200, {"keys": [self.key.as_dict(private=False)]})
        if request.path != "/token":
            return Reply(404)
        return self._token(request)

    def _token(self, request: Received) -> Reply | None:
        self.arrivals += 1
        admitted = self.admitted(request, time.monotonic())
        self.circuit.arrived(admitted)
        fault = self.troubles.current()
        pause: float | None = None
        reply: Reply | None = None
        if fault and fault.kind == "unavailable":
            self.findings.count(f"{self.name}: 503")
            pause, reply = fault.seconds, Reply(503, {"error": "temporarily_unavailable"}, [("Retry-After", str(fault.seconds))])
        elif fault and fault.kind == "reset":
            self.findings.count(f"{self.name}: reset")
            pause = self.lost(request)
        else:
            if fault:
                self.findings.count(f"{self.name}: slow")
                time.sleep(random.uniform(0.2, 1.5))
            reply = self.answer(request, admitted)
        self.circuit.answered(admitted, pause)
        return reply

    def admitted(self, request: Received, now: float) -> float:
        """When the exchange that this request is part of was let out."""
        return now

    def lost(self, request: Received) -> float | None:
        """Notes that there is no answer; returns for how long at least the endpoint is left in peace."""
        return 0.75

    def answer(self, request: Received, admitted: float) -> Reply:
        raise NotImplementedError


class Exchanges:
    """Who got which token when, so that an exchange that nobody needed is found."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        # By session and resource: until when its last token does, as far as nothing happens to it.
        self.good: dict[tuple[str, str], tuple[float, float]] = {}
        # When something happened after which tokens for that resource are obtained anew; of one session, or of all.
        self.reasons: list[tuple[float, str, str | None]] = []
        # Exchanges that go on with another ID-JAG, and when they began.
        self.retrying: dict[tuple[str, str], float] = {}

    def reason(self, resource: str, session: str | None = None) -> None:
        self.reasons.append((time.monotonic(), resource, session))

    def began(self, key: tuple[str, str], now: float) -> None:
        """An exchange has begun, which must not be for a token that is good still."""
        got, until = self.good.get(key, (0.0, 0.0))
        session, resource = key
        if now < until - SLACK and not any(
            got - 2 <= moment and resource == about and whose in (None, session) for moment, about, whose in self.reasons[-2_000:]
        ):
            self.findings.violated(f"an exchange for {resource} {until - now:.1f} s before anybody needed it")

    def granted(self, key: tuple[str, str], lifetime: float) -> None:
        now = time.monotonic()
        self.good[key] = now, now + 0.96 * (lifetime - min(30, lifetime / 4))


class Provider(Place):
    """Signs users in and issues ID-JAGs."""

    def __init__(self, findings: Findings, exchanges: Exchanges) -> None:
        self.exchanges = exchanges
        self.secret = f"{MARK}-provider"
        # By `jti`: when its exchange was let out, and for which session and resource it is.
        self.assertions: dict[str, tuple[float, tuple[str, str]]] = {}
        super().__init__("provider", findings)

    def id_token(self, user: str, session: str) -> str:
        now = int(time.time())
        return self.sign({
            "iss": self.origin, "sub": user, "aud": [CLIENT, "mail"], "iat": now, "exp": now + 7_200, "auth_time": now, "sid": session,
        })

    @staticmethod
    def place(form: dict[str, str]) -> tuple[str, str]:
        return str(unverified(form["subject_token"])["sid"]), form["resource"]

    def admitted(self, request: Received, now: float) -> float:
        return self.exchanges.retrying.get(self.place(request.form()), now)

    def answer(self, request: Received, admitted: float) -> Reply:
        form = request.form()
        if not authenticated(request, CLIENT, [self.secret]):
            self.findings.violated("the provider's client came with another secret")
        if (form["grant_type"], form["requested_token_type"], form["subject_token_type"]) != (TOKEN_EXCHANGE, ID_JAG, ID_TOKEN):
            self.findings.violated(f"another request than leg 1: {form.keys()}")
        try:
            subject = verified(form["subject_token"], self.keys, self.origin, CLIENT)
        except (JoseError, ValueError):
            self.findings.violated("a subject token that is none")
            return refusal(400, "invalid_grant")
        key = self.place(form)
        if self.exchanges.retrying.pop(key, None) is None:
            self.exchanges.began(key, admitted)
        identifier = base64.urlsafe_b64encode(random.randbytes(12)).decode()
        now = int(time.time())
        self.assertions[identifier] = admitted, key
        assertion = self.sign({
            "iss": self.origin, "sub": subject["sub"], "aud": form["audience"], "client_id": GATEWAY_CLIENT, "jti": identifier,
            "iat": now, "exp": now + 60, "resource": form["resource"], "scope": form.get("scope", ""),
        }, "oauth-id-jag+jwt")
        return Reply(200, {"access_token": assertion, "issued_token_type": ID_JAG, "token_type": "N_A", "expires_in": 60,
                           "scope": form.get("scope", "")})


@dataclass
class Grant:
    """An access token of an authorization server."""

    user: str
    session: str
    resource: str
    scope: str
    secret: str
    issued: float
    until: float
    is_revoked: bool = False


class AuthorizationServer(Place):
    """Takes ID-JAGs, each once."""

    def __init__(self, name: str, findings: Findings, provider: Provider) -> None:
        self.provider, self.exchanges = provider, provider.exchanges
        self.secrets = [f"{MARK}-{name}-0"]
        # When a secret stopped being the one to use.
        self.replaced: dict[str, float] = {}
        self.grants: dict[str, Grant] = {}
        self.used: set[str] = set()
        super().__init__(name, findings)

    def admitted(self, request: Received, now: float) -> float:
        known = self.provider.assertions.get(str(unverified(request.form()["assertion"]).get("jti")))
        return known[0] if known else now

    def lost(self, request: Received) -> float | None:
        # It may have been used up, so the exchange goes on with another one before the endpoint counts as failed.
        self._again(request)
        return None

    def _again(self, request: Received) -> None:
        assertion = unverified(request.form()["assertion"])
        self._use(assertion)
        if known := self.provider.assertions.get(str(assertion["jti"])):
            self.exchanges.retrying[known[1]] = known[0]

    def _use(self, assertion: dict) -> None:
        identifier = str(assertion["jti"])
        if identifier in self.used:
            self.findings.violated(f"{self.name}: an ID-JAG came twice")
        if identifier not in self.provider.assertions:
            self.findings.violated(f"{self.name}: an ID-JAG that nobody issued")
        self.used.add(identifier)

    def answer(self, request: Received, admitted: float) -> Reply:
        secret = basic(request)[1]
        if secret not in self.secrets:
            if self.replaced.get(secret, float("inf")) < admitted - 5:
                self.findings.violated(f"{self.name}: a secret came long after it had been replaced")
            self.findings.count(f"{self.name}: invalid_client")
            self._again(request)
            return refusal(401, "invalid_client")
        form = request.form()
        try:
            assertion = verified(form["assertion"], self.provider.keys, self.provider.origin, self.origin)
        except (JoseError, ValueError):
            self.findings.violated(f"{self.name}: an ID-JAG for somebody else")
            return refusal(400, "invalid_grant")
        self._use(assertion)
        if form["grant_type"] != JWT_BEARER or assertion["client_id"] != basic(request)[0] or form.get("resource") != assertion["resource"]:
            self.findings.violated(f"{self.name}: another request than leg 2")
        _, key = self.provider.assertions[str(assertion["jti"])]
        lifetime = random.randint(16, 40)
        token = f"{MARK}-{base64.urlsafe_b64encode(random.randbytes(18)).decode()}"
        now = time.monotonic()
        self.grants[token] = Grant(
            str(assertion["sub"]), key[0], str(assertion["resource"]), str(assertion["scope"]), secret, now, now + lifetime,
        )
        self.exchanges.granted(key, lifetime)
        self.findings.count(f"{self.name}: granted")
        return Reply(200, {"access_token": token, "token_type": "Bearer", "expires_in": lifetime, "scope": form.get("scope", "")})


class Exchanger(Place):
    """Exchanges tokens as Dex does; the checks are ``Dex``'s."""

    def __init__(self, findings: Findings, exchanges: Exchanges, provider: Provider) -> None:
        self.exchanges, self.provider = exchanges, provider
        self.dex = Dex(provider.origin, CLIENT, {CLIENT: provider.secret}, {"tools": [CLIENT]})
        self.dex.lifetime = 24
        super().__init__("dex", findings)
        self.dex.key = self.key
        self.dex.origin = self.origin

    def answer(self, request: Received, admitted: float) -> Reply:
        key = str(unverified(request.form()["subject_token"])["sid"]), "tools"
        self.exchanges.began(key, admitted)
        self.dex.issued.clear()
        reply = self.dex.exchange(request)
        if reply.status != 200:
            self.findings.violated(f"dex refused a request: {reply.body!r}")
        self.exchanges.granted(key, self.dex.lifetime)
        self.findings.count("dex: granted")
        return reply


class Server(Peer):
    """An MCP server that says whom the token it got is about."""

    def __init__(self, name: str, findings: Findings, check: Callable[[Server, str | None], str | Reply]) -> None:
        self.name, self.findings, self.check = name, findings, check
        self.troubles = Troubles()
        super().__init__(self._answer)

    @property
    def url(self) -> str:
        return self.origin + "/mcp"

    def _answer(self, request: Received, _: socket.socket) -> Reply | None:
        self.requests.clear()
        who = self.check(self, request.header("Authorization"))
        if isinstance(who, Reply):
            return who
        fault = self.troubles.current()
        if fault:
            self.findings.count(f"servers: {fault.kind}")
        if fault and fault.kind == "reset":
            return None
        message = request.json()
        if fault and fault.kind == "unavailable":
            error = {"code": -32603, "message": "of the server"}
            return Reply(503, {"jsonrpc": "2.0", "id": message["id"], "error": error}, [("Retry-After", "1")])
        if fault:
            time.sleep(random.uniform(0.1, 1.0))
        result = {"user": who, "server": self.name, "nonce": message["params"]["nonce"]}
        return Reply(200, {"jsonrpc": "2.0", "id": message["id"], "result": result})


def takes_grants(issuer: AuthorizationServer) -> Callable[[Server, str | None], str | Reply]:
    """The check of a server that takes an authorization server's tokens."""

    def check(server: Server, authorization: str | None) -> str | Reply:
        token = (authorization or "").removeprefix("Bearer ")
        grant, now = issuer.grants.get(token), time.monotonic()
        if grant is None or grant.resource != server.url:
            server.findings.violated(f"{server.name}: a token that is not for it")
            return Reply(403)
        if now > grant.until:
            server.findings.violated(f"{server.name}: a token {now - grant.until:.1f} s after its end")
        replaced = issuer.replaced.get(grant.secret, float("inf"))
        if grant.issued < replaced - SLACK and now > replaced + 5:
            server.findings.violated(f"{server.name}: a token from before its client's secret was replaced")
        if grant.is_revoked:
            server.findings.count("servers: 401")
            return Reply(401, b"", [("WWW-Authenticate", 'Bearer error="invalid_token"')])
        return grant.user

    return check


def takes_signed(keys: Callable[[], KeySet], issuer: Callable[[], str], audience: str) -> Callable[[Server, str | None], str | Reply]:
    """The check of a server that takes signed tokens."""

    def check(server: Server, authorization: str | None) -> str | Reply:
        try:
            return str(verified((authorization or "").removeprefix("Bearer "), keys(), issuer(), audience)["sub"])
        except (JoseError, ValueError) as error:
            server.findings.violated(f"{server.name}: a token that is not for it ({type(error).__name__})")
            return Reply(403)

    return check


def takes_nothing(server: Server, authorization: str | None) -> str | Reply:
    if authorization is not None:
        server.findings.violated(f"{server.name}: a token, although it wants none")
    return ""


def basic(request: Received) -> tuple[str, str]:
    """Name and secret of a client."""
    value = (request.header("Authorization") or "").removeprefix("Basic ")
    name, _, secret = base64.b64decode(value).decode().partition(":")
    return name, secret


def authenticated(request: Received, name: str, secrets: list[str]) -> bool:
    found = basic(request)
    return found[0] == name and found[1] in secrets


@dataclass
class Caller:
    """A user's current session."""

    user: str
    session: str
    token: str = field(repr=False)


def refusal_reason(body: bytes) -> str:
    """The word of a refusal in the gateway's own form; empty if it is the server's own answer."""
    try:
        return str(json.loads(body)["error"]["data"]["reason"])
    except (ValueError, KeyError, TypeError):
        return ""
