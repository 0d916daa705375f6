// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// What the API server calls a kind of object, and where it serves it.
package struct ResourceType: Hashable, Sendable {
    /// Empty for the core group.
    package var group: String
    /// As in paths, for example `v1alpha1`.
    package var version: String
    /// As in manifests, singular and capitalised.
    package var kind: String
    /// The plural in paths.
    package var plural: String
    /// Whether its objects live in namespaces, which decides their paths.
    package var isNamespaced: Bool

    package init(group: String, version: String, kind: String, plural: String, isNamespaced: Bool = true) {
        self.group = group
        self.version = version
        self.kind = kind
        self.plural = plural
        self.isNamespaced = isNamespaced
    }

    /// `group/version`, or `version` alone for the core group.
    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
}

/// A kind of object that Sallyport reads from an API server.
package protocol KubernetesResource: Sendable, JSONDecodable {
    static var resourceType: ResourceType { get }
    /// What is asked for and so what arrives: whole objects, or only their metadata.
    static var representation: Representation { get }
    var metadata: ObjectMeta { get }
}

/// How much of each object the API server is asked for.
package enum Representation: Hashable, Sendable {
    case full
    /// `PartialObjectMetadata`: nothing but `metadata`.
    case metadata
}

extension KubernetesResource {
    package static var representation: Representation { .full }
}

/// The metadata of an object of some other kind, and nothing else of it.
///
/// An old or aggregated server may answer with whole objects; then the rest is not kept.
package struct PartialObjectMetadata<Resource: KubernetesResource>: KubernetesResource {
    package static var resourceType: ResourceType { Resource.resourceType }
    package static var representation: Representation { .metadata }

    package var metadata: ObjectMeta

    package init(metadata: ObjectMeta) { self.metadata = metadata }

    package init(json: JSONValue) throws(JSONDecodingError) { metadata = try json.required("metadata") }
}
