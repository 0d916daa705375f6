// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

extension MCPServerSpec {
    /// Several equivalent servers that appear as one, with an argument that picks the instance.
    package struct Family: SchemaObject {
        /// The names of the fields, in the order of the documentation.
        package enum Field: String, CaseIterable, Sendable {
            case name
            case instanceArg
        }

        /// The same for all members.
        package var name: String?
        /// The argument that every tool of the family gets to name the instance.
        package var instanceArg: String?

        package init() {}

        package init(json: JSONValue) throws(JSONDecodingError) {
            let read = FieldReader(json, of: Self.self)
            name = try read(.name)
            instanceArg = try read(.instanceArg)
        }
    }
}
