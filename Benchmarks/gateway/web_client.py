# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""One call on a connection of its own."""

from __future__ import annotations

import urllib.error
import urllib.request

from mcp_server import ACCEPT, tool_call


def status_and_wait(url: str, token: str) -> tuple[int, str]:
    """The status of a tool call, and its Retry-After; 0 if there is no answer."""
    headers = {**ACCEPT, "Authorization": f"Bearer {token}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, tool_call(), headers), timeout=60) as response:
            response.read()
            return response.status, ""
    except urllib.error.HTTPError as error:
        error.read()
        return error.code, error.headers.get("Retry-After") or ""
    except OSError:
        return 0, ""
