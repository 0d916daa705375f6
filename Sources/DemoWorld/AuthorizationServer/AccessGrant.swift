// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JOSE
package import JSON

/// What a token stands for at an MCP server.
package struct AccessGrant: Hashable, Sendable {
    /// The user, as the identity provider calls them.
    package var subject: String
    /// The client that got the token.
    package var clientID: String
    /// The one resource that accepts it.
    package var resource: String
    /// What it may be used for.
    package var scopes: Scopes
    /// When it ends.
    package var expiry: NumericDate
    /// What the token itself says; nothing if it is opaque.
    package var claims = JSONObject()
}
