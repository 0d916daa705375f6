// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("Leader election's durations")
struct LeaderElectionTimingTests {
    @Test("The standard durations pass their own check")
    func standard() throws {
        let timing = try LeaderElectionTiming(
            leaseDuration: .seconds(15),
            renewDeadline: .seconds(10),
            retryPeriod: .seconds(2)
        )
        #expect(timing == .standard)
    }

    @Test(
        "Durations under which two might lead are refused",
        arguments: [
            (Duration.seconds(10), Duration.seconds(10), Duration.seconds(2)), (.seconds(15), .seconds(2), .seconds(2)),
            (.seconds(15), .milliseconds(2_400), .seconds(2)), (.seconds(15), .seconds(10), .milliseconds(900)),
            (.milliseconds(15_500), .seconds(10), .seconds(2)), (.seconds(1 << 33), .seconds(10), .seconds(2)),
        ]
    )
    func refused(lease: Duration, renewal: Duration, retry: Duration) {
        #expect(throws: LeaderElectionTimingError.self) {
            try LeaderElectionTiming(leaseDuration: lease, renewDeadline: renewal, retryPeriod: retry)
        }
    }

    @Test("Two containers of one pod have different identities")
    func identity() {
        var generator = SeededGenerator(seed: 1)
        let first = LeaderElector.identity(podName: "operator-0", using: &generator)
        let second = LeaderElector.identity(podName: "operator-0", using: &generator)
        #expect(first != second)
        #expect(first.hasPrefix("operator-0_") && first.count == "operator-0_".count + 16)
    }
}
