// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The members of a JSON object in the order they were added.
///
/// Most objects in Kubernetes have a handful of members, so look-up is a scan; past ``indexThreshold`` members an index
/// keeps it constant, and keeps hostile input from making it quadratic. Two objects are equal when they have equal
/// members, in any order. Names are equal when their characters are: two spellings of an accented letter are one name.
package struct JSONObject: Sendable {
    private static let indexThreshold = 16

    private var members: [(key: String, value: JSONValue)] = []
    private var index: [String: Int]?

    package init() {}

    /// The number of members.
    package var count: Int { members.count }
    /// Whether there is no member.
    package var isEmpty: Bool { members.isEmpty }
    /// The names of the members, in order.
    package var keys: [String] { members.map(\.key) }

    /// The value of a member; setting `nil` removes it.
    package subscript(key: String) -> JSONValue? {
        get { position(of: key).map { members[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?): members[position].value = value
            case (let position?, nil): remove(at: position)
            case (nil, let value?): append(key: key, value: value)
            case (nil, nil): break
            }
        }
    }

    /// Adds a member, or does nothing and returns `false` when the name is taken.
    package mutating func insertIfAbsent(_ key: String, _ value: JSONValue) -> Bool {
        guard position(of: key) == nil else { return false }
        append(key: key, value: value)
        return true
    }

    /// Where the member of that name stands in the collection of members.
    package func position(of key: String) -> Int? {
        if let index { return index[key] }
        return members.firstIndex { $0.key == key }
    }

    private mutating func append(key: String, value: JSONValue) {
        members.append((key, value))
        if index != nil {
            index?[key] = members.count - 1
        } else if members.count > Self.indexThreshold {
            var fresh: [String: Int] = [:]
            for (position, member) in members.enumerated() { fresh[member.key] = position }
            index = fresh
        }
    }

    private mutating func remove(at position: Int) {
        members.remove(at: position)
        guard index != nil else { return }
        var fresh: [String: Int] = [:]
        for (position, member) in members.enumerated() { fresh[member.key] = position }
        index = fresh
    }
}

extension JSONObject: RandomAccessCollection {
    package var startIndex: Int { members.startIndex }
    package var endIndex: Int { members.endIndex }
    package subscript(position: Int) -> (key: String, value: JSONValue) { members[position] }
}

extension JSONObject: Hashable {
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
    }

    package func hash(into hasher: inout Hasher) {
        // Order must not matter, and a sum of member hashes does not depend on it.
        var sum = 0
        for member in members {
            var memberHasher = Hasher()
            memberHasher.combine(member.key)
            memberHasher.combine(member.value)
            sum &+= memberHasher.finalize()
        }
        hasher.combine(sum)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// A repeated key keeps its last value.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (key, value) in elements { self[key] = value }
    }
}
