// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Scopes as a set, in the order of their bytes, so that equal sets are written equally.
///
/// A `Set` of texts would take two spellings of an accented letter for one scope.
struct ScopeList: Hashable, Sendable {
    /// Each once, sorted by bytes.
    let scopes: [String]

    init(_ scopes: some Sequence<String>) {
        var unique: [String] = []
        let sorted = scopes.filter { !$0.isEmpty }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for scope in sorted where !(unique.last.map { $0.utf8.elementsEqual(scope.utf8) } ?? false) {
            unique.append(scope)
        }
        self.scopes = unique
    }

    /// As a request has them: [RFC 6749 §3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3); `nil` for none.
    var text: String? { scopes.isEmpty ? nil : scopes.joined(separator: " ") }

    func contains(_ scope: String) -> Bool { scopes.contains { $0.utf8.elementsEqual(scope.utf8) } }

    func isSubset(of other: ScopeList) -> Bool { scopes.allSatisfy(other.contains) }

    func union(_ other: ScopeList) -> ScopeList { ScopeList(scopes + other.scopes) }

    static func == (left: ScopeList, right: ScopeList) -> Bool {
        left.scopes.count == right.scopes.count
            && zip(left.scopes, right.scopes).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }

    func hash(into hasher: inout Hasher) {
        for scope in scopes { hasher.combine(Array(scope.utf8)) }
    }
}
