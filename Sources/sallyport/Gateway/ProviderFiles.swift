// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON
import KubernetesClient
import Logging
import MCPGateway
import NIOConcurrencyHelpers
import OAuth
import OpenSSL
import Timing

/// The clients at the identity providers, with credentials from files that are read again while the process runs.
///
/// What cannot be read any more, or cannot be used, leaves the last good credential in use.
final class ProviderFiles: ProviderClients {
    /// How old what was read may be; a rotation is noticed within a minute.
    static let freshness = Duration.seconds(30)

    private struct Known: Sendable {
        var credential: ClientCredential?
        var text: Redacted<String>?
        var readAt: Duration
        /// Why the files cannot be used as they are now; a full sentence.
        var problem: String?
        /// Grows with each other credential.
        var revision: UInt64 = 0
    }

    private let providers: [String: GatewayConfiguration.Provider]
    private let files: FileReader
    private let time: ElapsedTime
    private let logger: Logger
    private let known = NIOLockedValueBox<[String: Known]>([:])

    init(
        _ providers: [GatewayConfiguration.Provider],
        files: FileReader = .system,
        clock: any Clock<Duration> = ContinuousClock(),
        logger: Logger
    ) {
        self.providers = Dictionary(providers.map { ($0.issuer, $0) }) { first, _ in first }
        self.files = files
        time = ElapsedTime(clock)
        self.logger = logger
    }

    func client(ofIssuer issuer: String) -> ClientCredential? { current(issuer)?.credential }

    func revision(ofIssuer issuer: String) -> UInt64 { current(issuer)?.revision ?? 0 }

    /// What is wrong with the files; nothing while all can be used.
    ///
    /// Reads what has not been read for a while, as an exchange would.
    @discardableResult
    func check() -> [String] { providers.keys.sorted().compactMap { current($0)?.problem } }

    private func current(_ issuer: String) -> Known? {
        guard let provider = providers[issuer], provider.issuer.hasSameBytes(as: issuer) else { return nil }
        let now = time.now
        let before = known.withLockedValue { $0[issuer] }
        if let before, now - before.readAt < Self.freshness { return before }
        let fresh = read(provider, before, at: now)
        known.withLockedValue { $0[issuer] = fresh }
        return fresh
    }

    private func read(_ provider: GatewayConfiguration.Provider, _ before: Known?, at now: Duration) -> Known {
        var known = before ?? Known(readAt: now)
        known.readAt = now
        do {
            let text = try text(provider)
            if before == nil || known.text?.exposed != text?.exposed {
                known.credential = try Self.credential(provider, text)
                known.text = text
                known.revision += 1
            }
            known.problem = nil
        } catch let error as FileReadingError {
            known.problem = "\(error)"
        } catch {
            // What OpenSSL says of a key that it cannot read does not quote it.
            known.problem =
                "Could not use the private key of '\(provider.issuer)' in '\(provider.privateKeyFile ?? "")'. "
                + "Check that it is an unencrypted PEM file."
        }
        if let problem = known.problem, problem != before?.problem { complain(provider, problem, known.credential) }
        return known
    }

    /// Once for each problem, however often it is looked at.
    private func complain(
        _ provider: GatewayConfiguration.Provider,
        _ problem: String,
        _ lastGood: ClientCredential?
    ) {
        let consequence = lastGood == nil ? "nothing can be exchanged there" : "the last good one stays in use"
        logger.error(
            "Cannot use the gateway's credential at an identity provider; \(consequence)",
            metadata: ["oauth.issuer": "\(provider.issuer)", "error": "\(problem)"]
        )
    }

    private func text(_ provider: GatewayConfiguration.Provider) throws(FileReadingError) -> Redacted<String>? {
        guard let path = provider.privateKeyFile ?? provider.clientSecretFile else { return nil }
        let text = try files.text(of: path)
        // An editor's last line break is no part of a secret.
        return Redacted(provider.privateKeyFile == nil ? String(text.trimmingSuffix(while: \.isNewline)) : text)
    }

    private static func credential(
        _ provider: GatewayConfiguration.Provider,
        _ text: Redacted<String>?
    ) throws(OpenSSLError) -> ClientCredential {
        let authentication: ClientAuthentication
        switch (text, provider.privateKeyFile, provider.clientAuthMethod) {
        case (let key?, _?, _):
            authentication = .privateKeyJWT(
                try SigningKey(pem: key, keyID: provider.keyID),
                audience: provider.assertionAudience ?? provider.issuer
            )
        case (let secret?, nil, "client_secret_post"): authentication = .clientSecretPost(secret)
        case (let secret?, nil, _): authentication = .clientSecretBasic(secret)
        case (nil, _, _): authentication = .none
        }
        return ClientCredential(clientID: provider.clientID, authentication: authentication)
    }
}

extension String {
    fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> Substring {
        var rest = self[...]
        while let last = rest.last, isTrimmed(last) { rest.removeLast() }
        return rest
    }
}
