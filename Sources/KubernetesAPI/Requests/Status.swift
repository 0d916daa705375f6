// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// What the API server says of a request that has no object to answer with, as `meta/v1` `Status`.
package struct Status: Hashable, Sendable, JSONDecodable {
    /// `Success` or `Failure`.
    package var status: String
    /// For people; may name objects, never holds their content.
    package var message: String
    /// One word for programs, for example `NotFound`.
    package var reason: String
    /// The HTTP status it stands for; 0 if absent.
    package var code: Int
    /// Details, for example one a rejected field.
    package var causes: [APIError.Cause]
    /// From `details.retryAfterSeconds`; `nil` if absent or zero.
    package var retryAfter: Duration?

    /// The server sends a status for successful deletions, too.
    package var isFailure: Bool { status == "Failure" }

    package init(json: JSONValue) throws(JSONDecodingError) {
        status = try json.optional("status") ?? ""
        message = try json.optional("message") ?? ""
        reason = try json.optional("reason") ?? ""
        code = try json.optional("code") ?? 0
        causes = []
        guard let details: JSONValue = try json.optional("details") else { return }
        causes = try details.optional("causes") ?? []
        if let seconds: Int = try details.optional("retryAfterSeconds"), (1...Self.longestWait).contains(seconds) {
            retryAfter = .seconds(seconds)
        }
    }

    /// A day; a longer wait is no advice but an error.
    static let longestWait = 86_400

    /// Whether a value calls itself a `Status`.
    package static func isStatus(_ json: JSONValue) -> Bool { json["kind"]?.stringValue == "Status" }
}

extension APIError.Cause: JSONDecodable {
    package init(json: JSONValue) throws(JSONDecodingError) {
        self.init(
            reason: try json.optional("reason") ?? "",
            message: try json.optional("message") ?? "",
            field: try json.optional("field") ?? ""
        )
    }
}
