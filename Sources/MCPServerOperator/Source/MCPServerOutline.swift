// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import MCPServerAPI

/// The metadata and status of an MCPServer, whatever its spec looks like.
///
/// A spec that cannot be read still has a status that says so, and that must not be written twice.
struct MCPServerOutline: KubernetesResource {
    static var resourceType: ResourceType { MCPServer.resourceType }

    var metadata: ObjectMeta
    /// `nil` if there is none, or none that can be read: it will be written anew.
    var status: MCPServerStatus?

    init(json: JSONValue) throws(JSONDecodingError) {
        metadata = try json.required("metadata")
        do throws(JSONDecodingError) { status = try json.optional("status") } catch { status = nil }
    }
}
