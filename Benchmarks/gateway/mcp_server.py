# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Usage: mcp_server.py PORT

An MCP server with one tool, for peers that speak the protocol themselves: the least that a client needs, and answers of
1 KiB made beforehand. GET opens a stream on which nothing is sent after a first comment.
"""

from __future__ import annotations

import json
import sys

from web import Request, Response, document, run

ANSWER_BYTES = 1_024
TOOL = "lookup"
# What clients send with every message.
ACCEPT = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


def tool_call(tool: str = TOOL) -> bytes:
    """The request that is measured."""
    call = {"name": tool, "arguments": {"key": "a key"}}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}).encode()


def call_result(identifier: object) -> bytes:
    """The answer to a tool call: a JSON text of 1 KiB for an id of one digit."""

    def text(filling: str) -> str:
        result = {"content": [{"type": "text", "text": filling}], "isError": False}
        return json.dumps({"jsonrpc": "2.0", "id": identifier, "result": result}, separators=(",", ":"))

    return text("x" * (ANSWER_BYTES - len(text("")))).encode()


def answer(request: Request) -> Response:
    if request.method == "GET":
        return Response(b": open\n\n", type="text/event-stream", stays_open=True)
    if request.method != "POST":
        return Response(status=405)
    message = json.loads(request.body)
    identifier = message.get("id")
    match message.get("method"):
        case "tools/call":
            return Response(call_result(identifier))
        case "initialize":
            result: dict[str, object] = {
                "protocolVersion": message["params"]["protocolVersion"], "capabilities": {"tools": {}},
                "serverInfo": {"name": "bench", "version": "1"},
            }
        case "tools/list":
            schema = {"type": "object", "properties": {"key": {"type": "string"}}}
            result = {"tools": [{"name": TOOL, "description": "Looks a key up.", "inputSchema": schema}]}
        case "ping":
            result = {}
        case _ if identifier is None:
            return Response(status=202)
        case method:
            error = {"code": -32601, "message": f"There is no method {method}."}
            return document({"jsonrpc": "2.0", "id": identifier, "error": error})
    return document({"jsonrpc": "2.0", "id": identifier, "result": result})


if __name__ == "__main__":
    run((int(sys.argv[1]), answer))
