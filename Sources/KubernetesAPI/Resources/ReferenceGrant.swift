// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// Leave given by one namespace for references to its objects from others
/// ([Gateway API](https://gateway-api.sigs.k8s.io/api-types/referencegrant/)).
package struct ReferenceGrant: KubernetesResource, Hashable {
    package static var resourceType: ResourceType {
        ResourceType(
            group: "gateway.networking.k8s.io",
            version: "v1beta1",
            kind: "ReferenceGrant",
            plural: "referencegrants"
        )
    }

    /// Who may refer: objects of one kind in one namespace.
    package struct Source: Hashable, Sendable, JSONDecodable {
        /// Empty for the core group.
        package var group: String
        /// The kind that may refer.
        package var kind: String
        /// The namespace it may refer from.
        package var namespace: String

        package init(group: String, kind: String, namespace: String) {
            self.group = group
            self.kind = kind
            self.namespace = namespace
        }

        package init(json: JSONValue) throws(JSONDecodingError) {
            self.init(
                group: try json.optional("group") ?? "",
                kind: try json.required("kind"),
                namespace: try json.required("namespace")
            )
        }
    }

    /// What may be referred to: objects of one kind, or one of them, in the grant's own namespace.
    package struct Target: Hashable, Sendable, JSONDecodable {
        /// Empty for the core group.
        package var group: String
        /// The kind that may be referred to.
        package var kind: String
        /// `nil` for all of the kind.
        package var name: String?

        package init(group: String, kind: String, name: String? = nil) {
            self.group = group
            self.kind = kind
            self.name = name
        }

        package init(json: JSONValue) throws(JSONDecodingError) {
            let name: String? = try json.optional("name")
            self.init(
                group: try json.optional("group") ?? "",
                kind: try json.required("kind"),
                name: name?.isEmpty == true ? nil : name
            )
        }
    }

    package var metadata: ObjectMeta
    /// Who may refer; one match is enough.
    package var from: [Source]
    /// To what in the grant's own namespace; one match is enough.
    package var to: [Target]

    package init(metadata: ObjectMeta, from: [Source], to: [Target]) {
        self.metadata = metadata
        self.from = from
        self.to = to
    }

    package init(json: JSONValue) throws(JSONDecodingError) {
        metadata = try json.required("metadata")
        let spec: JSONValue = try json.required("spec")
        do throws(JSONDecodingError) {
            from = try spec.optional("from") ?? []
            to = try spec.optional("to") ?? []
        } catch {
            throw error.inside(.key("spec"))
        }
    }

    /// Whether this grant lets `source` refer to the object `name` of a kind in the grant's namespace.
    package func permits(_ source: Source, toReach name: String, group: String, kind: String) -> Bool {
        from.contains(source)
            && to.contains { $0.group == group && $0.kind == kind && ($0.name == nil || $0.name == name) }
    }
}
