// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

extension Duration {
    /// For metrics; as many as an `Int64` holds.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (nanoseconds, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflows else { return .max }
        let (sum, overflowsAgain) = nanoseconds.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflowsAgain ? .max : sum
    }
}
