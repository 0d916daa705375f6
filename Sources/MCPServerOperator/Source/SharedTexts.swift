// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import MCPServerAPI
import NIOConcurrencyHelpers

/// Keeps one copy of each text that many statuses have in common.
///
/// Every status is decoded by itself, with copies of its own of messages and times that are the same on thousands of
/// servers; sharing them saves more than a kilobyte a server.
final class SharedTexts: Sendable {
    /// With this many it starts over: old times are in no new status.
    static let capacity = 1_024

    private let texts = NIOLockedValueBox<Set<String>>([])

    /// The number of texts that are kept now.
    var count: Int { texts.withLockedValue { $0.count } }

    /// An equal status that shares its texts.
    func sharing(_ status: MCPServerStatus) -> MCPServerStatus {
        texts.withLockedValue { texts in
            var status = status
            for position in status.conditions.indices {
                texts.share(&status.conditions[position].lastTransitionTime)
                texts.share(&status.conditions[position].message)
            }
            if var error = status.lastError {
                texts.share(&error)
                status.lastError = error
            }
            return status
        }
    }
}

extension Set<String> {
    /// Replaces a text by the equal one in the set, which it joins otherwise.
    fileprivate mutating func share(_ text: inout String) {
        if count >= SharedTexts.capacity { removeAll(keepingCapacity: true) }
        text = insert(text).memberAfterInsert
    }
}
