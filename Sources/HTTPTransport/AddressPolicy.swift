// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Which addresses a client may dial, checked on the address that the name resolved to.
///
/// A URL from a tenant's resource must not reach the cluster's own network or a cloud's metadata service, whatever its
/// name resolves to at the moment of dialling.
package enum AddressPolicy: Hashable, Sendable {
    /// Any address: for URLs from the administrator's own configuration.
    case unrestricted
    /// Public addresses, and the given private networks.
    case publicAnd([AddressRange])

    /// Whether a connection to this address may be opened.
    ///
    /// An IPv6 address that stands for an IPv4 one is judged by that one, so no form of a blocked address slips by.
    package func permits(_ address: IPAddress) -> Bool {
        guard case .publicAnd(let allowed) = self else { return true }
        if allowed.contains(where: { $0.contains(address) }) { return true }
        if let translated = address.translated { return permits(translated) }
        if let tunnelled = address.tunnelled, Self.blocks(tunnelled) { return false }
        return !Self.blocks(address)
    }

    private static func blocks(_ address: IPAddress) -> Bool {
        blocked.contains { $0.contains(address) }
    }

    /// The addresses with no public meaning, by the registries of
    /// [RFC 6890](https://www.rfc-editor.org/rfc/rfc6890).
    private static let blocked: [AddressRange] = [
        AddressRange(network: [0, 0, 0, 0], prefixLength: 8),
        AddressRange(network: [10, 0, 0, 0], prefixLength: 8),
        AddressRange(network: [100, 64, 0, 0], prefixLength: 10),
        AddressRange(network: [127, 0, 0, 0], prefixLength: 8),
        AddressRange(network: [169, 254, 0, 0], prefixLength: 16),
        AddressRange(network: [172, 16, 0, 0], prefixLength: 12),
        AddressRange(network: [192, 168, 0, 0], prefixLength: 16),
        // Multicast, reserved and broadcast: 224/4 and 240/4 side by side.
        AddressRange(network: [224, 0, 0, 0], prefixLength: 3),
        // The unspecified address and loopback.
        AddressRange(network: version6(), prefixLength: 127),
        AddressRange(network: version6(0xfc), prefixLength: 7),
        // Link-local and the site-local block it replaced: fe80::/10 and fec0::/10 side by side.
        AddressRange(network: version6(0xfe, 0x80), prefixLength: 9),
        AddressRange(network: version6(0xff), prefixLength: 8),
        // NAT64 within one network (RFC 8215) and Teredo: both reach IPv4 addresses that are not readable here.
        AddressRange(network: version6(0x00, 0x64, 0xff, 0x9b, 0x00, 0x01), prefixLength: 48),
        AddressRange(network: version6(0x20, 0x01, 0x00, 0x00), prefixLength: 32),
    ]

    private static func version6(_ leading: UInt8...) -> [UInt8] {
        leading + [UInt8](repeating: 0, count: 16 - leading.count)
    }
}
