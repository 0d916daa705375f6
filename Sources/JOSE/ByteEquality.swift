// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

extension StringProtocol {
    /// Whether two texts have the same bytes.
    ///
    /// `==` takes two spellings of an accented letter for one text, which an attacker could register.
    package func hasSameBytes(as other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }
}
