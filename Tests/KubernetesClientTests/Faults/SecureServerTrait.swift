// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// One server and its certificates for all tests of a suite, ended after the last.
struct SecureServerTrait: SuiteTrait, TestScoping {
    @TaskLocal static var current: (certificates: IssuedCertificates, server: SecureServer)?

    @concurrent func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let certificates = try IssuedCertificates()
        let server = try SecureServer(certificates)
        try await Self.$current.withValue((certificates, server)) { try await function() }
    }
}

extension Trait where Self == SecureServerTrait {
    /// Starts nginx with TLS before the suite's first test.
    static var secureServer: Self { Self() }
}
