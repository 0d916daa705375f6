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
}
