// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesClient
import Logging
import MCPGateway

/// The operator that routes are read from, and the files to reach it with.
struct RouteSource: Sendable {
    let url: HTTPURL
    let tokenFile: String
    /// `nil`: the system's authorities.
    let caFile: String?
    private let files: FileReader

    /// - Parameters:
    ///   - configuration: The part `routes` of a file.
    ///   - url: Takes precedence over the file's, like the next two.
    ///   - tokenFile: The token to present.
    ///   - caFile: The authorities to check the certificate against.
    ///   - files: Reads both.
    /// - Throws: ``CommandFailure`` if something is missing, cannot be read or cannot be used.
    init(
        _ configuration: RoutesConfiguration,
        url: String?,
        tokenFile: String?,
        caFile: String?,
        files: FileReader = .system
    ) throws(CommandFailure) {
        guard let url = try url.map(Self.parse) ?? configuration.url else {
            throw CommandFailure(
                .unusable,
                "Could not read routes: no operator is named. Set 'routes.url' in the configuration, or '--url'."
            )
        }
        guard let tokenFile = tokenFile ?? configuration.tokenFile else {
            throw CommandFailure(
                .unusable,
                """
                Could not read routes from '\(url.withoutQuery)': no token to present. Set 'routes.tokenFile' in the \
                configuration, or '--token-file'.
                """
            )
        }
        self.url = url
        self.tokenFile = tokenFile
        self.caFile = caFile ?? configuration.caFile
        self.files = files
        // What cannot be read at the start is a mistake; later it may be a rotation.
        do {
            _ = try token()
            if let caFile = self.caFile { _ = try files.text(of: caFile) }
        } catch { throw CommandFailure(.unusable, "\(error)") }
    }

    /// Whom to ask, with the token as it is in its file at that moment.
    var endpoint: RouteEndpoint { RouteEndpoint(url, token: presentedToken) }

    /// The token as it is in its file whenever it is asked for.
    var presentedToken: RouteEndpoint.Token { { try token() } }

    /// A client that trusts the file of authorities, read again as it changes.
    func client(from factory: any HTTPClientFactory, logger: Logger) throws -> any HTTPClient {
        let configuration = HTTPClientConfiguration(userAgent: ProgramVersion.userAgent)
        guard let caFile else { return try factory.makeClient(configuration) }
        return AuthorityFileClient(
            configuration,
            authorities: { [files] in try files.text(of: caFile) },
            from: factory,
            logger: logger
        )
    }

    private func token() throws -> Redacted<String> {
        let text = try files.text(of: tokenFile)
        let token = String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        guard !token.isEmpty else {
            throw FileReadingError(path: tokenFile, reason: "it is empty", isMissing: false)
        }
        return Redacted(token)
    }

    private static func parse(_ text: String) throws(CommandFailure) -> HTTPURL {
        let url: HTTPURL
        do throws(HTTPTransportError) { url = try HTTPURL(text) } catch {
            throw CommandFailure(.unusable, "Could not use '--url'. \(error.message)")
        }
        guard url.scheme == .https || HostPattern.isLoopback(url.host) else {
            throw CommandFailure(
                .unusable,
                "Could not use '--url' '\(url.withoutQuery)': it must use https, because routes hold credentials."
            )
        }
        return url
    }
}
