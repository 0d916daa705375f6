// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Which request to an authorization server a record is about, where users consent by themselves.
package enum ConnectionStep: String, Hashable, Sendable, CaseIterable {
    /// The gateway registered itself as a client.
    case registration
    /// A code became tokens.
    case authorizationCode = "authorization_code"
    /// A refresh token became others.
    case refreshToken = "refresh_token"
}
