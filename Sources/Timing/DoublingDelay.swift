// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A wait that doubles with each failure in a row, for whoever counts failures instead of keeping a ``Backoff``.
package enum DoublingDelay {
    /// The wait after so many failures.
    ///
    /// - Parameters:
    ///   - failures: In a row; at least one.
    ///   - first: The wait after one.
    ///   - longest: Where the doubling ends.
    /// - Returns: The same wait for the same numbers: nothing is random about it.
    package static func after(_ failures: Int, first: Duration, longest: Duration) -> Duration {
        var delay = first
        for _ in 1..<max(failures, 1) where delay < longest { delay = delay * 2 }
        return min(delay, longest)
    }
}
