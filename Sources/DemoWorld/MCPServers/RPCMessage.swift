// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import MCP

/// One JSON-RPC message of a client, as far as these servers look at it:
/// [JSON-RPC 2.0 §4](https://www.jsonrpc.org/specification#request_object).
struct RPCMessage: Sendable {
    /// Why a body is no message.
    struct Malformed: Error {
        var code: Int64
        var message: String
        var id: JSONValue = .null
    }

    /// `nil` for a response, which has none.
    var method: String?
    /// `nil` for a notification.
    var id: JSONValue?
    var parameters: JSONValue

    init(parsing body: [UInt8]) throws(Malformed) {
        let json: JSONValue
        do { json = try JSONValue(parsing: body, limits: DemoListener.jsonLimits) } catch {
            throw Malformed(code: -32_700, message: "The body is no JSON.")
        }
        guard json["jsonrpc"] == "2.0" else {
            throw Malformed(code: -32_600, message: "The body is no JSON-RPC message.")
        }
        switch json["id"] {
        case nil: id = nil
        case .string, .integer: id = json["id"]
        default: throw Malformed(code: -32_600, message: "The id is neither a text nor an integer.")
        }
        guard case .string(let text)? = json["method"] else {
            guard json["method"] == nil, id != nil, json["result"] != nil || json["error"] != nil else {
                throw Malformed(code: -32_600, message: "There is no method.", id: id ?? .null)
            }
            method = nil
            parameters = .null
            return
        }
        method = text
        parameters = json["params"] ?? .null
    }

    static func result(_ result: JSONValue, id: JSONValue) -> JSONValue {
        ["jsonrpc": "2.0", "id": id, "result": result]
    }

    static func error(_ code: Int64, _ message: String, id: JSONValue) -> JSONValue {
        ErrorMessage(answering: MessageID(of: ["id": id]), code: code, message).json
    }
}
