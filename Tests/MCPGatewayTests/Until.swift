// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

/// Waits until a condition holds; gives up, and fails the test, when that takes unreasonably long.
func until(
    _ what: Comment,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: @Sendable () -> Bool
) async throws {
    let deadline = ContinuousClock.now.advanced(by: .seconds(120))
    while !condition() {
        try #require(ContinuousClock.now < deadline, "Waited in vain until \(what)", sourceLocation: sourceLocation)
        await Task.yield()
    }
}
