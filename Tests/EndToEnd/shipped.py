# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""What deploy/ installs, as kubectl renders it, and just enough of a kubelet and of a Service to run it without a cluster."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import yaml
from conftest import ROOT, Cluster

NAMESPACE = "sallyport-system"
BASE = ROOT / "deploy/kustomize/base"
# Every key of the configuration that names files, as the reference has them.
FILE_KEYS = {"tokenFile", "caFile", "keyFiles", "certificateFile", "privateKeyFile", "clientSecretFile"}


class Shipped:
    """The objects of one kustomization."""

    def __init__(self, cluster: Cluster, folder: Path = BASE) -> None:
        self.objects: list[dict] = list(yaml.safe_load_all(cluster.kubectl("kustomize", str(folder))))

    def all(self, kind: str) -> list[dict]:
        return [object for object in self.objects if object["kind"] == kind]

    def one(self, kind: str, name: str) -> dict:
        (found,) = (object for object in self.all(kind) if object["metadata"]["name"] == name)
        return found

    def template(self, program: str) -> dict:
        """The pod template of `operator` or `gateway`."""
        return self.one("Deployment", f"sallyport-{program}")["spec"]["template"]

    def container(self, program: str) -> dict:
        (found,) = self.template(program)["spec"]["containers"]
        return found

    def port(self, program: str, name: str) -> int:
        (found,) = (port for port in self.container(program)["ports"] if port["name"] == name)
        return found["containerPort"]

    def configuration_text(self) -> str:
        return self.one("ConfigMap", "sallyport")["data"]["sallyport.yaml"]

    def configuration(self) -> dict:
        return yaml.safe_load(self.configuration_text())

    def pod(self, program: str, name: str) -> dict:
        """A pod of the Deployment's template, as its controller would make it."""
        template = self.template(program)
        metadata = {**template["metadata"], "name": name, "namespace": NAMESPACE}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def files_of(configuration: object) -> Iterator[tuple[str, str]]:
    """Each file that a configuration names, with the key that names it."""
    if isinstance(configuration, dict):
        for key, value in configuration.items():
            if key in FILE_KEYS:
                yield from ((key, path) for path in ([value] if isinstance(value, str) else value))
            else:
                yield from files_of(value)
    elif isinstance(configuration, list):
        for entry in configuration:
            yield from files_of(entry)


class PodFiles:
    """The files of a pod, as a kubelet would write them: from its volumes, the API server's objects and a token for it alone."""

    def __init__(self, cluster: Cluster, pod: dict, directory: Path) -> None:
        self.cluster, self.pod, self.directory = cluster, pod, directory
        (container,) = pod["spec"]["containers"]
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        self.mounts: dict[PurePosixPath, dict] = {
            PurePosixPath(mount["mountPath"]): volumes[mount["name"]] for mount in container["volumeMounts"]
        }

    def write(self) -> None:
        """Writes all of them; again when an object has changed, or to renew the token."""
        for place, volume in self.mounts.items():
            folder = self.directory / place.relative_to("/")
            folder.mkdir(parents=True, exist_ok=True)
            for name, content in self._content(volume).items():
                temporary = folder / f"..{name}"
                temporary.write_bytes(content)
                temporary.rename(folder / name)

    def local(self, path: str) -> str:
        """Where a file of the pod is on this machine; one outside of every volume is not there."""
        pure = PurePosixPath(path)
        assert any(pure.is_relative_to(place) for place in self.mounts), f"no volume of the pod holds '{path}'"
        return str(self.directory / pure.relative_to("/"))

    def adapted(self, configuration: object) -> object:
        """The configuration with the paths of this machine in place of the pod's."""
        if isinstance(configuration, dict):
            return {key: self._adapted(key, value) for key, value in configuration.items()}
        if isinstance(configuration, list):
            return [self.adapted(entry) for entry in configuration]
        return configuration

    def _adapted(self, key: str, value: object) -> object:
        if key not in FILE_KEYS:
            return self.adapted(value)
        return self.local(value) if isinstance(value, str) else [self.local(path) for path in value]  # type: ignore[union-attr]

    def _content(self, volume: dict) -> dict[str, bytes]:
        if "projected" in volume:
            found: dict[str, bytes] = {}
            for source in volume["projected"]["sources"]:
                found |= self._source(source)
            return found
        if "secret" in volume:
            source = volume["secret"]
            return self._source({"secret": {**source, "name": source["secretName"]}})
        return self._source({"configMap": volume["configMap"]})

    def _source(self, source: dict) -> dict[str, bytes]:
        if wanted := source.get("serviceAccountToken"):
            return {wanted["path"]: self.token(wanted).encode()}
        if fields := source.get("downwardAPI"):
            return {item["path"]: NAMESPACE.encode() for item in fields["items"]}
        (kind,) = source
        wanted = source[kind]
        try:
            object = self.cluster.get(kind.lower(), NAMESPACE, wanted["name"])
        except AssertionError:
            if wanted.get("optional"):
                return {}
            raise
        data = object.get("data", {})
        content = {key: base64.b64decode(text) if kind == "secret" else text.encode() for key, text in data.items()}
        if items := wanted.get("items"):
            return {item["path"]: content[item["key"]] for item in items}
        return content

    def token(self, wanted: dict) -> str:
        """What a kubelet asks for: a token of the pod's account that is good for as long as the pod is there."""
        metadata = self.cluster.get("pod", NAMESPACE, self.pod["metadata"]["name"])["metadata"]
        spec = {
            "expirationSeconds": wanted["expirationSeconds"],
            "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": metadata["uid"]},
        }
        if audience := wanted.get("audience"):
            spec["audiences"] = [audience]
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{self.pod['spec']['serviceAccountName']}/token"
        answer = self.cluster.kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(body))
        return json.loads(answer)["status"]["token"]


class Service:
    """One address in front of several: each connection goes to the next endpoint, as kube-proxy would have it."""

    def __init__(self) -> None:
        self.endpoints: list[int] = []
        self._next = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._next += 1
                endpoints = self.endpoints
                try:
                    server = socket.create_connection(("127.0.0.1", endpoints[self._next % len(endpoints)]), 5)
                except (OSError, ZeroDivisionError):
                    client.close()
                    continue
                server.settimeout(None)
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)
        # Whoever leaves takes the other along; a half of a connection is of no use to HTTP.
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
