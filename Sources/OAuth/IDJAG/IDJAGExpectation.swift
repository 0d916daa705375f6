// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// What an ID-JAG must say to be sent on, all of it compared byte for byte.
package struct IDJAGExpectation: Hashable, Sendable {
    /// The identity provider that was asked; `nil` where only its token endpoint is known.
    package var issuer: String?
    /// The authorization server it is for, by its issuer.
    package var audience: String
    /// Our client there, which has to present it.
    package var clientID: String
    /// The MCP server; `nil` if none was asked for.
    package var resource: String?
    /// Whether an ID-JAG without a resource is refused: some providers leave it out although they were asked.
    package var requiresResource: Bool
    /// Whether an encrypted one is taken, of which nothing can be checked.
    package var acceptsEncrypted: Bool
    /// What it must still be valid for, to survive the way.
    package var minimumLifetime: Duration

    package init(
        issuer: String?,
        audience: String,
        clientID: String,
        resource: String?,
        requiresResource: Bool = false,
        acceptsEncrypted: Bool = false,
        minimumLifetime: Duration = .seconds(5)
    ) {
        self.issuer = issuer
        self.audience = audience
        self.clientID = clientID
        self.resource = resource
        self.requiresResource = requiresResource
        self.acceptsEncrypted = acceptsEncrypted
        self.minimumLifetime = minimumLifetime
    }
}
