// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// The rules of leader election; a value that is told what happened when, and answers what to do.
///
/// `at` is time on a local monotonic clock, and the only time that counts: how long ago this replica saw the record
/// change, and how long ago it sent the renewal that worked. What the record says of times is never compared.
///
/// | phase | what happens | phase | action |
/// |---|---|---|---|
/// | standby | start, or the wait is over | standby | read |
/// | standby | there is no Lease | standby | create |
/// | standby | there is none any more, and who held it last may still lead | standby | wait |
/// | standby | the Lease has no holder, or is ours (an answer was lost) | standby | claim |
/// | standby | it is another's and has changed since the last look | standby | wait |
/// | standby | it is another's and has not changed for less than its duration | standby | wait |
/// | standby | it is another's and has not changed for its duration | standby | claim |
/// | standby | its watch tells of an older version than the last look | standby | wait |
/// | standby | the write worked, within the renew deadline of being sent | leading | wait |
/// | standby | the write worked, but the answer took longer | standby | read |
/// | standby | a request failed | standby | wait |
/// | standby | stop | ended | stopped |
/// | leading | the retry period has passed since the last renewal was sent | leading | renew |
/// | leading | the renewal worked | leading | wait |
/// | leading | the renewal met another version, or no Lease | leading | read |
/// | leading | a request failed in another way, or after a failure | leading | wait, then read |
/// | leading | the Lease is ours | leading | renew |
/// | leading | the Lease has no holder | leading | claim |
/// | leading | there is no Lease | leading | create |
/// | leading | the Lease is another's | ended | lost |
/// | leading | the renew deadline has passed, whatever else happens | ended | lost |
/// | leading | the leader's work has ended | releasing | release |
/// | releasing | the release worked, or the Lease is not ours | ended | released |
/// | releasing | the release met another version | releasing | read |
/// | releasing | a request failed in another way, or after a failure | releasing | wait, then read |
/// | releasing | the Lease is ours | releasing | release |
/// | releasing | the renew deadline has passed since the work ended | ended | unreleased |
struct LeaderElectionState: Sendable {
    private enum Phase: Hashable, Sendable {
        case standby(next: Duration)
        case leading(Lease, renewedAt: Duration, next: Duration)
        case releasing(Lease, until: Duration, next: Duration)
        case ended(LeaderElectionEnd)
    }
    /// A record and when it was first seen as it is.
    private struct Sighting: Hashable, Sendable {
        var lease: Lease
        var since: Duration
    }

    private let identity: String
    private let timing: LeaderElectionTiming
    private var generator: any RandomNumberGenerator & Sendable
    private var phase = Phase.standby(next: .zero)
    private var sighting: Sighting?
    /// What the last failure said, in case it is the last word.
    private var lastFailure: String?
    /// How often a leader had to read the Lease before it could renew.
    private(set) var slowPaths = 0

    init(
        identity: String,
        timing: LeaderElectionTiming,
        generator: any RandomNumberGenerator & Sendable
    ) {
        self.identity = identity
        self.timing = timing
        self.generator = generator
    }

    /// Until when this replica leads unless it renews; `nil` if it does not.
    var leadsUntil: Duration? {
        guard case .leading(_, let renewedAt, _) = phase else { return nil }
        return renewedAt + timing.renewDeadline
    }

    /// Who holds the Lease, as far as this replica knows; for the log.
    var holder: String? { sighting?.lease.holder }

    /// How long a request may take that starts now.
    func patience(at: Duration) -> Duration {
        let limit: Duration? =
            switch phase {
            case .leading(_, let renewedAt, _): renewedAt + timing.renewDeadline - at
            case .releasing(_, let until, _): until - at
            case .standby, .ended: nil
            }
        return max(min(timing.renewDeadline / 2, limit ?? timing.renewDeadline), .zero)
    }
}

// MARK: - What happens

extension LeaderElectionState {
    mutating func start(at: Duration) -> LeaderElectionAction { elapsed(at: at) }

    /// Time has passed.
    mutating func elapsed(at: Duration) -> LeaderElectionAction {
        if let end = overdue(at: at) { return end }
        switch phase {
        case .standby(let next): return at >= next ? .read : wait()
        case .leading(let lease, _, let next):
            guard at >= next else { return wait() }
            // A failure since the last renewal leaves open what is stored.
            return lastFailure == nil ? .renew(lease) : readSlowly()
        case .releasing(_, _, let next): return at >= next ? .read : wait()
        case .ended(let end): return .end(end)
        }
    }

    /// The Lease was read; `nil` if there is none.
    mutating func found(_ lease: Lease?, at: Duration) -> LeaderElectionAction {
        if let end = overdue(at: at) { return end }
        switch phase {
        case .standby: return foundInStandby(lease, at: at)
        case .leading:
            guard let lease else { return .create }
            if lease.holder.isEmpty { return .claim(lease) }
            return lease.holder == identity ? .renew(lease) : end(.lost(.taken(by: lease.holder)))
        case .releasing:
            guard let lease, lease.holder == identity else { return end(.released) }
            return .release(lease)
        case .ended(let end): return .end(end)
        }
    }

    /// A standby's watch told of the Lease, or that it was deleted; it may lag behind what was read.
    mutating func observed(_ lease: Lease?, at: Duration) -> LeaderElectionAction {
        guard case .standby = phase else { return elapsed(at: at) }
        if let lease, let known = sighting?.lease.metadata.resourceVersion,
            lease.metadata.resourceVersion.isOlder(than: known) == true
        {
            return wait()
        }
        return foundInStandby(lease, at: at)
    }

    /// A write worked, and this is what is stored now; `sentAt` is from before it was sent.
    mutating func written(_ lease: Lease, sentAt: Duration, at: Duration) -> LeaderElectionAction {
        if let end = overdue(at: at) { return end }
        switch phase {
        case .standby, .leading:
            sighting = Sighting(lease: lease, since: sentAt)
            lastFailure = nil
            guard at < sentAt + timing.renewDeadline else {
                phase = .standby(next: at)
                return .read
            }
            phase = .leading(lease, renewedAt: sentAt, next: sentAt + timing.retryPeriod)
            return wait()
        case .releasing: return end(.released)
        case .ended(let end): return .end(end)
        }
    }

    /// A request failed, or took too long.
    mutating func failed(_ error: APIError, sentAt: Duration, at: Duration) -> LeaderElectionAction {
        let isFirst = lastFailure == nil
        lastFailure = error.message
        if let end = overdue(at: at) { return end }
        let isOutdated = [.conflict, .notFound, .alreadyExists].contains(error.code)
        switch phase {
        case .standby:
            phase = .standby(next: max(nextLook(at: at), at + min(error.retryAfter ?? .zero, timing.leaseDuration)))
        case .leading(let lease, let renewedAt, _):
            if isFirst, isOutdated { return readSlowly() }
            phase = .leading(lease, renewedAt: renewedAt, next: max(at, sentAt + timing.retryPeriod))
        case .releasing(let lease, let until, _):
            if isFirst, isOutdated { return .read }
            phase = .releasing(lease, until: until, next: max(at, sentAt + timing.retryPeriod))
        case .ended: break
        }
        return wait()
    }

    /// The leader's work has ended, and nothing of it writes any more.
    mutating func workEnded(at: Duration) -> LeaderElectionAction {
        if let end = overdue(at: at) { return end }
        guard case .leading(let lease, _, _) = phase else { return elapsed(at: at) }
        lastFailure = nil
        phase = .releasing(lease, until: at + timing.renewDeadline, next: at)
        return .release(lease)
    }

    /// A standby is told to stop.
    mutating func stop(at: Duration) -> LeaderElectionAction {
        guard case .standby = phase else { return elapsed(at: at) }
        return end(.stopped)
    }
}

// MARK: - Rules

extension LeaderElectionState {
    /// Before anything else: a leader that did not renew in time leads no longer.
    private mutating func overdue(at: Duration) -> LeaderElectionAction? {
        switch phase {
        case .leading(_, let renewedAt, _) where at >= renewedAt + timing.renewDeadline:
            end(.lost(.overdue(timing.renewDeadline, because: lastFailure)))
        case .releasing(_, let until, _) where at >= until: end(.unreleased)
        default: nil
        }
    }

    private mutating func foundInStandby(_ lease: Lease?, at: Duration) -> LeaderElectionAction {
        guard let lease else {
            // Whoever deleted the record did not stop the one it named.
            guard let last = sighting, !last.lease.holder.isEmpty, last.lease.holder != identity else {
                return .create
            }
            return wait(for: last, at: at) ?? .create
        }
        var since = at
        if let known = sighting, lease.hasSameRecord(as: known.lease) { since = known.since }
        let seen = Sighting(lease: lease, since: since)
        sighting = seen
        if lease.holder.isEmpty || lease.holder == identity { return .claim(lease) }
        return wait(for: seen, at: at) ?? .claim(lease)
    }

    /// Waits for a record to change, unless it was given its time.
    private mutating func wait(for sighting: Sighting, at: Duration) -> LeaderElectionAction? {
        let expiry = sighting.since + (sighting.lease.duration ?? timing.leaseDuration)
        guard at < expiry else { return nil }
        phase = .standby(next: min(nextLook(at: at), expiry))
        return wait()
    }

    private mutating func nextLook(at: Duration) -> Duration {
        let jitter = Double.random(in: 0...LeaderElectionTiming.jitter, using: &generator)
        return at + timing.retryPeriod * (1 + jitter)
    }

    private mutating func readSlowly() -> LeaderElectionAction {
        slowPaths += 1
        return .read
    }

    private mutating func end(_ end: LeaderElectionEnd) -> LeaderElectionAction {
        phase = .ended(end)
        return .end(end)
    }

    private func wait() -> LeaderElectionAction {
        switch phase {
        case .standby(let next): .wait(until: next)
        case .leading(_, let renewedAt, let next): .wait(until: min(next, renewedAt + timing.renewDeadline))
        case .releasing(_, let until, let next): .wait(until: min(next, until))
        case .ended(let end): .end(end)
        }
    }
}
