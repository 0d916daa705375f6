# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Usage: fastmcp_proxy.py PORT BACKEND-URL

A proxy as cheap as fastmcp makes one: all callers share one client that stays connected (by default each request gets its
own), no sessions, answers in JSON.
"""

from __future__ import annotations

import asyncio
import sys

from fastmcp import Client
from fastmcp.server import create_proxy


async def main() -> None:
    port, url = sys.argv[1:]
    async with Client(url) as client:
        await create_proxy(client, name="bench").run_http_async(
            host="127.0.0.1", port=int(port), stateless_http=True, json_response=True, show_banner=False, log_level="error"
        )


if __name__ == "__main__":
    asyncio.run(main())
