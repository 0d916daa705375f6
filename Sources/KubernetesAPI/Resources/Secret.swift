// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// A Secret: named byte values that appear in no output.
package struct Secret: KubernetesResource, Hashable {
    package static var resourceType: ResourceType {
        ResourceType(group: "", version: "v1", kind: "Secret", plural: "secrets")
    }

    package var metadata: ObjectMeta
    /// For example `Opaque`; empty if the manifest leaves it to the server.
    package var type: String
    /// The values, decoded.
    ///
    /// In a manifest, `stringData` has the last word, as it has on the server.
    package var data: [String: Redacted<[UInt8]>]

    package init(metadata: ObjectMeta, type: String = "Opaque", data: [String: Redacted<[UInt8]>] = [:]) {
        self.metadata = metadata
        self.type = type
        self.data = data
    }

    package init(json: JSONValue) throws(JSONDecodingError) {
        metadata = try json.required("metadata")
        type = try json.optional("type") ?? ""
        let encoded: [String: SecretValue] = try json.optional("data") ?? [:]
        data = encoded.mapValues(\.bytes)
        let plain: [String: SecretText] = try json.optional("stringData") ?? [:]
        for (key, text) in plain { data[key] = text.bytes }
    }
}

/// A base64 value, whose error says nothing of the content; `null` is the empty one.
private struct SecretValue: JSONDecodable {
    let bytes: Redacted<[UInt8]>

    init(json: JSONValue) throws(JSONDecodingError) {
        if json == .null {
            bytes = Redacted([])
            return
        }
        guard let decoded = Base64.decodeSkippingLineBreaks(try String(json: json)) else {
            throw JSONDecodingError("must be base64; plain text belongs under stringData")
        }
        bytes = Redacted(decoded)
    }
}

private struct SecretText: JSONDecodable {
    let bytes: Redacted<[UInt8]>

    init(json: JSONValue) throws(JSONDecodingError) {
        bytes = Redacted(json == .null ? [] : Array(try String(json: json).utf8))
    }
}
