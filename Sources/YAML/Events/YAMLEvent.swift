// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// One step of libyaml's parser.
struct YAMLEvent {
    enum Kind {
        case streamStart
        case streamEnd
        case documentStart
        case documentEnd
        case alias(anchor: String)
        case scalar(YAMLScalar)
        case sequenceStart(anchor: String?)
        case sequenceEnd
        case mappingStart(anchor: String?)
        case mappingEnd
    }

    var kind: Kind
    /// Where the event starts.
    var start: SourcePosition
}

/// A scalar before it is given a type.
struct YAMLScalar: Hashable {
    var text: String
    var tag: String?
    var anchor: String?
    /// Whether the text alone decides the type: it is neither quoted nor tagged.
    var isImplicit: Bool
}
