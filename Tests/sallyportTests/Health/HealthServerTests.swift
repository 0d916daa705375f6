// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import PrometheusMetrics
import Testing

@testable import sallyport

@Suite("Health", .timeLimit(.minutes(10)))
struct HealthServerTests {
    @Test("The report has a line for each check and says which one fails and why")
    func report() {
        let answer = ProbeAnswer([
            ReadinessCheck("servers") { .init(isReady: true, problems: ["The watch is down."]) },
            ReadinessCheck("secrets") { .init(isReady: false, problems: ["RBAC forbids to list Secrets."]) },
        ])
        #expect(!answer.isReady)
        #expect(
            answer.text == """
                [+] servers
                    The watch is down.
                [-] secrets
                    RBAC forbids to list Secrets.
                not ready

                """
        )
        #expect(ProbeAnswer([]).isReady)
    }

    @Test("A port in use is a clear failure with exit code 2")
    func portInUse() async throws {
        let metrics = PrometheusMetricsFactory()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let failure = await withTaskGroup(of: CommandFailure?.self) { group in
            let (addresses, continuation) = AsyncStream.makeStream(
                of: ListenAddress.self,
                bufferingPolicy: .bufferingOldest(1)
            )
            group.addTask {
                let first = HealthServer(
                    address: ListenAddress(host: "127.0.0.1", port: 0),
                    checks: [],
                    metrics: metrics,
                    logger: logger
                ) { address in
                    continuation.yield(address)
                    continuation.finish()
                }
                do { try await first.run() } catch { return error as? CommandFailure }
                return nil
            }
            group.addTask {
                for await address in addresses {
                    let second = HealthServer(address: address, checks: [], metrics: metrics, logger: logger)
                    do { try await second.run() } catch { return error as? CommandFailure }
                }
                return nil
            }
            let failure = await group.next()
            group.cancelAll()
            return failure ?? nil
        }
        #expect(failure?.code == .unusable)
        #expect(failure?.message?.contains("the port is in use") == true)
    }
}
