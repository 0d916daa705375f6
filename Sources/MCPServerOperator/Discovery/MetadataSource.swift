// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// What issuers say about themselves, as the reconciler asks for it.
package protocol MetadataSource: Sendable {
    /// What is known of the configured issuers now. Never waits.
    var configuredIssuers: MetadataSnapshot { get }

    /// The metadata of an issuer that a resource names, fetched under the egress rules, or from the cache.
    ///
    /// - Throws: `CancellationError` only.
    func metadata(ofResourceIssuer issuer: String) async throws -> ResourceIssuerMetadata
}

/// An answer about an issuer that a resource names.
package struct ResourceIssuerMetadata: Hashable, Sendable {
    /// What is known of the metadata now.
    package var state: ProviderMetadataState
    /// When to ask again; `nil` if the answer will do until the resource changes.
    package var retryAfter: Duration?

    package init(state: ProviderMetadataState, retryAfter: Duration? = nil) {
        self.state = state
        self.retryAfter = retryAfter
    }
}

/// Knows nothing, and says so when asked: for `validate`, which has no network.
package struct NoMetadata: MetadataSource {
    package init() {}

    package var configuredIssuers: MetadataSnapshot { [:] }

    package func metadata(ofResourceIssuer issuer: String) async throws -> ResourceIssuerMetadata {
        ResourceIssuerMetadata(state: .unavailable("The metadata of '\(issuer)' was not asked for."))
    }
}
