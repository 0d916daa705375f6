// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport

/// A transport whose requests may take their time, for real sockets on a machine that may be busy.
///
/// A deadline that a test is not about must not decide it.
package struct PatientTransport: HTTPClientFactory {
    private let transport: any HTTPClientFactory
    private let isPatient: @Sendable (Deadlines) -> Bool

    /// Lengthens the deadlines that `isPatient` accepts, by default all.
    package init(
        _ transport: any HTTPClientFactory,
        isPatient: @escaping @Sendable (Deadlines) -> Bool = { _ in true }
    ) {
        self.transport = transport
        self.isPatient = isPatient
    }

    package func makeClient(_ configuration: HTTPClientConfiguration) throws -> any HTTPClient {
        PatientClient(client: try transport.makeClient(configuration), isPatient: isPatient)
    }

    private struct PatientClient: HTTPClient {
        let client: any HTTPClient
        let isPatient: @Sendable (Deadlines) -> Bool

        func send(_ request: OutgoingRequest) async throws -> IncomingResponse {
            var request = request
            if isPatient(request.deadlines) { request.deadlines = request.deadlines.patient }
            return try await client.send(request)
        }
    }
}

extension Deadlines {
    /// The same deadlines, each of them five minutes away.
    package var patient: Deadlines {
        let patience = Duration.seconds(300)
        return Deadlines(
            connect: patience,
            head: head.map { _ in patience },
            idle: idle.map { _ in patience },
            total: total.map { _ in patience }
        )
    }
}
