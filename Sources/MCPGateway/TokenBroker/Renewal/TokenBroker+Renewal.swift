// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import NIOConcurrencyHelpers
import OAuth
import Timing

extension TokenBroker {
    /// Renews tokens that are in use shortly before they end, until the task is cancelled.
    ///
    /// - Throws: `CancellationError` only.
    func renewTokens() async throws {
        while true {
            try Task.checkCancellation()
            let (epoch, renewals) = state.withLockedValue { ($0.epoch, $0.takeRenewals(at: environment.time.now)) }
            for _ in 0..<renewals.skipped { recorder.metrics.renewal(.skipped) }
            for (key, entry) in renewals.due {
                flights.start(key) { try await self.renew(key, entry, since: epoch) }
            }
            await renewalsChanged.wait(until: state.withLockedValue { $0.nextRenewal }, environment.time)
        }
    }

    /// Runs as the one flight for its key: whoever asks meanwhile gets the old token, or this one if that has ended.
    ///
    /// A session that is forgotten after `epoch` keeps nothing of it.
    private func renew(
        _ key: CacheKey,
        _ entry: TokenCache.Entry,
        since epoch: UInt64
    ) async throws -> BrokeredToken {
        do {
            guard let route = currentRoute(entry.server) else { throw NotRenewed() }
            let request = try await request(entry.session, route, CorrelationID.make())
            let (current, scopes) = state.withLockedValue { $0.key(request) }
            guard current == key, outlasts(request, entry) else { throw NotRenewed() }
            let token = try await exchange(key, scopes, request, since: epoch)
            recorder.metrics.renewal(.renewed)
            return token
        } catch {
            // The failure has its record, and the old token serves on until it ends, unless it was a denial.
            recorder.metrics.renewal(error is NotRenewed ? .skipped : .failed)
            throw error
        }
    }

    /// Whether a new token would be good for noticeably longer than the one there is.
    private func outlasts(_ request: TokenRequest, _ entry: TokenCache.Entry) -> Bool {
        guard let expiry = request.subject.expiry, request.session.refreshToken == nil else { return true }
        let gain = environment.wallClock().duration(to: expiry) - (entry.validUntil - environment.time.now)
        return gain > TokenLifetime.longestMargin + RenewalSchedule.shortestLifetime
    }
}

/// A token that is left to end; whoever waited for it just then obtains one.
struct NotRenewed: Error {}
