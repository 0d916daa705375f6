// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Curl
import HTTPTransport
import KubernetesAPI
import KubernetesClient
import KubernetesTesting
import Logging
import NIOConcurrencyHelpers
import TestSupport
import Testing

/// What is known after a client has worked on a server to the end.
struct Exchange: Sendable {
    /// What the operation said about itself, one line a step.
    var outcome: [String]
    /// Each request as ``ReceivedRequest/summary``.
    var requests: [String]
    /// The same requests in full.
    var received: [ReceivedRequest]
    /// The pauses the client made.
    var pauses: [Duration]
    /// The server's warnings that were logged.
    var warnings: [String]
}

/// A fault between a client and its server, and what must be true although it happened.
struct ClientFault: Sendable, CustomTestStringConvertible {
    /// Serves one request; `nil` leaves it to a sound server.
    typealias Script = @Sendable (_ request: ReceivedRequest, _ number: Int, _ files: ScriptedFiles) -> [ServerStep]?
    typealias Operation = @Sendable (_ log: OutcomeLog, _ client: ClusterClient) async throws -> Void

    /// The token file of ``ClusterConfiguration/Credentials/tokenFile(_:)`` in these cases.
    static let tokenFile = "/token"

    let testDescription: String
    private let token: String?
    private let script: Script
    private let operation: Operation
    /// Violations of what must hold, each as a sentence; empty if all is well.
    let violations: @Sendable (Exchange) -> [String]

    init(
        _ name: String,
        token: String? = nil,
        script: @escaping Script,
        operation: @escaping Operation,
        violations: @escaping @Sendable (Exchange) -> [String]
    ) {
        testDescription = name
        self.token = token
        self.script = script
        self.operation = operation
        self.violations = violations
    }

    /// Runs the operation through real sockets; unless `faulty`, against a sound server, which the case must notice.
    ///
    /// Cases with a token run over TLS, since tokens are sent to https servers only.
    func run(faulty: Bool) async throws -> Exchange {
        let files = ScriptedFiles(token.map { [Self.tokenFile: $0] } ?? [:])
        return try await ScriptedAPIServer.withServer { request, number in
            (faulty ? script(request, number, files) : nil) ?? SoundServer.answer(request)
        } _: { server in
            let clock = SkippingClock()
            let warnings = NIOLockedValueBox<[String]>([])
            let transport = try CurlTransport()
            let secure = try #require(SecureServerTrait.current)
            let client = try ClusterClient(
                configuration: token == nil
                    ? ClusterConfiguration(server: HTTPURL(server.url))
                    : ClusterConfiguration(
                        server: HTTPURL("https://127.0.0.1:\(secure.server.port)/to/\(server.port)"),
                        credentials: .tokenFile(Self.tokenFile),
                        trust: .authorities(pem: try secure.certificates.text("ca.pem"))
                    ),
                transport: PatientTransport(transport),
                userAgent: "test",
                clock: clock,
                logger: Logger(label: "test") { _ in WarningRecorder(texts: warnings) },
                metrics: NOOPMetricsHandler.instance,
                files: files.reader
            )
            let log = OutcomeLog()
            do {
                try await operation(log, client)
            } catch {
                log.add("threw \(error)")
            }
            await transport.shutdown()
            return Exchange(
                outcome: log.lines,
                requests: server.requests.map(\.summary),
                received: server.requests,
                pauses: clock.pauses,
                warnings: warnings.withLockedValue { $0 }
            )
        }
    }
}

extension ClusterClient {
    /// The widgets of the namespace that these cases are about.
    var widgets: ResourceClient<Widget> { resources(in: .namespace("a")) }
}

/// What an operation reports.
final class OutcomeLog: Sendable {
    private let recorded = NIOLockedValueBox<[String]>([])

    var lines: [String] { recorded.withLockedValue { $0 } }

    func add(_ line: String) { recorded.withLockedValue { $0.append(line) } }

    /// Reports the version of the object that comes of it, or the error's code.
    func attempt(_ work: () async throws -> Widget) async throws {
        do {
            add("version \(try await work().metadata.resourceVersion)")
        } catch let error as APIError {
            add(error.code.rawValue)
        }
    }
}

/// A server that does what it is asked.
enum SoundServer {
    static func answer(_ request: ReceivedRequest) -> [ServerStep] {
        switch request.method {
        case "DELETE": [.response(status: 200, body: #"{"kind":"Status","status":"Success"}"#)]
        case "POST": [.response(status: 201, body: Widget.text("todo"))]
        case "GET" where request.isWatch: [.head(), .chunk(event("x")), .endOfChunks]
        case "GET" where request.summary.hasPrefix("LIST"): [.response(status: 200, body: list)]
        default: [.response(status: 200, body: Widget.text("todo"))]
        }
    }

    static func event(_ name: String) -> String { #"{"type":"ADDED","object":\#(Widget.text(name))}"# + "\n" }

    static let list = ResourceClientTests.list([Widget.text("x")])
}

/// Keeps the server's warnings that were logged.
struct WarningRecorder: LogHandler {
    let texts: NIOLockedValueBox<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        guard let warning = event.metadata?["kubernetes.warning"] else { return }
        texts.withLockedValue { $0.append("\(warning)") }
    }
}

/// Collects violations: `check(condition, "sentence")`.
struct Violations {
    private(set) var found: [String] = []

    mutating func check(_ holds: Bool, _ sentence: String) {
        if !holds { found.append(sentence) }
    }
}
