// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

/// Waits until a condition holds; gives up, and fails the test, when that takes unreasonably long.
///
/// It looks every millisecond and does not spin: two waits that spin keep a machine of two processors from everything
/// that other tests wait for.
func until(
    _ what: Comment,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: @Sendable () -> Bool
) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now.advanced(by: .seconds(120))
    while !condition() {
        try #require(clock.now < deadline, "Waited in vain until \(what)", sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(1))
    }
}
