# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The same job in kopf: read the Secret a server names, write four conditions. Nothing is validated here."""

from __future__ import annotations

import os
import time

import aiohttp
import kopf
import ssl
import yaml

session: aiohttp.ClientSession
server = ""


@kopf.on.startup()
async def start(settings: kopf.OperatorSettings, **_: object) -> None:
    global session, server
    settings.posting.enabled = False
    settings.watching.server_timeout = 600
    with open(os.environ["KUBECONFIG"], encoding="utf-8") as file:
        configuration = yaml.safe_load(file)
    cluster = configuration["clusters"][0]["cluster"]
    server = cluster["server"]
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    token = configuration["users"][0]["user"]["token"]
    session = aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {token}"}, connector=aiohttp.TCPConnector(ssl=context, limit=32)
    )


@kopf.on.event("mcp.giantswarm.io", "v1alpha1", "mcpservers")
async def reconcile(body: kopf.Body, namespace: str, name: str, **_: object) -> None:
    if body.get("status", {}).get("conditions"):
        return
    secret = body["spec"]["auth"]["enterpriseIdP"]["clientCredentialsSecretRef"]["name"]
    async with session.get(f"{server}/api/v1/namespaces/{namespace}/secrets/{secret}") as response:
        await response.json()
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    conditions = [
        {
            "type": kind, "status": "True", "reason": kind, "message": f"{kind} by the comparison.",
            "lastTransitionTime": now, "observedGeneration": body["metadata"]["generation"],
        }
        for kind in ("Accepted", "ResolvedRefs", "Programmed", "Ready")
    ]
    patch = {"status": {"observedGeneration": body["metadata"]["generation"], "conditions": conditions}}
    url = f"{server}/apis/mcp.giantswarm.io/v1alpha1/namespaces/{namespace}/mcpservers/{name}/status"
    async with session.patch(url, json=patch, headers={"Content-Type": "application/merge-patch+json"}) as response:
        await response.read()
