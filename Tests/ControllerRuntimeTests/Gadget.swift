// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI

/// The kind of object the tests of the runtime use.
struct Gadget: KubernetesResource, Hashable {
    static var resourceType: ResourceType {
        ResourceType(group: "example.com", version: "v1", kind: "Gadget", plural: "gadgets")
    }

    var metadata: ObjectMeta
    var colour: String

    init(
        _ name: String,
        namespace: String = "default",
        uid: String? = nil,
        version: Int,
        colour: String = "red"
    ) {
        metadata = ObjectMeta(
            name: name,
            namespace: namespace,
            uid: uid ?? "uid-\(name)",
            resourceVersion: ResourceVersion("\(version)")
        )
        self.colour = colour
    }

    init(json: JSONValue) throws(JSONDecodingError) {
        metadata = try json.required("metadata")
        colour = try json.required("colour")
    }
}

func key(_ name: String, in namespace: String = "default") -> ObjectKey {
    ObjectKey(namespace: namespace, name: name)
}

extension ListPage<Gadget> {
    init(_ gadgets: [Gadget], version: String, continueToken: String? = nil) {
        self.init(
            items: gadgets.map { .valid($0) },
            resourceVersion: ResourceVersion(version),
            continueToken: continueToken
        )
    }
}

extension DecodedObject<Gadget> {
    /// A gadget that has lost its colour.
    static func broken(_ name: String, version: Int) -> DecodedObject<Gadget> {
        .invalid(Gadget(name, version: version).metadata, JSONDecodingError("must have a colour"))
    }
}
