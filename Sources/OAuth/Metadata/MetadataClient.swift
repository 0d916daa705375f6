// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON

/// Asks servers what they are, and believes only what a server says about itself.
package struct MetadataClient: Sendable {
    private let documents: DocumentClient
    private static let limits = JSONLimits(
        maximumDepth: 16,
        maximumBytes: DocumentClient.sizeLimit,
        maximumValues: 50_000
    )

    package init(documents: DocumentClient) { self.documents = documents }

    /// The metadata of an OpenID provider.
    ///
    /// - Throws: ``MetadataError``, or `CancellationError`.
    package func openIDProvider(_ issuer: String) async throws -> AuthorizationServerMetadata {
        try await metadata(of: issuer, .openIDProvider)
    }

    /// The metadata of an authorization server.
    ///
    /// - Throws: ``MetadataError``, or `CancellationError`.
    package func authorizationServer(_ issuer: String) async throws -> AuthorizationServerMetadata {
        try await metadata(of: issuer, .authorizationServer)
    }

    /// The metadata of a protected resource.
    ///
    /// - Parameters:
    ///   - resource: The URL that will be requested.
    ///   - advertisedURL: Where a challenge says that the document is, to be asked instead of the well-known URLs.
    /// - Returns: What the resource says, of which the authorization servers are claims to be checked.
    /// - Throws: ``MetadataError``, or `CancellationError`.
    package func protectedResource(
        _ resource: String,
        advertisedURL: String? = nil
    ) async throws -> ProtectedResourceMetadata {
        let url = try parse(resource)
        var candidates = WellKnownURLs.ofResource(url)
        if let advertisedURL {
            let advertised = try parse(advertisedURL)
            // The resource may say where its document is, but not that somebody else speaks for it.
            guard advertised.origin == url.origin else {
                throw MetadataError(
                    .mismatch,
                    of: resource,
                    "its challenge names a document on another host",
                    advice: "Serve the metadata where the resource is."
                )
            }
            candidates = [(advertisedURL, WellKnownURLs.resource(at: advertised))]
        }
        let (json, source) = try await document(of: resource, at: candidates.map { $0.url })
        let metadata: ProtectedResourceMetadata
        do {
            metadata = try ProtectedResourceMetadata(json: json)
        } catch { throw Self.malformed(resource, source, "\(error)") }
        // RFC 9728 §3.3: otherwise one server could speak for another.
        let mayBeOrigin = candidates.contains { $0.url == source && $0.resource == .origin }
        let isOwn =
            metadata.resource.hasSameBytes(as: resource)
            || (mayBeOrigin && (metadata.resource == url.origin || metadata.resource == url.origin + "/"))
        guard isOwn else { throw Self.mismatch(resource, source, metadata.resource) }
        return metadata
    }

    private func metadata(
        of issuer: String,
        _ order: WellKnownURLs.Order
    ) async throws -> AuthorizationServerMetadata {
        let url = try parse(issuer)
        guard url.query == nil, !issuer.contains("#") else {
            throw MetadataError(
                .insecureURL,
                of: issuer,
                "an issuer has neither query nor fragment",
                advice: "Correct the issuer."
            )
        }
        let (json, source) = try await document(of: issuer, at: WellKnownURLs.ofIssuer(url, order))
        let metadata: AuthorizationServerMetadata
        do {
            metadata = try AuthorizationServerMetadata(json: json)
        } catch { throw Self.malformed(issuer, source, "\(error)") }
        // RFC 8414 §3.3: a document that speaks for another issuer could redirect tokens.
        guard metadata.issuer.hasSameBytes(as: issuer) else { throw Self.mismatch(issuer, source, metadata.issuer) }
        for endpoint in metadata.endpoints {
            if let url = endpoint.url, !documents.mayAsk(url) {
                throw MetadataError(
                    .insecureURL,
                    of: issuer,
                    "the \(endpoint.name) in '\(source)' is not an https URL",
                    advice: "Check what the issuer publishes."
                )
            }
        }
        return metadata
    }

    private func parse(_ text: String) throws(MetadataError) -> HTTPURL {
        do {
            if documents.mayAsk(text) { return try HTTPURL(text) }
        } catch {}  // The same refusal follows.
        throw MetadataError(.insecureURL, of: text, "it is not an https URL", advice: "Correct it.")
    }

    /// The first document that there is; only an absent one lets the next URL be asked.
    private func document(of subject: String, at urls: [String]) async throws -> (JSONValue, source: String) {
        var lastStatus = 0
        for url in urls {
            switch try await documents.get(url) {
            case .document(let bytes):
                do {
                    return (try JSONValue(parsing: bytes, limits: Self.limits), url)
                } catch { throw Self.malformed(subject, url, "\(error)") }
            case .absent(let status): lastStatus = status
            case .unusable(let reason, let isTransient):
                throw MetadataError(
                    isTransient ? .unavailable : .malformed,
                    of: subject,
                    reason,
                    advice: isTransient ? "Check that it can be reached from here." : "Check what the URL serves."
                )
            }
        }
        throw MetadataError(
            .notFound,
            of: subject,
            "its well-known URLs answered with status \(lastStatus)",
            advice: "Check that it publishes metadata."
        )
    }

    private static func malformed(_ subject: String, _ url: String, _ problem: String) -> MetadataError {
        MetadataError(
            .malformed,
            of: subject,
            "'\(url)' is not usable metadata: \(problem)",
            advice: "Check what the URL serves."
        )
    }

    private static func mismatch(_ subject: String, _ url: String, _ found: String) -> MetadataError {
        MetadataError(
            .mismatch,
            of: subject,
            "'\(url)' is the metadata of '\(PeerText.quotable(found))'",
            advice: "Write the identifier exactly as its metadata does."
        )
    }
}
