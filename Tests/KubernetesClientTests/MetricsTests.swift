// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import HTTPTransport
import JSON
import KubernetesAPI
import KubernetesClient
import NIOConcurrencyHelpers
import TestSupport
import Testing

@Suite("Client metrics", .timeLimit(.minutes(10)))
struct MetricsTests {
    @Test("Requests, their durations and retries are counted under client-go's names")
    func names() async throws {
        let metrics = RecordingMetrics()
        let position = NIOLockedValueBox(0)
        let fixture = try ClientFixture(metrics: metrics) { _ in
            let turn = position.withLockedValue { position in
                position += 1
                return position
            }
            switch turn {
            case 1: return .failure(500, "InternalError", headers: ["Retry-After": "0"])
            case 2: return .json(Widget.text("todo"))
            default: throw HTTPTransportError(.connectionFailed, "Refused.")
            }
        }
        _ = try await fixture.widgets.get(todo)
        await #expect(throws: APIError.self) { try await fixture.widgets.create(["kind": "Widget"], namespace: "a") }
        #expect(
            metrics.values == [
                "rest_client_request_duration_seconds{verb=get,host=api.example:6443}": 2,
                "rest_client_request_duration_seconds{verb=create,host=api.example:6443}": 1,
                "rest_client_request_retries_total{verb=get,host=api.example:6443}": 1,
                "rest_client_requests_total{code=500,method=GET,host=api.example:6443}": 1,
                "rest_client_requests_total{code=200,method=GET,host=api.example:6443}": 1,
                "rest_client_requests_total{code=<error>,method=POST,host=api.example:6443}": 1,
            ]
        )
    }
}

/// Counts what is recorded, by label and dimensions.
private final class RecordingMetrics: MetricsFactory {
    private final class Series: CounterHandler, TimerHandler, RecorderHandler {
        let add: @Sendable (Int64) -> Void

        init(add: @escaping @Sendable (Int64) -> Void) { self.add = add }

        func increment(by amount: Int64) { add(amount) }
        func reset() {}
        func recordNanoseconds(_ duration: Int64) { add(1) }
        func record(_ value: Int64) { add(1) }
        func record(_ value: Double) { add(1) }
    }

    private let counts = NIOLockedValueBox<[String: Int64]>([:])

    var values: [String: Int64] { counts.withLockedValue { $0 } }

    private func series(_ label: String, _ dimensions: [(String, String)]) -> Series {
        let name = "\(label){\(dimensions.map { "\($0.0)=\($0.1)" }.joined(separator: ","))}"
        return Series { amount in self.counts.withLockedValue { $0[name, default: 0] += amount } }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { series(label, dimensions) }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { series(label, dimensions) }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        series(label, dimensions)
    }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
}
