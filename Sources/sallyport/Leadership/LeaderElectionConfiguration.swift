// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import KubernetesClient

/// Whether replicas agree on one that writes, and by which Lease.
struct LeaderElectionConfiguration: Hashable, Sendable {
    /// `nil`: on in a pod or when a namespace is given.
    var isEnabled: Bool?
    /// `nil`: the pod's own.
    var namespace: String?
    var name = "sallyport-operator"

    /// The Lease to compete for; `nil` where this process is the only one.
    ///
    /// `cluster` says whether this is a pod, and in which namespace.
    func lease(in cluster: ClusterConfiguration) -> ObjectKey? {
        guard isEnabled ?? (cluster.isInCluster || namespace != nil) else { return nil }
        return ObjectKey(namespace: namespace ?? cluster.namespace, name: name)
    }
}

extension LeaderElectionConfiguration: JSONDecodable {
    init(json: JSONValue) throws(JSONDecodingError) {
        self.init()
        isEnabled = try json.optional("enabled")
        namespace = try json.optional("namespace")
        name = try json.optional("name") ?? name
    }
}
