// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A secret value that prints as `[redacted]`.
///
/// The value is reached only through ``exposed``, so every place that uses it can be found by that word.
package struct Redacted<Value: Sendable>: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The secret itself.
    ///
    /// Never put it into a message, a log, a metric or an error.
    package let exposed: Value

    package init(_ value: Value) { exposed = value }

    package var description: String { "[redacted]" }
    package var debugDescription: String { "[redacted]" }
    /// Hides the value from `dump` and from string interpolation of an enclosing type.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension Redacted: Equatable where Value: Equatable {}
extension Redacted: Hashable where Value: Hashable {}
