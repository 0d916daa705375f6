// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// Which object something is about, as `core/v1` `ObjectReference`.
package struct ObjectReference: Hashable, Sendable, JSONDecodable, JSONEncodable {
    /// Group and version, as in manifests.
    package var apiVersion: String
    /// As in manifests.
    package var kind: String
    /// Where it is, and its name.
    package var key: ObjectKey
    /// Tells it from a namesake made later.
    package var uid: String
    /// Empty if the reference is to the object at any version.
    package var resourceVersion: ResourceVersion

    package init(
        apiVersion: String,
        kind: String,
        key: ObjectKey,
        uid: String = "",
        resourceVersion: ResourceVersion = ResourceVersion("")
    ) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.key = key
        self.uid = uid
        self.resourceVersion = resourceVersion
    }

    /// A reference to an object as it was read.
    package init<Resource: KubernetesResource>(_ object: Resource) {
        self.init(
            apiVersion: Resource.resourceType.apiVersion,
            kind: Resource.resourceType.kind,
            key: object.metadata.key,
            uid: object.metadata.uid,
            resourceVersion: object.metadata.resourceVersion
        )
    }

    package init(json: JSONValue) throws(JSONDecodingError) {
        self.init(
            apiVersion: try json.optional("apiVersion") ?? "",
            kind: try json.optional("kind") ?? "",
            key: ObjectKey(
                namespace: try json.optional("namespace") ?? "",
                name: try json.optional("name") ?? ""
            ),
            uid: try json.optional("uid") ?? "",
            resourceVersion: ResourceVersion(try json.optional("resourceVersion") ?? "")
        )
    }

    /// Leaves out what is empty.
    package var json: JSONValue {
        var object = JSONObject()
        let members = [
            ("apiVersion", apiVersion), ("kind", kind), ("namespace", key.namespace), ("name", key.name), ("uid", uid),
            ("resourceVersion", resourceVersion.rawValue),
        ]
        for (name, value) in members where !value.isEmpty { object[name] = .string(value) }
        return .object(object)
    }
}
