// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Bytes as characters of six bits each, the part that both alphabets of
/// [RFC 4648](https://www.rfc-editor.org/rfc/rfc4648) have in common; without padding.
enum SextetText {
    /// The last two characters of the alphabet; the others are letters and digits.
    typealias Tail = (UInt8, UInt8)

    static func encode(_ bytes: [UInt8], tail: Tail) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for byte in bytes {
            bits = (bits << 8 | UInt32(byte)) & 0xFFFF
            bitCount += 8
            while bitCount >= 6 {
                bitCount -= 6
                text.append(character(bits >> bitCount & 0x3F, tail))
            }
        }
        if bitCount > 0 { text.append(character(bits << (6 - bitCount) & 0x3F, tail)) }
        return text
    }

    /// `nil` for a character of no alphabet or of the other one, for one that carries no byte, and for bits left over that
    /// are not zero: each value has one text.
    static func decode(_ text: some Collection<UInt8>, tail: Tail) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for character in text {
            guard let sextet = value(of: character, tail) else { return nil }
            bits = bits << 6 | sextet
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
                bits &= (1 << bitCount) - 1
            }
        }
        return bits == 0 && bitCount < 6 ? bytes : nil
    }

    private static func character(_ sextet: UInt32, _ tail: Tail) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: sextet)
        return switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + (value - 26)
        case 52..<62: UInt8(ascii: "0") + (value - 52)
        case 62: tail.0
        default: tail.1
        }
    }

    private static func value(of character: UInt8, _ tail: Tail) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case tail.0: 62
        case tail.1: 63
        default: nil
        }
    }
}
