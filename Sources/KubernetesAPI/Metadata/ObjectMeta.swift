// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// The part of an object's metadata that Sallyport reads.
///
/// `managedFields` is left out on purpose: it is a third of a typical object and nothing here reads it.
package struct ObjectMeta: Hashable, Sendable, JSONDecodable {
    /// Unique within the namespace for one kind.
    package var name: String
    /// Empty for a cluster-scoped object.
    package var namespace: String
    /// Distinguishes this object from every other that had or will have its name.
    package var uid: String
    /// Changes with every write, status included.
    package var resourceVersion: ResourceVersion
    /// Counts the changes of the spec; 0 on an object that never was on a server.
    package var generation: Int64
    /// Empty if there are none.
    package var labels: [String: String]
    /// Empty if there are none; kubectl's copy of the object is left out.
    package var annotations: [String: String]
    /// As the API server wrote it, RFC 3339; empty on an object that never was on a server.
    package var creationTimestamp: String
    /// Set once deletion was asked for and a finalizer still holds the object.
    package var deletionTimestamp: String?

    /// What stores and queues know the object by.
    package var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }

    package init(
        name: String,
        namespace: String = "",
        uid: String = "",
        resourceVersion: ResourceVersion = ResourceVersion(""),
        generation: Int64 = 0,
        labels: [String: String] = [:],
        annotations: [String: String] = [:],
        creationTimestamp: String = "",
        deletionTimestamp: String? = nil
    ) {
        self.name = name
        self.namespace = namespace
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.generation = generation
        self.labels = labels
        self.annotations = annotations
        self.creationTimestamp = creationTimestamp
        self.deletionTimestamp = deletionTimestamp
    }

    package init(json: JSONValue) throws(JSONDecodingError) {
        self.init(
            name: try json.required("name"),
            namespace: try json.optional("namespace") ?? "",
            uid: try json.optional("uid") ?? "",
            resourceVersion: ResourceVersion(try json.optional("resourceVersion") ?? ""),
            generation: try json.optional("generation") ?? 0,
            labels: try json.optional("labels") ?? [:],
            annotations: try json.optional("annotations") ?? [:],
            creationTimestamp: try json.optional("creationTimestamp") ?? "",
            deletionTimestamp: try json.optional("deletionTimestamp")
        )
        // kubectl's copy of the whole object is as large as the object and nothing here reads it.
        annotations["kubectl.kubernetes.io/last-applied-configuration"] = nil
    }
}
