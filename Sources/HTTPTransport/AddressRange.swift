// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A block of IP addresses in CIDR notation.
package struct AddressRange: Hashable, Sendable {
    /// The network address: 4 bytes for IPv4, 16 for IPv6.
    package var network: [UInt8]
    /// The number of leading bits that must match.
    package var prefixLength: Int
}
