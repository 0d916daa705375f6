// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
package import Logging
import NIOConcurrencyHelpers
import NIOCore
package import NIOSSL

/// Presents the newest certificate to each new connection; those that are open keep theirs.
///
/// A certificate that cannot be used is passed over: the last good one is presented until a usable one comes.
package final class ServerTLS: Sendable {
    private struct Loaded: Sendable {
        var chain: [NIOSSLCertificateSource]
        var key: NIOSSLPrivateKeySource
    }
    private struct State: Sendable {
        var generation: UInt64
        var loaded: Loaded
    }

    private let source: any ServingIdentitySource
    private let logger: Logger
    private let state: NIOLockedValueBox<State>

    /// - Throws: ``UnusableIdentity`` if the first certificate cannot be used.
    package init(_ source: any ServingIdentitySource, logger: Logger) throws(UnusableIdentity) {
        self.source = source
        self.logger = logger
        let first = source.newestIdentity()
        state = NIOLockedValueBox(State(generation: first.generation, loaded: try Self.load(first)))
    }

    /// TLS 1.2 or newer, with HTTP/1.1 inside.
    package var configuration: TLSConfiguration {
        let loaded = state.withLockedValue { $0.loaded }
        var configuration = Self.configuration(loaded)
        configuration.sslContextCallback = { [self] _, promise in
            if let loaded = known(source.newestIdentity()) {
                promise.succeed(Self.override(loaded))
            } else {
                // Not within the handshake: what is wrong with a certificate that cannot be parsed would stay in the TLS
                // library's queue of errors, where the handshake finds it and gives up.
                promise.futureResult.eventLoop.execute { promise.succeed(Self.override(self.refresh())) }
            }
        }
        return configuration
    }

    private static func override(_ loaded: Loaded) -> NIOSSLContextConfigurationOverride {
        var override = NIOSSLContextConfigurationOverride()
        override.certificateChain = loaded.chain
        override.privateKey = loaded.key
        return override
    }

    /// What to present for an identity that has been seen before; `nil` for a new one.
    private func known(_ identity: ServingIdentity) -> Loaded? {
        state.withLockedValue { $0.generation == identity.generation ? $0.loaded : nil }
    }

    private func refresh() -> Loaded {
        let identity = source.newestIdentity()
        let current = state.withLockedValue { state -> Loaded? in
            if state.generation == identity.generation { return state.loaded }
            // Whoever sees a generation first loads it; until then the others present the last one.
            state.generation = identity.generation
            return nil
        }
        if let current { return current }
        do {
            let loaded = try Self.load(identity)
            state.withLockedValue { if $0.generation == identity.generation { $0.loaded = loaded } }
            logger.info("Serving a new certificate", metadata: ["generation": "\(identity.generation)"])
            return loaded
        } catch {
            logger.error("Keeping the last certificate", metadata: ["error": "\(error)"])
            return state.withLockedValue { $0.loaded }
        }
    }

    private static func configuration(_ loaded: Loaded) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: loaded.chain,
            privateKey: loaded.key
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        // How long a connection that is being closed waits for its peer to agree.
        configuration.shutdownTimeout = .seconds(1)
        return configuration
    }

    private static func load(_ identity: ServingIdentity) throws(UnusableIdentity) -> Loaded {
        let chain: [NIOSSLCertificate]
        do { chain = try NIOSSLCertificate.fromPEMBytes(identity.certificateChain.exposed) } catch {
            throw UnusableIdentity(reason: "the certificate is not PEM")
        }
        guard !chain.isEmpty else { throw UnusableIdentity(reason: "there is no certificate") }
        let key: NIOSSLPrivateKey
        do { key = try NIOSSLPrivateKey(bytes: identity.privateKey.exposed, format: .pem) } catch {
            throw UnusableIdentity(reason: "the key is not an unencrypted PEM private key")
        }
        let loaded = Loaded(chain: chain.map { .certificate($0) }, key: .privateKey(key))
        // What a handshake would refuse is refused here, where the last certificate is still at hand.
        do { _ = try NIOSSLContext(configuration: configuration(loaded)) } catch {
            throw UnusableIdentity(reason: "the certificate and the key do not belong together")
        }
        return loaded
    }
}

/// A certificate or a key that a server cannot present.
package struct UnusableIdentity: Error, Hashable, Sendable {
    /// A phrase that says what is wrong; never holds a key.
    package let reason: String
}
