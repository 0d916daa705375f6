// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI

/// An object with one required field, for tests.
struct Widget: KubernetesResource, Hashable {
    static var resourceType: ResourceType {
        ResourceType(group: "example.com", version: "v1", kind: "Widget", plural: "widgets")
    }

    var metadata: ObjectMeta
    var size: Int

    init(json: JSONValue) throws(JSONDecodingError) {
        metadata = try json.required("metadata")
        size = try json.required("size")
    }
}

/// A cluster-scoped resource.
let nodes = ResourceType(group: "", version: "v1", kind: "Node", plural: "nodes", isNamespaced: false)
