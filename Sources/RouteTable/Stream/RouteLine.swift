// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

/// One event as it goes out: encoded once, shared by all readers.
///
/// It may hold credentials and therefore prints nothing of itself.
package struct RouteLine: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// JSON and the newline that ends it.
    package let bytes: [UInt8]

    package init(_ event: RouteEvent) { bytes = event.json.serialized(.compact) + [UInt8(ascii: "\n")] }

    package var description: String { "\(bytes.count) bytes of a route event" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
