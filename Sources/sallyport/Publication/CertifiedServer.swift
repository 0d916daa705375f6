// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import MCPServerOperator
import ServiceLifecycle

/// What every server does with its certificate: waits for the first one, serves, and has it looked after meanwhile.
struct CertifiedServer: Sendable {
    /// For `/readyz`.
    let name: String
    /// `nil`: plain HTTP.
    let certificate: (any ServingCertificateSource)?

    /// Serves until the group shuts down.
    ///
    /// - Parameter serve: Gets what to present; its end is the service's.
    /// - Throws: What `serve` throws, but for the cancellation that is how it ends when it is told to.
    func run(_ serve: @escaping @Sendable (ServingCertificateIdentity?) async throws -> Void) async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                if let certificate {
                    group.addTask { try await cancelWhenGracefulShutdown { try await certificate.run() } }
                }
                group.addTask {
                    guard let certificate else { return try await serve(nil) }
                    try await serve(try await ServingCertificateIdentity.first(of: certificate))
                }
                defer { group.cancelAll() }
                // The certificate's part ends only when it is told to.
                while try await group.next() != nil {}
            }
        } catch is CancellationError {
            // That is how it ends when it is told to.
        }
    }

    /// Why nobody is served, or soon will not be.
    var readinessCheck: ReadinessCheck {
        ReadinessCheck(name) { [certificate] in
            guard let certificate else { return ReadinessCheck.Verdict(isReady: true) }
            let readiness = certificate.readiness
            return ReadinessCheck.Verdict(isReady: readiness.isReady, problems: readiness.problems)
        }
    }
}
