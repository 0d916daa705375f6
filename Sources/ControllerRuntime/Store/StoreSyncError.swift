// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A store that did not receive its first list in time.
package struct StoreSyncError: Error, Hashable, Sendable, CustomStringConvertible {
    /// `MCPServer`, for example.
    package var kind: String
    /// What was waited for, and what the API server said meanwhile.
    package var message: String

    package var description: String { message }
}
