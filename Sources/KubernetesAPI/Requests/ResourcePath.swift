// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Where the API server serves a resource.
struct ResourcePath {
    private let type: ResourceType

    init(_ type: ResourceType) { self.type = type }

    /// The path of all objects in a scope.
    func collection(in scope: NamespaceScope) throws(APIError) -> String {
        switch scope {
        case .cluster: return "\(root)/\(type.plural)"
        case .namespace(let namespace):
            guard type.isNamespaced else {
                throw refusal("namespace", namespace, "the resource is cluster-scoped")
            }
            return "\(root)/namespaces/\(try segment(namespace, "namespace"))/\(type.plural)"
        }
    }

    /// The path of one object, or of a part of it.
    func object(_ key: ObjectKey, _ subresource: Subresource? = nil) throws(APIError) -> String {
        let scope: NamespaceScope =
            type.isNamespaced || !key.namespace.isEmpty ? .namespace(key.namespace) : .cluster
        let path = "\(try collection(in: scope))/\(try segment(key.name, "name"))"
        return subresource.map { "\(path)/\($0.rawValue)" } ?? path
    }

    private var root: String { type.group.isEmpty ? "/api/\(type.version)" : "/apis/\(type.group)/\(type.version)" }

    /// A name that would leave its place in the path, or end elsewhere after decoding, is refused.
    private func segment(_ name: String, _ role: String) throws(APIError) -> String {
        if name.isEmpty { throw refusal(role, name, "it is empty") }
        if name == "." || name == ".." { throw refusal(role, name, "it may not be '.' or '..'") }
        if name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%") }) {
            throw refusal(role, name, "it may not contain '/' or '%'")
        }
        return PercentEncoding.encode(name)
    }

    private func refusal(_ role: String, _ name: String, _ reason: String) -> APIError {
        APIError(
            .badRequest,
            """
            Could not make a request for '\(type.qualifiedPlural)' with \(role) '\(name.prefix(253))': \(reason). \
            Check the \(role).
            """
        )
    }
}

extension ResourceType {
    /// The plural with its group, as kubectl takes it: `secrets`, `mcpservers.mcp.giantswarm.io`.
    package var qualifiedPlural: String { group.isEmpty ? plural : "\(plural).\(group)" }

    func subject(_ key: ObjectKey, _ subresource: Subresource? = nil) -> String {
        let path = subresource.map { "\(qualifiedPlural)/\($0.rawValue)" } ?? qualifiedPlural
        return "\(path) \(key)"
    }

    func subject(_ scope: NamespaceScope) -> String {
        switch scope {
        case .cluster: qualifiedPlural
        case .namespace(let namespace): "\(qualifiedPlural) in namespace \(namespace)"
        }
    }
}

extension Representation {
    enum Shape {
        case single
        case list
    }

    /// The `Accept` header, in which the plain type follows for servers that know only whole objects.
    func accept(_ shape: Shape) -> String {
        switch (self, shape) {
        case (.full, _): "application/json"
        case (.metadata, .single): "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
        case (.metadata, .list): "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
        }
    }
}
