// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// One observed aspect of an object, as [metav1.Condition](https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/condition/).
package struct Condition: Hashable, Sendable, JSONDecodable, JSONEncodable {
    /// The three words of the convention; an absent condition means ``unknown``.
    package enum Status: String, Hashable, Sendable {
        case `true` = "True"
        case `false` = "False"
        case unknown = "Unknown"
    }

    /// Unique within one object, for example `Ready`.
    package var type: String
    /// Whether what ``type`` says is so.
    package var status: Status
    /// The `metadata.generation` that was looked at.
    package var observedGeneration: Int64
    /// When ``status`` last changed, RFC 3339 in whole seconds.
    package var lastTransitionTime: String
    /// One CamelCase word for programs.
    package var reason: String
    /// A full sentence for people.
    package var message: String

    package init(
        type: String,
        status: Status,
        observedGeneration: Int64,
        lastTransitionTime: String,
        reason: String,
        message: String
    ) {
        self.type = type
        self.status = status
        self.observedGeneration = observedGeneration
        self.lastTransitionTime = lastTransitionTime
        self.reason = reason
        self.message = message
    }

    package init(json: JSONValue) throws(JSONDecodingError) {
        self.init(
            type: try json.required("type"),
            // An unknown word from another writer counts as Unknown, so that it cannot make the object unreadable.
            status: Status(rawValue: try json.required("status")) ?? .unknown,
            observedGeneration: try json.optional("observedGeneration") ?? 0,
            lastTransitionTime: try json.optional("lastTransitionTime") ?? "",
            reason: try json.optional("reason") ?? "",
            message: try json.optional("message") ?? ""
        )
    }

    package var json: JSONValue {
        [
            "type": .string(type),
            "status": .string(status.rawValue),
            "observedGeneration": .integer(observedGeneration),
            "lastTransitionTime": .string(lastTransitionTime),
            "reason": .string(reason),
            "message": .string(message),
        ]
    }
}
