// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// A ConfigMap: named texts that are no secret.
package struct ConfigMap: KubernetesResource, Hashable {
    package static var resourceType: ResourceType {
        ResourceType(group: "", version: "v1", kind: "ConfigMap", plural: "configmaps")
    }

    package var metadata: ObjectMeta
    /// The texts; `binaryData` is not read.
    package var data: [String: String]

    package init(metadata: ObjectMeta, data: [String: String] = [:]) {
        self.metadata = metadata
        self.data = data
    }

    package init(json: JSONValue) throws(JSONDecodingError) {
        metadata = try json.required("metadata")
        data = try json.optional("data") ?? [:]
    }
}
