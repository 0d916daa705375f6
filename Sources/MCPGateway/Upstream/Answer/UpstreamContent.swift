// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// What an upstream's answer carries.
enum UpstreamContent: Hashable, Sendable {
    /// One JSON document.
    case json
    /// Server-sent events.
    case events
    /// Nothing.
    case none
    /// Something that MCP does not have.
    case other

    /// Reads the head of an answer.
    init(status: Int, _ headers: HTTPHeaders) {
        let types = headers.values(of: "Content-Type")
        guard let type = types.first else {
            // An answer without a body need not say of which type it is.
            self = status == 204 || status == 202 || headers["Content-Length"] == "0" ? .none : .other
            return
        }
        let bytes = type.utf8.prefix { $0 != UInt8(ascii: ";") }.filter { $0 != UInt8(ascii: " ") && $0 != 9 }
        let essence = String(decoding: bytes, as: UTF8.self).lowercased()
        self =
            switch (types.count, essence) {
            case (1, "application/json"): .json
            case (1, "text/event-stream"): .events
            default: .other
            }
    }

    /// As the client gets it: without what the upstream adds to it.
    var contentType: String? {
        switch self {
        case .json: "application/json"
        case .events: "text/event-stream"
        case .none, .other: nil
        }
    }
}
