// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// What is known about tokens, by their digests, for a short time.
///
/// Counts time from some start of its owner's.
struct TokenVerdicts {
    /// What a review has found.
    enum Verdict: Hashable {
        case accepted(serviceAccount: ObjectKey, pod: String?, expiry: Int64)
        case refused(TokenReviewError)
    }

    /// The most that a revoked token goes on being accepted.
    static let acceptedLifetime = Duration.seconds(60)
    /// How long a token is refused without asking again.
    static let refusedLifetime = Duration.seconds(10)
    static let capacity = 1_024

    private struct Entry {
        var verdict: Verdict
        var end: Duration

        var isRefusal: Bool {
            if case .refused = verdict { true } else { false }
        }
    }
    private var entries: [[UInt8]: Entry] = [:]

    var count: Int { entries.count }

    /// The verdict on a token, if it still counts.
    func verdict(on digest: [UInt8], at now: Duration) -> Verdict? {
        guard let entry = entries[digest], now < entry.end else { return nil }
        return entry.verdict
    }

    /// Keeps a verdict on a token.
    ///
    /// Its time counts from `asked`, when the review began: what was revoked since is not in the answer.
    mutating func keep(_ verdict: Verdict, on digest: [UInt8], asked: Duration, now: Duration) {
        let lifetime =
            switch verdict {
            case .accepted: Self.acceptedLifetime
            case .refused: Self.refusedLifetime
            }
        if entries[digest] == nil, entries.count >= Self.capacity { makeRoom(now) }
        entries[digest] = Entry(verdict: verdict, end: asked + lifetime)
    }

    /// Drops what has ended, else a refusal before an acceptance, and among these what would end first.
    ///
    /// So nobody can push good tokens out by sending bad ones.
    private mutating func makeRoom(_ now: Duration) {
        entries = entries.filter { now < $0.value.end }
        guard entries.count >= Self.capacity else { return }
        let first = entries.min { left, right in
            let (isLeft, isRight) = (left.value.isRefusal, right.value.isRefusal)
            return isLeft == isRight ? left.value.end < right.value.end : isLeft
        }
        if let first { entries[first.key] = nil }
    }
}
