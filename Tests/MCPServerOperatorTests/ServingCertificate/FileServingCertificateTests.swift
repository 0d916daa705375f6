// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesClient
import NIOConcurrencyHelpers
import TestSupport
import Testing

@testable import MCPServerOperator

@Suite("Serving certificate in files", .timeLimit(.minutes(10)))
struct FileServingCertificateTests {
    private static let start: Int64 = 1_800_000_000
    private let contents = NIOLockedValueBox<[String: String]>([:])
    private let now = NIOLockedValueBox(Self.start)
    private let clock = ManualClock()

    private func source() -> FileServingCertificate {
        FileServingCertificate(
            certificateFile: "/tls.crt",
            privateKeyFile: "/tls.key",
            files: FileReader { [contents] path throws(FileReadingError) in
                guard let text = contents.withLockedValue({ $0[path] }) else {
                    throw FileReadingError(path: path, reason: "there is no such file", isMissing: true)
                }
                return Array(text.utf8)
            },
            time: OperatorTime(clock: clock) { [now] in .seconds(now.withLockedValue { $0 }) },
            logger: FolderOperatorTests.quiet
        )
    }

    private func makePair() throws -> CertificateStock.Pair {
        let stock = try CertificateMaker().carryOut(
            [.makeSigner, .issueServing],
            on: CertificateStock(),
            for: ServingNames(dnsNames: ["localhost"]),
            at: Self.start
        )
        return try #require(stock.serving)
    }

    private func write(_ certificate: String?, _ key: String?) {
        contents.withLockedValue { contents in
            contents["/tls.crt"] = certificate
            contents["/tls.key"] = key
        }
    }

    @Test("Changed files are presented within a minute")
    func follows() async throws {
        let (one, two) = (try makePair(), try makePair())
        write(one.certificate, one.key.exposed)
        let source = source()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await source.run() }
            #expect(
                await eventually { source.current?.generation == 1 && clock.sleeperCount == 1 }
            )
            #expect(source.current?.certificateChain == one.certificate)
            write(two.certificate, two.key.exposed)
            clock.advance(by: .seconds(60))
            #expect(await eventually { source.current?.generation == 2 })
            #expect(source.current?.privateKey == two.key)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test("The same content is the same generation")
    func unchanged() throws {
        let pair = try makePair()
        write(pair.certificate, pair.key.exposed)
        let source = source()
        for _ in 0..<3 { source.refresh() }
        #expect(source.current?.generation == 1)
        #expect(source.readiness == OperatorReadiness(isReady: true, problems: []))
    }

    @Test("What was good last stays while the files are missing, half replaced or broken, and the problem is told")
    func keepsLast() throws {
        let (one, two) = (try makePair(), try makePair())
        write(one.certificate, one.key.exposed)
        let source = source()
        source.refresh()
        for (certificate, key) in [
            (nil, nil), (two.certificate, one.key.exposed), (one.certificate, nil), ("canary-7f3a", "canary-7f3a"),
        ] as [(String?, String?)] {
            write(certificate, key)
            source.refresh()
            #expect(source.current?.certificateChain == one.certificate)
            #expect(source.readiness.isReady)
            #expect(source.readiness.problems.count == 1)
            #expect(source.readiness.problems.first?.contains("'/tls.crt' and '/tls.key'") == true)
            #expect(!source.readiness.problems.joined().contains("canary-7f3a"))
        }
        write(two.certificate, two.key.exposed)
        source.refresh()
        #expect(source.current?.generation == 2)
        #expect(source.readiness.problems == [])
    }

    @Test("Who waits for the first certificate gets it, or nothing once cancelled")
    func first() async throws {
        let source = source()
        let waiting = Task { await source.first() }
        let cancelled = Task { await source.first() }
        cancelled.cancel()
        #expect(await cancelled.value == nil)
        source.refresh()
        let pair = try makePair()
        write(pair.certificate, pair.key.exposed)
        source.refresh()
        #expect(await waiting.value?.certificateChain == pair.certificate)
    }

    @Test("Without any good content it is not ready, and says why")
    func neverGood() {
        let source = source()
        source.refresh()
        #expect(source.current == nil)
        #expect(!source.readiness.isReady)
        #expect(source.readiness.problems.first?.contains("there is no such file") == true)
    }

    @Test("A certificate that has expired does not replace a good one, and one that expires makes it unready")
    func expiry() throws {
        let pair = try makePair()
        write(pair.certificate, pair.key.exposed)
        let source = source()
        now.withLockedValue { $0 += 100 * 86_400 }
        source.refresh()
        #expect(source.current == nil)
        #expect(source.readiness.problems.first?.contains("has expired") == true)
        now.withLockedValue { $0 = Self.start }
        source.refresh()
        #expect(source.readiness.isReady)
        now.withLockedValue { $0 += 90 * 86_400 }
        #expect(!source.readiness.isReady)
    }
}
