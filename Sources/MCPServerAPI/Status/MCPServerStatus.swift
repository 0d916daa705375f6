// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
package import KubernetesAPI

/// What the operator has found out about an ``MCPServer``.
package struct MCPServerStatus: SchemaObject, JSONEncodable {
    /// The names of the fields, in the order of the documentation.
    package enum Field: String, CaseIterable, Sendable {
        case observedGeneration
        case conditions
        case state
        case lastError
        case authMode
        case credentials
        case gateways
    }

    /// The fields that hold objects.
    package static var nestedObjects: [Field: any SchemaObject.Type] {
        [.credentials: Credentials.self, .gateways: Gateways.self]
    }

    /// The `metadata.generation` that everything here is about.
    package var observedGeneration: Int64?
    /// One of each type; those of other writers are kept as they are.
    package var conditions: [Condition] = []
    /// A ``ServerState``, unless somebody else wrote it.
    package var state: String?
    /// The message of the first condition that is False.
    package var lastError: String?
    /// An ``AuthMode``, unless somebody else wrote it; absent while the spec has no single mode.
    package var authMode: String?
    /// The Secrets that the route was made from.
    @Indirect package var credentials: Credentials?
    /// As of the last change of `Programmed`.
    package var gateways: Gateways?

    package init() {}

    package init(json: JSONValue) throws(JSONDecodingError) {
        let read = FieldReader(json, of: Self.self)
        observedGeneration = try read(.observedGeneration)
        conditions = try read(.conditions) ?? []
        state = try read(.state)
        lastError = try read(.lastError)
        authMode = try read(.authMode)
        credentials = try read(.credentials)
        gateways = try read(.gateways)
    }

    /// The whole status, with the conditions of other writers.
    package var json: JSONValue { json(conditions: conditions) }

    /// What Sallyport applies: without the conditions of other writers, which a server-side apply would take over.
    package var appliedJSON: JSONValue {
        json(conditions: conditions.filter { ConditionType(rawValue: $0.type) != nil })
    }

    /// The condition of that type, if it has been written.
    package func condition(_ type: ConditionType) -> Condition? { conditions.first { $0.type == type.rawValue } }

    private func json(conditions: [Condition]) -> JSONValue {
        var object = JSONObject()
        func set(_ field: Field, _ value: JSONValue?) { object[field.rawValue] = value }
        set(.observedGeneration, observedGeneration?.json)
        set(.conditions, conditions.isEmpty ? nil : conditions.json)
        set(.state, state?.json)
        set(.lastError, lastError?.json)
        set(.authMode, authMode?.json)
        set(.credentials, credentials?.json)
        set(.gateways, gateways?.json)
        return .object(object)
    }
}
