// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import InboundHTTP
import JSON
import NIOConcurrencyHelpers
import RouteService
import RouteTable

/// Knows tokens by a table.
final class TokenTable: ReaderAuthenticator {
    private let answers: NIOLockedValueBox<[String: Result<ReaderIdentity, any Error>]>

    init(_ answers: [String: Result<ReaderIdentity, any Error>]) { self.answers = NIOLockedValueBox(answers) }

    subscript(_ token: String) -> Result<ReaderIdentity, any Error>? {
        get { answers.withLockedValue { $0[token] } }
        set { answers.withLockedValue { $0[token] = newValue } }
    }

    func authenticate(_ token: Redacted<String>) async throws -> ReaderIdentity {
        guard let answer = self[token.exposed] else { throw ReaderRefusal(.invalidToken, "The token is unknown.") }
        return try answer.get()
    }
}

/// Never answers.
struct SilentAuthenticator: ReaderAuthenticator {
    func authenticate(_ token: Redacted<String>) async throws -> ReaderIdentity {
        try await Task.sleep(for: .seconds(100_000))
        throw CancellationError()
    }
}

/// Keeps what gateways report.
final class RecordingReceiver: ReportReceiver {
    struct Received: Equatable {
        var instance: String
        var reader: String
        var report: GatewayReport
    }
    private let state = NIOLockedValueBox<(received: [Received], answer: ReportAnswer)>(([], .accepted))

    var received: [Received] { state.withLockedValue { $0.received } }

    func answer(_ answer: ReportAnswer) { state.withLockedValue { $0.answer = answer } }

    func receive(_ report: GatewayReport, from instance: String, by reader: ReaderIdentity) async -> ReportAnswer {
        state.withLockedValue { state in
            state.received.append(Received(instance: instance, reader: reader.name, report: report))
            return state.answer
        }
    }
}

/// A certificate that a test replaces.
final class TestIdentity: ServingIdentitySource {
    private let identity: NIOLockedValueBox<ServingIdentity>

    init(_ pair: TestCertificate) { identity = NIOLockedValueBox(pair.identity(generation: 1)) }

    func newestIdentity() -> ServingIdentity { identity.withLockedValue { $0 } }

    func replace(by pair: TestCertificate, generation: UInt64) {
        identity.withLockedValue { $0 = pair.identity(generation: generation) }
    }
}
