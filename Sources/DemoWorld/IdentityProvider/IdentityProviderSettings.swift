// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Lifetimes and bounds of the identity provider.
package struct IdentityProviderSettings: Hashable, Sendable {
    /// How long an ID token is good, unless the sign-in asks for less or more.
    package var idTokenLifetime = Duration.seconds(3_600)
    /// How long an ID-JAG is good.
    package var idJAGLifetime = Duration.seconds(300)
    /// How long a refresh token is good.
    package var refreshTokenLifetime = Duration.seconds(8 * 3_600)
    /// How many refresh tokens are good at once.
    package var refreshTokenCapacity = 100_000

    package init() {}
}
