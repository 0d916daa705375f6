// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import FoundationEssentials
import HTTPTransport
import KubernetesAPI
import Logging
import RouteTable
import TestSupport
import Testing

@testable import MCPServerOperator

/// Each test has a folder of its own and waits for the board, never for a time.
@Suite("Folder operator", .timeLimit(.minutes(10)))
struct FolderOperatorTests {
    /// A folder that is gone when the test is.
    final class Folder: Sendable {
        let path: String

        init() throws {
            path = FileManager.default.temporaryDirectory.path + "sallyport-\(UInt64.random(in: 0...UInt64.max))"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit {
            // What remains is in the system's folder for temporary files.
            do { try FileManager.default.removeItem(atPath: path) } catch {}
        }

        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: URL(filePath: path + "/" + name))
        }

        /// As editors and Kubernetes do it: a new file takes the name over.
        func replace(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: URL(filePath: path + "/." + name))
            try FileManager.default.removeItem(atPath: path + "/" + name)
            try FileManager.default.moveItem(atPath: path + "/." + name, toPath: path + "/" + name)
        }

        func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }
    }

    static func make(_ path: String, gateway: String? = nil) throws -> FolderOperator {
        try FolderOperator(
            folder: path,
            configuration: OperatorConfiguration(),
            trust: .corporate,
            gateway: gateway,
            dependencies: OperatorDependencies(
                transport: ScriptedHTTPClientFactory(ScriptedHTTPClient { _ in IncomingResponse(status: 500) }),
                cryptography: .fake,
                metrics: NOOPMetricsHandler.instance,
                logger: quiet,
                time: OperatorTime(clock: ContinuousClock(), sinceEpoch: { .seconds(1_700_000_000) })
            )
        )
    }

    static var quiet: Logger {
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        return logger
    }

    static let secrets = """
        {apiVersion: v1, kind: Secret, metadata: {name: idp, namespace: team-a}, stringData: {client-id: sallyport, client-secret: a}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: todo-client, namespace: team-a}, stringData: {client-id: todo, client-secret: b}}

        """

    @Test("once: every server is settled and the board shows it")
    func once() async throws {
        let folder = try Folder()
        try folder.write("server.yaml", Manifest.plain)
        try FileManager.default.createDirectory(atPath: folder.path + "/sub", withIntermediateDirectories: true)
        try folder.write("sub/secrets.yml", Self.secrets)
        try folder.write("broken.yaml", "a: [")
        try folder.write("notes.txt", "a: [")
        let made = try Self.make(folder.path)
        let picture = try await made.runOnce()
        #expect(picture.rows.map(\.reason) == ["Ready"])
        #expect(picture.rows.first?.authMode == "enterpriseIdP")
        #expect(picture.problems.map(\.reason) == ["InvalidYAML"])
        #expect(made.routes.snapshot.count == 1)
    }

    @Test("a folder that does not exist is an error that names it")
    func missing() async throws {
        let made = try Self.make("/nonexistent/folder")
        let error = await #expect(throws: FolderError.self) { try await made.run() }
        #expect(error?.message.contains("'/nonexistent/folder': it does not exist") == true)
    }

    /// Runs the operator until `body` returns.
    func following(
        _ folder: Folder,
        gateway: String? = nil,
        _ body: @escaping @Sendable (FolderOperator) async throws -> Void
    ) async throws {
        let made = try Self.make(folder.path, gateway: gateway)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await made.run() }
            try await body(made)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test("late Secrets, atomic renames, broken and deleted files reach the board one by one")
    func live() async throws {
        let folder = try Folder()
        try folder.write("server.yaml", Manifest.plain)
        try await following(folder) { made in
            try await made.board.wait { $0.rows.first?.reason == "SecretNotFound" }
            try folder.write("secrets.yaml", Self.secrets)
            try await made.board.wait { $0.rows.first?.reason == "Ready" }
            let version = made.routes[RouteKey(.todo)]?.version

            try folder.replace("secrets.yaml", Self.secrets.replacing("client-secret: a", with: "client-secret: c"))
            // A rotation changes the route and no row, so the board has nothing to wait for.
            try #require(await eventually { made.routes.snapshot[RouteKey(.todo)]?.version != version })

            try folder.write("server.yaml", "kind: [")
            try await made.board.wait { $0.problems.map(\.reason) == ["InvalidYAML"] }
            #expect(made.board.picture().rows.first?.reason == "Ready")
            #expect(made.routes.snapshot.count == 1)

            try folder.write("server.yaml", Manifest.enterprise("idpIssuer: https://evil.example"))
            try await made.board.wait { $0.rows.first?.ready == .false && $0.problems.isEmpty }
            #expect(made.routes.snapshot.count == 0)

            try folder.remove("server.yaml")
            try await made.board.wait { $0.rows.isEmpty }
        }
    }

    /// What a gateway says that does the same with each route.
    static func report(on routes: RouteBroadcast, _ outcome: GatewayReport.Outcome) -> GatewayReport {
        let snapshot = routes.snapshot
        let entries = snapshot.sorted.map {
            GatewayReport.Entry(key: $0.route.key, version: $0.version, outcome: outcome)
        }
        return GatewayReport(revision: snapshot.revision, isFull: true, entries: entries)
    }

    @Test("a server is Ready once the gateway of the process serves it, and GatewayRejected while that refuses it")
    func gateway() async throws {
        let folder = try Folder()
        try folder.write("server.yaml", Manifest.plain)
        try folder.write("secrets.yaml", Self.secrets)
        try await following(folder, gateway: "serve") { made in
            try #require(await eventually { made.routes.snapshot.count == 1 })
            #expect(!made.board.picture().rows.contains { $0.ready == .true })
            let refusal = GatewayReport.Outcome.rejected(reason: "ResourceMismatch", message: "Correct the resource.")
            made.receive(Self.report(on: made.routes, refusal))
            try await made.board.wait { $0.rows.first?.reason == "GatewayRejected" }
            let row = try #require(made.board.picture().rows.first)
            #expect(row.ready == .false && row.programmed == .false)
            #expect(row.message.contains("'serve'") && row.message.contains("ResourceMismatch: Correct the resource."))
            made.receive(Self.report(on: made.routes, .applied))
            try await made.board.wait { $0.rows.first?.reason == "Ready" }
        }
    }

    @Test("files in a folder that is made later are found")
    func laterFolder() async throws {
        let folder = try Folder()
        try await following(folder) { made in
            try FileManager.default.createDirectory(atPath: folder.path + "/team", withIntermediateDirectories: true)
            try folder.write("team/server.yaml", Manifest.plain)
            try await made.board.wait { $0.rows.count == 1 }
        }
    }

    @Test("a folder that vanishes keeps its servers and shows the problem")
    func vanishes() async throws {
        let folder = try Folder()
        try folder.write("server.yaml", Manifest.plain)
        try await following(folder) { made in
            try await made.board.wait { $0.rows.count == 1 }
            try FileManager.default.moveItem(atPath: folder.path, toPath: folder.path + "-away")
            try await made.board.wait { $0.problems.map(\.reason) == ["Unreadable"] }
            #expect(made.board.picture().rows.count == 1)
            try FileManager.default.moveItem(atPath: folder.path + "-away", toPath: folder.path)
            try await made.board.wait { $0.problems.isEmpty }
        }
    }
}

extension StatusBoard {
    /// Returns once the board is as expected; fails when that takes unreasonably long.
    func wait(_ isExpected: @escaping @Sendable (Picture) -> Bool) async throws {
        let waiting = Task {
            var current = picture()
            while !isExpected(current) { current = try await picture(after: current.revision) }
        }
        try await waiting.valueInTime()
    }
}
