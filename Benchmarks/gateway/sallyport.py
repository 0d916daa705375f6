# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The gateway under `sallyport serve`, and the enterprise it belongs to."""

from __future__ import annotations

import json
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from background import Background, python
from common.processes import Sallyport, free_port
from identity import CLIENT, SECRET, Signer
from mcp_server import ACCEPT, tool_call

NAMESPACE = "bench"
CREDENTIALS = {
    "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "client", "namespace": NAMESPACE},
    "stringData": {"client-id": CLIENT, "client-secret": SECRET},
}


class Enterprise(Background):
    """The identity provider and the authorization server, and what they were asked."""

    def __init__(self, directory: Path, delay: float = 0, token_bytes: int = 64, lifetime: int = 3_600) -> None:
        key = directory / "enterprise.pem"
        self.signer = Signer.load(key)
        port, self.server_port = free_port(), free_port()
        super().__init__(
            "enterprise", python("enterprise.py", key, port, self.server_port, delay, token_bytes, lifetime), port, directory
        )

    @property
    def server(self) -> str:
        """The authorization server's issuer; the identity provider's is `url`."""
        return f"http://127.0.0.1:{self.server_port}"

    def token(self, user: str, session: str = "one") -> str:
        return self.signer.id_token(self.url, user, session)

    def counts(self) -> dict[str, int]:
        """How often each path was asked since `forget`, by server and path."""
        return self._administer("GET", "/counts")

    def pairs(self) -> dict[str, int]:
        """How often each user got a token for each resource since `forget`."""
        return self._administer("GET", "/pairs")

    def secrets(self) -> dict[str, dict[str, float]]:
        """By secret of the client: when it first came since `forget`, and how often it was taken and refused."""
        return self._administer("GET", "/secrets")

    def forget(self) -> None:
        self._administer("DELETE", "/counts")

    def take_down(self, is_down: bool) -> None:
        """Has the identity provider answer nobody, or everybody again."""
        self._administer("PUT", "/down", is_down)

    def take_secrets(self, *secrets: str) -> None:
        """Has the authorization server take these secrets of the client alone."""
        self._administer("PUT", "/secrets", secrets)

    def _administer(self, method: str, path: str, body: object = None) -> dict:
        content = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + path, content, method=method), timeout=30) as response:
            return json.loads(response.read())

    def configuration(self, directory: Path, ahead: str = "none") -> dict[str, object]:
        """The gateway's; `ahead` is what is connected when a session starts."""
        secret = directory / "client-secret"
        secret.write_text(SECRET)
        secret.chmod(0o600)
        provider = {"name": "corp", "issuer": self.url, "clientID": CLIENT, "clientSecretFile": str(secret)}
        # Nothing is obtained ahead unless a measurement asks for it, so that each call's own exchanges can be counted.
        return {
            "identityProviders": [provider], "egress": {"allowLoopbackHTTP": True}, "sessionStart": {"servers": ahead},
        }

    def manifest(self, name: str, url: str) -> dict[str, object]:
        """A server that wants a token of the enterprise's."""
        return manifest(name, url, {
            "enterpriseIdP": {
                "enabled": True, "idp": "corp", "mcpAuthServerIssuer": self.server, "scopes": "read",
                "mcpAuthServerClient": {"clientCredentialsSecretRef": {"name": "client"}},
            }
        })


def manifest(name: str, url: str, auth: dict[str, object]) -> dict[str, object]:
    return {
        "apiVersion": "mcp.giantswarm.io/v1alpha1", "kind": "MCPServer",
        "metadata": {"name": name, "namespace": NAMESPACE}, "spec": {"type": "streamable-http", "url": url, "auth": auth},
    }


class Gateway(Sallyport):
    """`sallyport serve` with these servers, once it serves all that can be."""

    def __init__(
        self, directory: Path, configuration: dict[str, object], manifests: list[dict[str, object]], token: str,
        unserved: list[dict[str, object]] | None = None,
    ) -> None:
        self.port = free_port()
        folder = Path(tempfile.mkdtemp(prefix="manifests-", dir=directory))
        (folder / "all.yaml").write_text(yaml.safe_dump_all([CREDENTIALS, *manifests, *(unserved or [])]))
        address = f"127.0.0.1:{self.port}"
        super().__init__("serve", ["--manifests", str(folder)], directory, {**configuration, "listen": address})
        self.paths = [self.path(str(item["metadata"]["name"])) for item in manifests]  # type: ignore[index]
        self.wait_serving(token)

    def wait_serving(self, token: str) -> None:
        """Waits until a user is served by all of its servers; ends it otherwise."""
        try:
            self.wait_ready(pause=0.05)
            for path in self.paths:
                self._wait_served(path, token)
        except BaseException:
            self.__exit__()
            raise

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @staticmethod
    def path(name: str) -> str:
        return f"/servers/{NAMESPACE}/{name}/mcp"

    def _wait_served(self, path: str, token: str, seconds: float = 20) -> None:
        headers = {**ACCEPT, "Authorization": f"Bearer {token}"}
        deadline = time.monotonic() + seconds
        while True:
            try:
                with urllib.request.urlopen(urllib.request.Request(self.url + path, tool_call(), headers), timeout=30) as response:
                    response.read()
                    return
            except urllib.error.HTTPError as error:
                found = f"{error.code} {error.read()[:300]!r}"
            except OSError as error:
                found = repr(error)
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"POST {path}: {found} {self.log_path.read_text()[-600:]}")
            time.sleep(0.1)


@contextmanager
def gateway(
    enterprise: Enterprise, directory: Path, servers: dict[str, str], more: list[dict[str, object]] | None = None,
    unserved: list[dict[str, object]] | None = None, ahead: str = "none",
) -> Iterator[Gateway]:
    """The gateway with servers of the enterprise's by name and URL, with further ones, and with some that serve nobody."""
    manifests = [enterprise.manifest(name, url) for name, url in servers.items()] + (more or [])
    with Gateway(directory, enterprise.configuration(directory, ahead), manifests, enterprise.token("first"), unserved) as started:
        yield started
