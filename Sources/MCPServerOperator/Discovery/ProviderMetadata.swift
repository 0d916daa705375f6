// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// What an issuer says about itself, as far as the operator needs it.
package struct ProviderMetadata: Hashable, Sendable {
    /// Equal, byte for byte, to the issuer that was asked.
    package var issuer: String
    /// `nil` when the issuer's document names none.
    package var tokenEndpoint: String?
    /// `nil` when the issuer's document names none.
    package var authorizationEndpoint: String?

    package init(issuer: String, tokenEndpoint: String?, authorizationEndpoint: String? = nil) {
        self.issuer = issuer
        self.tokenEndpoint = tokenEndpoint
        self.authorizationEndpoint = authorizationEndpoint
    }
}

/// What is known of an issuer's metadata now.
package enum ProviderMetadataState: Hashable, Sendable {
    case known(ProviderMetadata)
    /// A full sentence that says what failed and what to check.
    case unavailable(String)
}

/// Whatever is known of the configured issuers, taken at one moment.
package typealias MetadataSnapshot = [String: ProviderMetadataState]
