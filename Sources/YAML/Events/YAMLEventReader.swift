// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import CYAML

/// libyaml's parser over a text in memory.
@safe struct YAMLEventReader: ~Copyable {
    // libyaml keeps pointers to the parser and to the input, so both live on the heap at addresses that do not change.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>
    private let isReady: Bool
    private let file: String

    init(_ text: String, file: String) {
        self.file = file
        let bytes = text.utf8.dropFirst(text.unicodeScalars.first == "\u{FEFF}" ? 3 : 0)
        unsafe input = .allocate(capacity: bytes.count)
        let (_, end) = unsafe input.initialize(from: bytes)
        unsafe parser = .allocate(capacity: 1)
        unsafe isReady = yaml_parser_initialize(parser) == 1
        guard isReady else { return }
        unsafe yaml_parser_set_input_string(parser, input.baseAddress, end)
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    }

    deinit {
        if isReady { unsafe yaml_parser_delete(parser) }
        unsafe parser.deallocate()
        unsafe input.deallocate()
    }

    /// Reads the next event; after the stream's end or an error it must not be called again.
    borrowing func next() throws(YAMLError) -> YAMLEvent {
        guard isReady else {
            throw YAMLError(
                file: file,
                at: SourcePosition(line: 1, column: 1),
                "Could not start the YAML parser: memory is exhausted. Check the process's memory limit."
            )
        }
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw failure() }
        defer { unsafe yaml_event_delete(&event) }
        return YAMLEvent(kind: unsafe kind(of: event), start: unsafe SourcePosition(event.start_mark))
    }

    private borrowing func kind(of event: yaml_event_t) -> YAMLEvent.Kind {
        switch unsafe event.type {
        case YAML_STREAM_START_EVENT: .streamStart
        case YAML_DOCUMENT_START_EVENT: .documentStart
        case YAML_DOCUMENT_END_EVENT: .documentEnd
        case YAML_ALIAS_EVENT: .alias(anchor: unsafe text(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT: .scalar(unsafe scalar(event))
        case YAML_SEQUENCE_START_EVENT: .sequenceStart(anchor: unsafe text(event.data.sequence_start.anchor))
        case YAML_SEQUENCE_END_EVENT: .sequenceEnd
        case YAML_MAPPING_START_EVENT: .mappingStart(anchor: unsafe text(event.data.mapping_start.anchor))
        case YAML_MAPPING_END_EVENT: .mappingEnd
        // libyaml gives no event at all once the stream has ended.
        default: .streamEnd
        }
    }

    private borrowing func scalar(_ event: yaml_event_t) -> YAMLScalar {
        let scalar = unsafe event.data.scalar
        let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        return YAMLScalar(
            text: unsafe String(decoding: bytes, as: UTF8.self),
            tag: unsafe text(scalar.tag),
            anchor: unsafe text(scalar.anchor),
            isImplicit: unsafe scalar.plain_implicit == 1
        )
    }

    private borrowing func text(_ characters: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        guard let characters = unsafe characters else { return nil }
        return unsafe String(cString: characters)
    }

    private borrowing func failure() -> YAMLError {
        let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "the text is not YAML"
        if unsafe parser.pointee.error == YAML_READER_ERROR {
            // The reader counts bytes and has no mark.
            let position = position(ofByte: unsafe parser.pointee.problem_offset)
            return YAMLError(
                file: file,
                at: position,
                YAMLProblem.sentence(problem, character: nil, context: nil, contextStart: nil)
            )
        }
        let position = unsafe SourcePosition(parser.pointee.problem_mark)
        let offset = unsafe parser.pointee.problem_mark.index
        let context = unsafe parser.pointee.context.map { unsafe String(cString: $0) }
        return YAMLError(
            file: file,
            at: position,
            YAMLProblem.sentence(
                problem,
                character: character(at: offset),
                context: context,
                contextStart: context == nil ? nil : unsafe SourcePosition(parser.pointee.context_mark)
            )
        )
    }

    /// The character that many characters into the text.
    private borrowing func character(at offset: Int) -> Unicode.Scalar? {
        unsafe String(decoding: input, as: UTF8.self).unicodeScalars.dropFirst(offset).first
    }

    private borrowing func position(ofByte offset: Int) -> SourcePosition {
        var position = SourcePosition(line: 1, column: 1)
        for byte in unsafe Array(input.prefix(offset)) {
            if byte == UInt8(ascii: "\n") {
                position = SourcePosition(line: position.line + 1, column: 1)
            } else if byte & 0b1100_0000 != 0b1000_0000 {
                position.column += 1
            }
        }
        return position
    }
}

extension SourcePosition {
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
    }
}
