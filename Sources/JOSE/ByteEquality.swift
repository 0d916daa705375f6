// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

extension String {
    /// Whether two texts have the same bytes.
    ///
    /// `==` takes two spellings of an accented letter for one text, which an attacker could register.
    package func hasSameBytes(as other: String) -> Bool {
        // Most pairs that are compared have different lengths, or are one and the same.
        utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }
}
