// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import InboundHTTP
import JSON
import MCPServerOperator
import ServiceLifecycle

/// The operator's serving certificate, as the route server asks for it.
struct ServingCertificateIdentity: ServingIdentitySource {
    private let source: any ServingCertificateSource
    private let first: ServingCertificate

    /// `first` is what the source had when serving began; once it has one, it always has.
    init(_ source: any ServingCertificateSource, first: ServingCertificate) {
        self.source = source
        self.first = first
    }

    /// Waits for a source's first certificate; how long, and why, is on `/readyz` in the meantime.
    static func first(of source: any ServingCertificateSource) async throws -> ServingCertificateIdentity {
        while true {
            if let first = source.current { return ServingCertificateIdentity(source, first: first) }
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: .milliseconds(100)) }
            try Task.checkCancellation()
        }
    }

    func newestIdentity() -> ServingIdentity {
        let certificate = source.current ?? first
        return ServingIdentity(
            generation: UInt64(clamping: certificate.generation),
            certificateChain: Redacted(Array(certificate.certificateChain.utf8)),
            privateKey: Redacted(Array(certificate.privateKey.exposed.utf8))
        )
    }
}
