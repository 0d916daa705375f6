// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// What a server may be reached by: DNS names and IP addresses.
package struct ServingNames: Sendable, Hashable {
    /// Without a trailing dot.
    package var dnsNames: [String]
    /// As 4 or 16 bytes in network order.
    package var addresses: [[UInt8]]

    package init(dnsNames: [String] = [], addresses: [[UInt8]] = []) {
        self.dnsNames = dnsNames
        self.addresses = addresses
    }

    /// The operator's: both its Services, in every form in which a pod of the cluster can write them, and loopback.
    package static func ofOperator(in namespace: String, clusterDomain: String = "cluster.local") -> ServingNames {
        let services = ["sallyport-operator", "sallyport-operator-replicas"]
        let suffixes = ["", ".\(namespace)", ".\(namespace).svc", ".\(namespace).svc.\(clusterDomain)"]
        return ServingNames(
            dnsNames: services.flatMap { service in suffixes.map { service + $0 } } + ["localhost"],
            addresses: [[127, 0, 0, 1], Array(repeating: 0, count: 15) + [1]]
        )
    }

    /// Whether every name in `other` is among these.
    func includes(_ other: ServingNames) -> Bool {
        Set(dnsNames).isSuperset(of: other.dnsNames) && Set(addresses).isSuperset(of: other.addresses)
    }
}
