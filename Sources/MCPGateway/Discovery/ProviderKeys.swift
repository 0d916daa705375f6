// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
package import Logging
import OAuth

/// The keys of all configured providers.
package final class ProviderKeys: Sendable {
    private let caches: [(issuer: String, keys: any RunningKeys)]

    /// - Parameters:
    ///   - trust: Whose keys.
    ///   - directory: Says where they are, unless the configuration does.
    ///   - client: For URLs from configuration and from the providers' own metadata.
    ///   - clock: Measures refreshes and outages.
    ///   - logger: Gets each issuer as metadata.
    package init(
        trust: GatewayTrust,
        directory: IssuerDirectory,
        client: any HTTPClient,
        clock: some Clock<Duration>,
        logger: Logger
    ) {
        let documents = DocumentClient(client: client, allowsLoopbackHTTP: trust.allowLoopbackHTTP)
        caches = trust.identityProviders.map { provider in
            var logger = logger
            logger[metadataKey: "oauth.issuer"] = "\(provider.issuer)"
            let cache = JWKSCache(
                documents: documents,
                location: { try await Self.location(provider, directory) },
                clock: clock,
                logger: logger
            )
            return (provider.issuer, cache)
        }
    }

    /// The keys of a configured provider; `nil` for anybody else.
    package var lookup: @Sendable (_ issuer: String) -> (any IssuerKeys)? {
        { issuer in self.caches.first { $0.issuer.utf8.elementsEqual(issuer.utf8) }?.keys }
    }

    /// Keeps all keys fresh until the task is cancelled.
    ///
    /// - Throws: `CancellationError` only.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for cache in caches { group.addTask { try await cache.keys.run() } }
            try await group.waitForAll()
        }
    }

    private static func location(
        _ provider: GatewayTrust.IdentityProvider,
        _ directory: IssuerDirectory
    ) async throws -> String {
        if let uri = provider.jwksURI { return uri }
        guard let uri = try await directory.metadata(of: provider.issuer).jwksURI else {
            throw DirectoryError(
                isTransient: false,
                message: "The metadata of '\(provider.issuer)' names no keys. Set the provider's jwksURI.",
                retryAfter: nil
            )
        }
        return uri
    }
}

/// Keys that somebody has to keep fresh.
private protocol RunningKeys: IssuerKeys {
    func run() async throws
}

extension JWKSCache: RunningKeys {}
