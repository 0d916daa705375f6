// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Bounds on a list that is read in pieces.
package struct JSONListLimits: Hashable, Sendable {
    /// How long one element of `items` may be, in bytes.
    package var maximumItemBytes: Int
    /// How long the values of all other top-level members may be together, in bytes.
    package var maximumMemberBytes: Int
    /// The bounds on the inside of each item and member.
    package var value: JSONLimits

    package init(maximumItemBytes: Int = 16 << 20, maximumMemberBytes: Int = 1 << 20, value: JSONLimits = JSONLimits())
    {
        self.maximumItemBytes = maximumItemBytes
        self.maximumMemberBytes = maximumMemberBytes
        self.value = value
    }
}

/// Reads a Kubernetes list as it arrives, one item at a time.
///
/// It holds the current chunk and at most one unfinished value, never the whole text. The items are the elements of the
/// top-level array `items`, wherever it stands among the members. A text whose `items` is absent, `null` or no array is
/// read too, as an object without items: a server that answers with a `Status` is understood. After an error the scanner
/// must not be used again.
package struct JSONListScanner {
    private let limits: JSONListLimits
    /// Where the chunk that is being read, or the next one, starts in the text.
    private var chunkStart = JSONTextPosition()
    private var grammar = JSONListGrammar()
    private var extent = JSONValueExtent()
    /// The part of an unfinished value or name that earlier chunks held, and where it started.
    private var pending: [UInt8] = []
    private var pendingStart: JSONTextPosition?
    /// Where in the current chunk the unfinished value started.
    private var pendingOffset = 0
    private var members = JSONObject()
    private var currentName = ""
    private var hasItems = false
    private var memberBytes = 0

    package init(limits: JSONListLimits = JSONListLimits()) { self.limits = limits }

    /// Reads the next piece of the text, cut anywhere, and hands over each item that it completes.
    ///
    /// - Throws: ``JSONSyntaxError``, or what `onItem` throws.
    package mutating func feed(_ chunk: [UInt8], onItem: (JSONValue) throws -> Void) throws {
        let bytes = chunk.span
        var position = 0
        while position < bytes.count {
            if extent.isOpen {
                try continueValue(bytes, from: &position, onItem)
            } else if JSONParser.isWhiteSpace(bytes[position]) {
                position += 1
            } else {
                try step(bytes, at: &position)
            }
        }
        if extent.isOpen, pendingStart == nil {
            chunkStart.advance(over: chunk[..<pendingOffset])
            pendingStart = chunkStart
            chunkStart.advance(over: chunk[pendingOffset...])
        } else {
            chunkStart.advance(over: chunk[...])
        }
    }

    /// Ends the text.
    ///
    /// - Returns: The top-level members other than an array `items`, in their order.
    package func finish() throws(JSONSyntaxError) -> JSONObject {
        guard !extent.isOpen, grammar.state == .end else {
            throw chunkStart.error("The text ends too early")
        }
        return members
    }

    /// Reads one byte of the structure around the values, or the first one of a value.
    private mutating func step(_ bytes: Span<UInt8>, at position: inout Int) throws(JSONSyntaxError) {
        let byte = bytes[position]
        switch grammar.step(byte) {
        case .structure: position += 1
        case .beginItems:
            hasItems = true
            position += 1
        case .beginValue: extent.begin()
        case .refuse(let expected):
            let problem = "\(expected), not \(named(byte))"
            throw error(problem, bytes, at: position)
        }
    }

    /// Reads on in a value, and takes it when this chunk ends it.
    private mutating func continueValue(
        _ bytes: Span<UInt8>,
        from position: inout Int,
        _ onItem: (JSONValue) throws -> Void
    ) throws {
        let start = position
        if let value = wholeContainer(bytes, from: &position) {
            extent.close()
            try checkLength(position - start, bytes, at: position)
            try take(value, length: position - start, bytes, at: start, onItem)
            return
        }
        let isComplete = extent.scan(bytes, from: &position)
        let length = pending.count + position - start
        try checkLength(length, bytes, at: position)
        guard isComplete else {
            if pending.isEmpty { pendingOffset = start }
            for index in start..<position { pending.append(bytes[index]) }
            return
        }
        guard let valueStart = pendingStart else {
            let value = try parse(bytes.extracting(start..<position), bytes, at: start)
            try take(value, length: length, bytes, at: start, onItem)
            return
        }
        for index in start..<position { pending.append(bytes[index]) }
        let value = try JSONParser.parse(pending.span, limits: limits.value, from: valueStart)
        // A chunk's edge cuts an item every few dozen, so the buffer stays unless one item made it large.
        pending.removeAll(keepingCapacity: pending.count <= 64 << 10)
        try take(value, length: length, bytes, at: start, onItem)
        pendingStart = nil
    }

    /// Parses an object or array that begins here and ends within the chunk, as most items do, and moves past it.
    ///
    /// - Returns: `nil` when it goes on after the chunk or is wrong, which the slow path tells apart.
    private func wholeContainer(_ bytes: Span<UInt8>, from position: inout Int) -> JSONValue? {
        guard pending.isEmpty, bytes[position] == UInt8(ascii: "{") || bytes[position] == UInt8(ascii: "[") else {
            return nil
        }
        guard
            let (value, length) = JSONParser.parsePrefix(
                bytes.extracting(position..<bytes.count),
                limits: limits.value
            )
        else { return nil }
        position += length
        return value
    }

    /// Parses a value that lies within one chunk; where it stands in the text is worked out only for an error.
    private func parse(_ value: Span<UInt8>, _ bytes: Span<UInt8>, at start: Int) throws(JSONSyntaxError) -> JSONValue {
        do {
            return try JSONParser.parse(value, limits: limits.value, from: JSONTextPosition())
        } catch {
            throw self.error(error.problem, bytes, at: start + error.offset)
        }
    }

    /// Puts a finished value, of which the chunk holds the part from `start`, where it belongs.
    private mutating func take(
        _ value: JSONValue,
        length: Int,
        _ bytes: Span<UInt8>,
        at start: Int,
        _ onItem: (JSONValue) throws -> Void
    ) throws {
        switch grammar.finishValue(named: value.stringValue) {
        case .name:
            currentName = value.stringValue ?? ""
            guard members[currentName] == nil, !(hasItems && currentName == "items") else {
                let position = pendingStart ?? chunkStart.advanced(over: bytes, count: start)
                throw position.error("The member '\(shortened(currentName))' is given twice")
            }
        case .member:
            memberBytes += length
            members[currentName] = value
        case .item:
            try onItem(value)
        }
    }

    private func checkLength(_ length: Int, _ bytes: Span<UInt8>, at position: Int) throws(JSONSyntaxError) {
        if grammar.isInItems {
            guard length <= limits.maximumItemBytes else {
                throw error("An item is longer than \(limits.maximumItemBytes) bytes", bytes, at: position)
            }
        } else {
            guard memberBytes + length <= limits.maximumMemberBytes else {
                throw error(
                    "The members besides 'items' are longer than \(limits.maximumMemberBytes) bytes",
                    bytes,
                    at: position
                )
            }
        }
    }

    private func error(_ problem: String, _ bytes: Span<UInt8>, at position: Int) -> JSONSyntaxError {
        chunkStart.advanced(over: bytes, count: position).error(problem)
    }
}
