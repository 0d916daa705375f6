// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import MCPServerAPI

/// Fetches the metadata document of one issuer and checks that it is that issuer's own.
struct MetadataFetcher: Sendable {
    /// Which documents to ask for, in order; the next one only after a 404.
    enum Kind: Sendable {
        /// An OpenID provider: OpenID Connect Discovery first.
        case openIDProvider
        /// An authorization server: [RFC 8414](https://www.rfc-editor.org/rfc/rfc8414) first.
        case authorizationServer
    }

    /// Largest accepted document, in bytes.
    static let sizeLimit = 1 << 20
    /// For each request as a whole.
    static let deadlines = Deadlines(connect: .seconds(5), head: .seconds(8), total: .seconds(10))

    let client: any HTTPClient
    let kind: Kind
    /// Whether `http` is good enough for a loopback host.
    let allowsLoopbackHTTP: Bool

    /// The issuer's metadata, or a sentence that says why it could not be had.
    ///
    /// - Throws: `CancellationError` only.
    func fetch(_ issuer: String) async throws -> ProviderMetadataState {
        guard let url = Self.url(issuer), isPermitted(url) else {
            return Self.failure(issuer, "it is not an https URL", "Correct the issuer.")
        }
        var lastStatus = 0
        for documentURL in documentURLs(url) {
            do {
                let response = try await client.send(
                    OutgoingRequest(
                        .get,
                        documentURL,
                        headers: ["Accept": "application/json"],
                        deadlines: Self.deadlines,
                        maximumResponseBody: Self.sizeLimit,
                        mayBeResent: true
                    )
                )
                if response.status == 200 {
                    return check(try await response.body.collect(upTo: Self.sizeLimit), issuer, documentURL)
                }
                lastStatus = response.status
                guard response.status == 404 else { break }
            } catch let error as HTTPTransportError {
                return Self.failure(issuer, "'\(documentURL)' gave no answer: \(error.message)", "")
            } catch let error as CancellationError {
                throw error
            } catch {
                return Self.failure(issuer, "'\(documentURL)' gave no answer: \(error)", "Check the network.")
            }
        }
        return Self.failure(
            issuer,
            "its well-known URL answered with status \(lastStatus)",
            "Check that the issuer publishes metadata."
        )
    }

    private static func url(_ text: String) -> AbsoluteURL? {
        do { return try AbsoluteURL(parsing: text) } catch { return nil }
    }

    private func isPermitted(_ url: AbsoluteURL) -> Bool {
        url.scheme == .https || (allowsLoopbackHTTP && url.isLoopback)
    }

    private func documentURLs(_ issuer: AbsoluteURL) -> [String] {
        let path = issuer.path.hasSuffix("/") ? String(issuer.path.dropLast()) : issuer.path
        let openID = issuer.origin + path + "/.well-known/openid-configuration"
        let oauth = issuer.origin + "/.well-known/oauth-authorization-server" + path
        return switch kind {
        case .openIDProvider: [openID, oauth]
        case .authorizationServer: [oauth, openID]
        }
    }

    private func check(_ body: [UInt8], _ issuer: String, _ documentURL: String) -> ProviderMetadataState {
        let metadata: ProviderMetadata
        do {
            metadata = try ProviderMetadata(json: try JSONValue(parsing: body))
        } catch {
            return Self.failure(
                issuer,
                "'\(documentURL)' is not usable metadata: \(error)",
                "Check what the URL serves."
            )
        }
        // A document that speaks for another issuer could redirect tokens (RFC 8414 §3.3).
        guard metadata.issuer == issuer else {
            return Self.failure(
                issuer,
                "'\(documentURL)' is the metadata of '\(metadata.issuer.prefix(200))'",
                "Write the issuer exactly as its metadata does."
            )
        }
        if let endpoint = metadata.tokenEndpoint {
            guard let url = Self.url(endpoint), isPermitted(url) else {
                return Self.failure(
                    issuer,
                    "the token_endpoint in '\(documentURL)' is not an https URL",
                    "Check what the issuer publishes."
                )
            }
        }
        return .known(metadata)
    }

    private static func failure(_ issuer: String, _ reason: String, _ advice: String) -> ProviderMetadataState {
        .unavailable("Could not read the metadata of '\(issuer)': \(reason)." + (advice.isEmpty ? "" : " \(advice)"))
    }
}
