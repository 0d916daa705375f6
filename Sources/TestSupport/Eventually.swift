// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Waits until a condition holds, looking every few milliseconds.
///
/// For conditions that a real peer brings about; where time is a parameter, a manual clock is better.
///
/// - Parameters:
///   - deadline: How long to look before giving up: a bound on failure, which no machine that works comes near.
///   - condition: Cheap and without effects.
/// - Returns: Whether it came to hold in time.
package func eventually(
    within deadline: Duration = .seconds(120),
    _ condition: @Sendable () async throws -> Bool
) async rethrows -> Bool {
    let end = ContinuousClock.now.advanced(by: deadline)
    while ContinuousClock.now < end {
        if try await condition() { return true }
        // Cancellation ends the wait early, which the next look at the condition decides.
        do { try await Task.sleep(for: .milliseconds(3)) } catch { return false }
    }
    return try await condition()
}
