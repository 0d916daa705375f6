// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// The one thing an elector has to do next.
enum LeaderElectionAction: Hashable, Sendable {
    /// Ask for the Lease.
    case read
    /// Create the Lease as ours.
    case create
    /// Make this Lease ours.
    case claim(Lease)
    /// Renew this Lease, which is ours.
    case renew(Lease)
    /// Take our name off this Lease.
    case release(Lease)
    /// Wait until then, or until something happens.
    case wait(until: Duration)
    case end(LeaderElectionEnd)
}

/// How an election ended for this replica.
enum LeaderElectionEnd: Hashable, Sendable {
    /// Without having led.
    case stopped
    /// The Lease is free for the next.
    case released
    /// The Lease could not be released, so the next has to wait until it expires.
    case unreleased
    case lost(LeadershipLostError)
}
