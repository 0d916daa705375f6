// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// What ties a JSON-RPC answer to its request ([JSON-RPC 2.0 §4](https://www.jsonrpc.org/specification#request_object)).
///
/// MCP allows texts and whole numbers, and no `null`.
package enum MessageID: Hashable, Sendable {
    case text(String)
    case number(Int64)

    /// The `id` of a message; `nil` for a notification, for an `id` of another kind, and for what is no message.
    package init?(of message: JSONValue) {
        switch message["id"] {
        case .string(let text): self = .text(text)
        case .integer(let number): self = .number(number)
        default: return nil
        }
    }

    package var json: JSONValue {
        switch self {
        case .text(let text): .string(text)
        case .number(let number): .integer(number)
        }
    }
}
