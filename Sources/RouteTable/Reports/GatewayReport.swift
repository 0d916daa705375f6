// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// What one gateway says about the routes it was sent.
package struct GatewayReport: Hashable, Sendable {
    /// What became of one route at one gateway.
    package struct Entry: Hashable, Sendable {
        /// The route; need not be one that the receiver knows.
        package var key: RouteKey
        /// The version that the outcome is about.
        package var version: String
        /// What the gateway did with that version.
        package var outcome: Outcome

        package init(key: RouteKey, version: String, outcome: Outcome) {
            self.key = key
            self.version = version
            self.outcome = outcome
        }
    }

    /// What a gateway does with a route that it was sent.
    package enum Outcome: Hashable, Sendable {
        /// The next request uses it.
        case applied
        /// The gateway's own configuration does not permit it: a CamelCase word, and a sentence that says what to do.
        case rejected(reason: String, message: String)
    }

    /// The revision of the gateway's table, for logs.
    package var revision: Int64
    /// Whether ``entries`` is everything the gateway holds, so that routes it does not name are not held.
    package var isFull: Bool
    /// What is new since the last report, or everything.
    package var entries: [Entry]

    package init(revision: Int64, isFull: Bool, entries: [Entry]) {
        self.revision = revision
        self.isFull = isFull
        self.entries = entries
    }
}

extension GatewayReport: JSONDecodable, JSONEncodable {
    package init(json: JSONValue) throws(JSONDecodingError) {
        self.init(
            revision: try json.required("revision"),
            isFull: try json.optional("full") ?? false,
            entries: try json.required("routes")
        )
    }

    package var json: JSONValue {
        ["revision": revision.json, "full": isFull.json, "routes": entries.json]
    }
}

extension GatewayReport.Entry: JSONDecodable, JSONEncodable {
    /// The longest version, reason and message that are kept, in Unicode scalars; longer ones are cut.
    private static let limits = (version: 64, reason: 64, message: 1_024)

    /// By scalars, because a single character can be of any length.
    private static func cut(_ text: String, to limit: Int) -> String {
        text.unicodeScalars.count <= limit ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit)))
    }

    package init(json: JSONValue) throws(JSONDecodingError) {
        let word: String = try json.required("outcome")
        let outcome: GatewayReport.Outcome
        switch word {
        case "applied": outcome = .applied
        case "rejected":
            outcome = .rejected(
                reason: Self.cut(try json.required("reason"), to: Self.limits.reason),
                message: Self.cut(try json.optional("message") ?? "", to: Self.limits.message)
            )
        default: throw JSONDecodingError(at: JSONPointer([.key("outcome")]), "must be applied or rejected")
        }
        self.init(
            key: try json.required("key"),
            version: Self.cut(try json.required("version"), to: Self.limits.version),
            outcome: outcome
        )
    }

    package var json: JSONValue {
        var object: JSONObject = ["key": .string(key.description), "version": version.json]
        switch outcome {
        case .applied: object["outcome"] = "applied"
        case .rejected(let reason, let message):
            object["outcome"] = "rejected"
            object["reason"] = reason.json
            object["message"] = message.json
        }
        return .object(object)
    }
}
