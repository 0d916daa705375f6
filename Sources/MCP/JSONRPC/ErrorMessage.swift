// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// A JSON-RPC error, as the answer to a request ([JSON-RPC 2.0 §5.1](https://www.jsonrpc.org/specification#error_object)).
package struct ErrorMessage: Hashable, Sendable {
    /// What it answers; `nil` where that could not be read.
    package var id: MessageID?
    /// Below -32000 for the protocol's own, -32000 and above for a server's.
    package var code: Int64
    /// A full sentence.
    package var message: String
    /// For programs.
    package var data: JSONValue?

    package init(answering id: MessageID?, code: Int64, _ message: String, data: JSONValue? = nil) {
        self.id = id
        self.code = code
        self.message = message
        self.data = data
    }

    /// The whole message.
    package var json: JSONValue {
        var error: JSONObject = ["code": .integer(code), "message": .string(message)]
        if let data { error["data"] = data }
        return ["jsonrpc": "2.0", "id": id?.json ?? .null, "error": .object(error)]
    }
}
