// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// Lines of a watch, as a server writes them.
package enum WatchLine {
    /// An event of any type.
    package static func event(_ type: String, _ object: JSONValue) -> String {
        let line: JSONValue = ["type": .string(type), "object": object]
        return line.serializedText() + "\n"
    }

    /// A bookmark, which has nothing but a kind and a version.
    package static func bookmark(_ version: String, kind: String, apiVersion: String) -> String {
        event(
            "BOOKMARK",
            [
                "kind": .string(kind), "apiVersion": .string(apiVersion),
                "metadata": ["resourceVersion": .string(version), "creationTimestamp": .null],
            ]
        )
    }

    /// The bookmark after the last event of those that a watch begins with.
    package static func initialEventsEnd(_ version: String, kind: String, apiVersion: String) -> String {
        event(
            "BOOKMARK",
            [
                "kind": .string(kind), "apiVersion": .string(apiVersion),
                "metadata": [
                    "resourceVersion": .string(version), "creationTimestamp": .null,
                    "annotations": ["k8s.io/initial-events-end": "true"],
                ],
            ]
        )
    }

    /// An `ERROR` event with a `Status`.
    package static func error(_ code: Int64, reason: String, message: String, retryAfter: Int64? = nil) -> String {
        event("ERROR", status(code, reason: reason, message: message, retryAfter: retryAfter))
    }

    /// The `ERROR` event a server sends for a version that is gone.
    package static func expired() -> String {
        error(410, reason: "Expired", message: "too old resource version")
    }

    /// A failure `Status`.
    package static func status(
        _ code: Int64,
        reason: String,
        message: String,
        retryAfter: Int64? = nil,
        continueToken: String? = nil,
        cause: String? = nil
    ) -> JSONValue {
        var details: JSONObject = [:]
        if let retryAfter { details["retryAfterSeconds"] = .integer(retryAfter) }
        if let cause { details["causes"] = [["reason": .string(cause), "message": .string(message)]] }
        var metadata: JSONObject = [:]
        if let continueToken { metadata["continue"] = .string(continueToken) }
        return [
            "kind": "Status", "apiVersion": "v1", "metadata": .object(metadata), "status": "Failure",
            "message": .string(message), "reason": .string(reason), "details": .object(details), "code": .integer(code),
        ]
    }
}
