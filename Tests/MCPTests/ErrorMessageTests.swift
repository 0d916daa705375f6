// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import MCP
import Testing

@Suite("JSON-RPC messages")
struct ErrorMessageTests {
    @Test(
        "An error answers the id of its request, of whichever kind",
        arguments: [
            (#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#, #"7"#),
            (#"{"jsonrpc":"2.0","id":"7","method":"ping"}"#, #""7""#),
            (#"{"jsonrpc":"2.0","method":"ping"}"#, "null"),
            (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, "null"),
            (#"{"jsonrpc":"2.0","id":[7],"method":"ping"}"#, "null"),
            (#"[{"id":7}]"#, "null"),
        ]
    )
    func answers(_ request: String, _ id: String) throws {
        let message = ErrorMessage(
            answering: MessageID(of: try JSONValue(parsing: Array(request.utf8))),
            code: -32_010,
            "No."
        )
        #expect(
            message.json.serializedText(.compact)
                == #"{"jsonrpc":"2.0","id":\#(id),"error":{"code":-32010,"message":"No."}}"#
        )
    }
}
