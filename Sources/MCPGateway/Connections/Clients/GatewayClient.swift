// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
import OAuth
import OpenSSL

/// What the gateway is to the authorization servers at which users consent.
package struct GatewayClient: Hashable, Sendable {
    /// Where the gateway serves what it says about itself.
    package static let metadataPath = "/.well-known/oauth-client.json"
    /// Where browsers come back to.
    package static let callbackPath = "/connect/callback"

    /// Where the gateway can be reached, without a slash at its end.
    let publicURL: String

    /// - Parameter publicURL: Where the gateway can be reached.
    package init(publicURL: String) {
        var text = publicURL
        while text.hasSuffix("/") { text.removeLast() }
        self.publicURL = text
    }

    /// Where browsers are sent back to by servers that name themselves, byte for byte as registered.
    package var redirectURI: String { publicURL + Self.callbackPath }

    /// Where browsers are sent back to by a server.
    ///
    /// One whose answers need not name it has an address of its own: otherwise a server could pass off another one's
    /// answer as its own, and would be sent the code
    /// ([RFC 9700 §4.4](https://www.rfc-editor.org/rfc/rfc9700#section-4.4)).
    ///
    /// - Parameter server: Who is asked.
    /// - Returns: The address, byte for byte as registered.
    func redirectURI(for server: AuthorizationServer) -> String {
        server.namesItself ? redirectURI : ownRedirectURI(of: server.issuer)
    }

    private func ownRedirectURI(of issuer: String) -> String {
        redirectURI + "/" + Hexadecimal.text(Array(SHA256.digest(Array(issuer.utf8)).prefix(16)))
    }

    /// The client's id at servers that read its metadata; `nil` if they could not trust what they would read
    /// ([Client ID Metadata Documents §3](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document#section-3)).
    var metadataURL: String? { publicURL.hasPrefix("https://") ? publicURL + Self.metadataPath : nil }

    /// What it says about itself to those who send browsers back to an address.
    func metadata(_ redirectURI: String) -> ClientMetadata {
        ClientMetadata(name: "Sallyport", redirectURIs: [redirectURI])
    }

    /// The document at ``metadataPath``.
    package var document: JSONValue { metadata(redirectURI).document(at: publicURL + Self.metadataPath) }
}
