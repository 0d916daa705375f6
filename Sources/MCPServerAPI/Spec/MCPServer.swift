// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
package import KubernetesAPI

/// One MCP server that the gateway shall serve, as an object of the cluster or of a manifest.
///
/// Decodes whatever has the right JSON types; ``MCPServerValidator`` decides whether it makes sense.
package struct MCPServer: KubernetesResource, Hashable {
    /// Where an API server serves it.
    package static let resourceType = ResourceType(
        group: "mcp.giantswarm.io",
        version: "v1alpha1",
        kind: "MCPServer",
        plural: "mcpservers"
    )
    /// The short name for kubectl.
    package static let shortName = "mcps"

    package var metadata: ObjectMeta
    /// What was written, not yet judged.
    package var spec: MCPServerSpec
    /// `nil` until the operator has looked at the object.
    package var status: MCPServerStatus?

    package init(metadata: ObjectMeta, spec: MCPServerSpec, status: MCPServerStatus? = nil) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }

    package init(json: JSONValue) throws(JSONDecodingError) {
        metadata = try json.required("metadata")
        spec = try json.optional("spec") ?? MCPServerSpec()
        status = try json.optional("status")
    }

    /// Its name within the kind.
    package var key: ObjectKey { ObjectKey(namespace: metadata.namespace, name: metadata.name) }

    /// The fields of a manifest that no MCPServer has, at any depth outside `metadata`.
    package static func unknownFields(in manifest: JSONValue) -> [JSONPointer] {
        guard let members = manifest.objectValue else { return [] }
        return members.flatMap { member -> [JSONPointer] in
            let place = JSONPointer([.key(member.key)])
            return switch member.key {
            case "apiVersion", "kind", "metadata": []
            case "spec": MCPServerSpec.unknownFields(in: member.value, at: place)
            case "status": MCPServerStatus.unknownFields(in: member.value, at: place)
            default: [place]
            }
        }
    }
}
