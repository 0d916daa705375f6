// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// An optional value kept outside the object that has it, so that an absent block of many fields costs one word.
@propertyWrapper
package enum Indirect<Value: Hashable & Sendable>: Hashable, Sendable {
    case absent
    indirect case present(Value)

    package init(wrappedValue: Value?) {
        self = wrappedValue.map(Indirect.present) ?? .absent
    }

    /// `nil` is ``absent``.
    package var wrappedValue: Value? {
        get {
            switch self {
            case .absent: nil
            case .present(let value): value
            }
        }
        set { self = Indirect(wrappedValue: newValue) }
    }
}
