// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// How long leadership lasts and how often it is renewed.
///
/// Safe as long as the clocks of two replicas run at rates that differ by less than ``leaseDuration`` to
/// ``renewDeadline``; their time of day does not matter.
package struct LeaderElectionTiming: Hashable, Sendable {
    /// How long others leave the Lease alone after they saw it change; whole seconds.
    package let leaseDuration: Duration
    /// How long after its last renewal a leader still leads.
    package let renewDeadline: Duration
    /// How often a leader renews, and the shortest time between two looks of a standby.
    package let retryPeriod: Duration
    /// How much longer a standby may wait, as a share of ``retryPeriod``, so that many do not come at once.
    package static var jitter: Double { 1.2 }

    /// 15 s, 10 s and 2 s, as in client-go.
    package static let standard = LeaderElectionTiming(
        unchecked: .seconds(15),
        renewDeadline: .seconds(10),
        retryPeriod: .seconds(2)
    )

    /// - Throws: ``LeaderElectionTimingError`` unless the lease is longer than the deadline, the deadline longer than a
    ///   jittered retry period, each at least a second and the lease in whole seconds.
    package init(
        leaseDuration: Duration,
        renewDeadline: Duration,
        retryPeriod: Duration
    ) throws(LeaderElectionTimingError) {
        let durations = "lease \(leaseDuration), renewal \(renewDeadline), retry \(retryPeriod)"
        func refuse(_ reason: String) -> LeaderElectionTimingError {
            LeaderElectionTimingError(
                message: "Could not set up leader election with \(durations): \(reason). Use 15, 10 and 2 seconds."
            )
        }
        guard [leaseDuration, renewDeadline, retryPeriod].allSatisfy({ $0 >= .seconds(1) }) else {
            throw refuse("each must be at least a second")
        }
        guard leaseDuration.components.attoseconds == 0, leaseDuration.components.seconds <= Int64(Int32.max) else {
            throw refuse("the lease must be in whole seconds, and fewer than 2^31")
        }
        guard leaseDuration > renewDeadline else { throw refuse("the lease must be longer than the renewal") }
        guard renewDeadline > retryPeriod * Self.jitter else {
            throw refuse("the renewal must be longer than \(Self.jitter) times the retry")
        }
        self.init(unchecked: leaseDuration, renewDeadline: renewDeadline, retryPeriod: retryPeriod)
    }

    private init(unchecked leaseDuration: Duration, renewDeadline: Duration, retryPeriod: Duration) {
        self.leaseDuration = leaseDuration
        self.renewDeadline = renewDeadline
        self.retryPeriod = retryPeriod
    }
}

/// Durations that no leader could be elected safely with.
package struct LeaderElectionTimingError: Error, Hashable, CustomStringConvertible {
    /// What is wrong with them, and what to use.
    package let message: String
    package var description: String { message }
}
