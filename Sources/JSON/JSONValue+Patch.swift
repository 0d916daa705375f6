// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// This value changed by a merge patch, as [RFC 7396 §2](https://www.rfc-editor.org/rfc/rfc7396#section-2) defines it:
    /// `null` removes a member, and an array is replaced as a whole.
    package func merging(patch: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var result = objectValue ?? JSONObject()
        for (key, change) in changes {
            result[key] = change == .null ? nil : (result[key] ?? .null).merging(patch: change)
        }
        return .object(result)
    }

    /// The value that `pointer` leads to, or `nil` when there is none.
    ///
    /// An index leads into an object too, by its decimal text, because a pointer's text does not tell them apart.
    package func value(at pointer: JSONPointer) -> JSONValue? {
        var current = self
        for token in pointer.tokens {
            let next: JSONValue? =
                switch (current, token) {
                case (.object(let object), .key(let key)): object[key]
                case (.object(let object), .index(let index)): object["\(index)"]
                case (.array(let elements), .index(let index)) where elements.indices.contains(index): elements[index]
                default: nil
                }
            guard let next else { return nil }
            current = next
        }
        return current
    }
}
