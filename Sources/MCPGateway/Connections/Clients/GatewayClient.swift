// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
import OAuth

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

    /// Where browsers are sent back to, byte for byte as registered.
    package var redirectURI: String { publicURL + Self.callbackPath }

    /// The client's id at servers that read its metadata; `nil` if they could not trust what they would read
    /// ([Client ID Metadata Documents §3](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document#section-3)).
    var metadataURL: String? { publicURL.hasPrefix("https://") ? publicURL + Self.metadataPath : nil }

    var metadata: ClientMetadata { ClientMetadata(name: "Sallyport", redirectURIs: [redirectURI]) }

    /// The document at ``metadataPath``.
    package var document: JSONValue { metadata.document(at: publicURL + Self.metadataPath) }
}
