// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import HTTPTransport
import KubernetesAPI
import KubernetesClient
import Logging
import NIOConcurrencyHelpers
import TestSupport

/// A client whose server is a script, whose clock stands still and whose files are a dictionary.
struct ClientFixture {
    let http: ScriptedHTTPClient
    let factory: ScriptedHTTPClientFactory
    let clock = ManualClock()
    let files: ScriptedFiles
    let client: ClusterClient

    init(
        _ configuration: ClusterConfiguration? = nil,
        files: ScriptedFiles = ScriptedFiles(),
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        metrics: any MetricsFactory = NOOPMetricsHandler.instance,
        _ handler: @escaping ScriptedHTTPClient.Handler
    ) throws {
        http = ScriptedHTTPClient(handler)
        factory = ScriptedHTTPClientFactory(http)
        self.files = files
        client = try ClusterClient(
            configuration: try configuration
                ?? ClusterConfiguration(server: HTTPURL("https://api.example:6443/prefix/")),
            transport: factory,
            userAgent: "sallyport/test",
            clock: clock,
            logger: logger,
            metrics: metrics,
            files: files.reader
        )
    }

    /// A client whose server gives these answers in turn, and then the last one for ever.
    init(
        _ configuration: ClusterConfiguration? = nil,
        files: ScriptedFiles = ScriptedFiles(),
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        answers: [@Sendable () throws -> IncomingResponse]
    ) throws {
        let next = NIOLockedValueBox(0)
        try self.init(configuration, files: files, logger: logger) { _ in
            let position = next.withLockedValue { position in
                defer { position = min(position + 1, answers.count - 1) }
                return position
            }
            return try answers[position]()
        }
    }

    var widgets: ResourceClient<Widget> { client.resources(in: .namespace("a")) }

    /// Runs an operation while moving the clock forward to every deadline that somebody sleeps for.
    ///
    /// - Returns: The operation's result, and how often the clock was moved.
    func advancing<Value: Sendable>(
        by step: Duration = .milliseconds(100),
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await operation() }
            group.addTask { [clock] in
                while !Task.isCancelled {
                    if clock.sleeperCount > 0 { clock.advance(by: step) }
                    // Spinning would keep the processor from the operation. A cancellation means that it is over.
                    do { try await Task.sleep(for: .milliseconds(1)) } catch { break }
                }
                return nil
            }
            defer { group.cancelAll() }
            while let outcome = try await group.next() {
                if let outcome { return outcome }
            }
            throw CancellationError()
        }
    }
}

/// The key of the widget most tests are about.
let todo = ObjectKey(namespace: "a", name: "todo")

/// A body that breaks off after some chunks.
actor BreakingBody: ResponseBodySource {
    nonisolated func cancel() {}

    private var chunks: [[UInt8]]
    private let error: HTTPTransportError

    init(_ text: String, then error: HTTPTransportError) {
        chunks = [Array(text.utf8)]
        self.error = error
    }

    func next() throws -> [UInt8]? {
        if chunks.isEmpty { throw error }
        return chunks.removeFirst()
    }
}
