// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI

/// The smallest custom resource that can fail to decode.
struct SizedWidget: KubernetesResource, Hashable {
    static let resourceType = ResourceType(group: "test.example", version: "v1", kind: "Widget", plural: "widgets")

    var metadata: ObjectMeta
    var size: Int64

    init(json: JSONValue) throws(JSONDecodingError) {
        metadata = try json.required("metadata")
        size = try json.required("size")
    }
}
