// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

extension JSONParser {
    /// Parses a string, from its opening quote.
    mutating func string(_ bytes: Span<UInt8>) throws(JSONSyntaxError) -> String {
        position += 1
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                defer { position += 1 }
                return try text(bytes.extracting(start..<position), startingAt: start, of: bytes)
            }
            if byte == UInt8(ascii: "\\") { return try stringWithEscapes(bytes, start: start) }
            guard byte >= 0x20 else { throw controlCharacter(bytes) }
            position += 1
        }
        throw failure(bytes, "The text ends inside a string")
    }

    private func text(
        _ characters: Span<UInt8>,
        startingAt start: Int,
        of bytes: Span<UInt8>
    ) throws(JSONSyntaxError) -> String {
        do {
            return String(copying: try UTF8Span(validating: characters))
        } catch {
            throw failure(bytes, at: start + error.byteOffsets.lowerBound, "A string holds bytes that are not UTF-8")
        }
    }

    /// Parses the rest of a string, from its first escape.
    private mutating func stringWithEscapes(_ bytes: Span<UInt8>, start: Int) throws(JSONSyntaxError) -> String {
        var text = try text(bytes.extracting(start..<position), startingAt: start, of: bytes)
        var runStart = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                if runStart < position {
                    text += try self.text(bytes.extracting(runStart..<position), startingAt: runStart, of: bytes)
                }
                position += 1
                if byte == UInt8(ascii: "\"") { return text }
                text.unicodeScalars.append(try escape(bytes))
                runStart = position
            } else {
                guard byte >= 0x20 else { throw controlCharacter(bytes) }
                position += 1
            }
        }
        throw failure(bytes, "The text ends inside a string")
    }

    /// Parses what follows a backslash.
    private mutating func escape(_ bytes: Span<UInt8>) throws(JSONSyntaxError) -> Unicode.Scalar {
        guard position < bytes.count else { throw failure(bytes, "The text ends inside a string") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape(bytes)
        default:
            throw failure(bytes, at: position - 1, "A backslash must not be followed by \(named(byte))")
        }
    }

    /// Parses the digits of `\uXXXX`, and of the second half when they are the first of a surrogate pair.
    private mutating func unicodeEscape(_ bytes: Span<UInt8>) throws(JSONSyntaxError) -> Unicode.Scalar {
        let start = position - 2
        let unit = try hexadecimalUnit(bytes)
        if let scalar = Unicode.Scalar(UInt32(unit)) { return scalar }
        guard unit < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw failure(bytes, at: start, "A surrogate lacks its other half") }
        position += 2
        let second = try hexadecimalUnit(bytes)
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(unit & 0x3FF) << 10 | UInt32(second & 0x3FF)))
        else { throw failure(bytes, at: start, "A surrogate lacks its other half") }
        return scalar
    }

    private mutating func hexadecimalUnit(_ bytes: Span<UInt8>) throws(JSONSyntaxError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard position < bytes.count else { throw failure(bytes, "The text ends inside a string") }
            guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw failure(bytes, "Four hexadecimal digits must follow '\\u'")
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    private func controlCharacter(_ bytes: Span<UInt8>) -> JSONSyntaxError {
        failure(bytes, "A string must not hold \(named(bytes[position])); write it as an escape")
    }
}
