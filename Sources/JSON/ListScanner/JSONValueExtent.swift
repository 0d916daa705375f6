// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Finds where a value ends, without judging it.
struct JSONValueExtent: Hashable, Sendable {
    private enum State: Hashable, Sendable {
        case closed
        /// Before the first byte.
        case opening
        /// In a number or a word, which ends before the first byte that cannot belong to it.
        case bare
        case text(depth: Int)
        case textAfterBackslash(depth: Int)
        case container(depth: Int)
    }

    private var state = State.closed

    var isOpen: Bool { state != .closed }

    mutating func begin() { state = .opening }

    /// Notes that the value was read in another way.
    mutating func close() { state = .closed }

    /// Moves `position` to the value's end, or to the end of `bytes` when the value goes on after it.
    ///
    /// - Returns: Whether the value ended.
    mutating func scan(_ bytes: Span<UInt8>, from position: inout Int) -> Bool {
        while position < bytes.count {
            switch state {
            case .closed: return true
            case .opening: open(bytes[position], &position)
            case .bare:
                if Self.endsBareValue(bytes[position]) {
                    state = .closed
                } else {
                    position += 1
                }
            case .text(let depth): scanText(bytes, from: &position, depth: depth)
            case .textAfterBackslash(let depth):
                position += 1
                state = .text(depth: depth)
            case .container(let depth): scanContainer(bytes, from: &position, depth: depth)
            }
        }
        return state == .closed
    }

    private mutating func open(_ byte: UInt8, _ position: inout Int) {
        position += 1
        switch byte {
        case UInt8(ascii: "\""): state = .text(depth: 0)
        case UInt8(ascii: "{"), UInt8(ascii: "["): state = .container(depth: 1)
        default: state = .bare
        }
    }

    private mutating func scanText(_ bytes: Span<UInt8>, from position: inout Int, depth: Int) {
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") {
                state = depth == 0 ? .closed : .container(depth: depth)
                return
            }
            if byte == UInt8(ascii: "\\") {
                state = .textAfterBackslash(depth: depth)
                return
            }
        }
    }

    private mutating func scanContainer(_ bytes: Span<UInt8>, from position: inout Int, depth: Int) {
        var depth = depth
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                state = .text(depth: depth)
                return
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 {
                    state = .closed
                    return
                }
            default: break
            }
        }
        state = .container(depth: depth)
    }

    private static func endsBareValue(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ":"), UInt8(ascii: "\""): true
        default: JSONParser.isWhiteSpace(byte)
        }
    }
}
