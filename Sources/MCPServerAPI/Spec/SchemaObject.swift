// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// An object of the custom resource whose field names are known.
///
/// ``Field`` is the one list of names: the decoder reads through it, the check for unknown fields compares with it, and
/// a test compares it with the CRD.
package protocol SchemaObject: JSONDecodable, Hashable, Sendable {
    associatedtype Field: RawRepresentable<String>, CaseIterable, Hashable, Sendable
    /// The fields that hold such objects themselves.
    static var nestedObjects: [Field: any SchemaObject.Type] { get }
}

extension SchemaObject {
    /// The names of all fields, in the order of the documentation.
    package static var fieldNames: [String] { Field.allCases.map(\.rawValue) }

    /// No field holds an object, unless a type says otherwise.
    package static var nestedObjects: [Field: any SchemaObject.Type] { [:] }

    /// The type of the object in the field of that name, if the field holds one.
    package static func nestedObject(named name: String) -> (any SchemaObject.Type)? {
        Field(rawValue: name).flatMap { nestedObjects[$0] }
    }

    /// Where in `json` there are fields that this type does not know, at any depth, in document order.
    ///
    /// An API server prunes these silently, so they matter only for manifests in files.
    package static func unknownFields(in json: JSONValue, at pointer: JSONPointer = JSONPointer()) -> [JSONPointer] {
        guard let members = json.objectValue else { return [] }
        return members.flatMap { member -> [JSONPointer] in
            let place = pointer.appending(.key(member.key))
            guard let field = Field(rawValue: member.key) else { return [place] }
            return nestedObjects[field]?.unknownFields(in: member.value, at: place) ?? []
        }
    }
}

/// Reads the fields of one ``SchemaObject``, so that no field can be read that is not in its list.
struct FieldReader<Object: SchemaObject> {
    private let json: JSONValue

    init(_ json: JSONValue, of type: Object.Type = Object.self) { self.json = json }

    func callAsFunction<Value: JSONDecodable>(_ field: Object.Field) throws(JSONDecodingError) -> Value? {
        try json.optional(field.rawValue)
    }
}
