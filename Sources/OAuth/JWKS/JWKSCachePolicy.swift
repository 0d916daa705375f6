// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Timing

/// How an issuer's keys are kept.
package struct JWKSCachePolicy: Hashable, Sendable {
    /// How often they are asked for without need.
    package var refresh: Duration
    /// How often at most a key ID that is not known makes them be asked for: anybody may send one.
    package var unknownKeyPause: Duration
    /// How long keys serve while their issuer does not answer.
    package var longestOutage: Duration
    /// The pause after a first failure; it doubles.
    package var firstRetry: Duration
    /// Where the doubling ends.
    package var longestRetry: Duration
    /// How long a caller waits for keys.
    package var longestWait: Duration
    /// How many callers may wait at once.
    package var waiterLimit: Int

    package init(
        refresh: Duration = .seconds(900),
        unknownKeyPause: Duration = .seconds(30),
        longestOutage: Duration = .seconds(86_400),
        firstRetry: Duration = .seconds(1),
        longestRetry: Duration = .seconds(30),
        longestWait: Duration = .seconds(15),
        waiterLimit: Int = 1_000
    ) {
        self.refresh = refresh
        self.unknownKeyPause = unknownKeyPause
        self.longestOutage = longestOutage
        self.firstRetry = firstRetry
        self.longestRetry = longestRetry
        self.longestWait = longestWait
        self.waiterLimit = waiterLimit
    }

    /// The wait after `failures` failures in a row.
    func retry(_ failures: Int) -> Duration {
        DoublingDelay.after(failures, first: firstRetry, longest: longestRetry)
    }
}
