// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The structure of a list outside its values: what may come next, and what a value that ends there is.
struct JSONListGrammar: Hashable, Sendable {
    enum State: Hashable, Sendable {
        case start
        /// After the opening brace.
        case firstNameOrEnd
        case name
        case colon
        /// After a name's colon; the flag says whether the name is `items`.
        case memberValue(isItems: Bool)
        case commaOrEnd
        /// After the bracket that opens the items.
        case firstItemOrEnd
        case item
        case itemCommaOrEnd
        case end
    }

    /// What a byte outside values means.
    enum Step: Hashable, Sendable {
        /// It belongs to the structure.
        case structure
        /// It opens the array of items.
        case beginItems
        /// It is the first of a value or name.
        case beginValue
        /// It must not be there; the text says what must.
        case refuse(String)
    }

    /// What a finished value is.
    enum Role: Hashable, Sendable {
        case name
        case member
        case item
    }

    private(set) var state = State.start
    private var isItemsName = false

    /// Whether values are elements of `items`.
    var isInItems: Bool {
        switch state {
        case .firstItemOrEnd, .item: true
        default: false
        }
    }

    mutating func step(_ byte: UInt8) -> Step {
        switch (state, byte) {
        case (.start, UInt8(ascii: "{")): state = .firstNameOrEnd
        case (.firstNameOrEnd, UInt8(ascii: "}")), (.commaOrEnd, UInt8(ascii: "}")): state = .end
        case (.firstNameOrEnd, UInt8(ascii: "\"")), (.name, UInt8(ascii: "\"")): return .beginValue
        case (.colon, UInt8(ascii: ":")): state = .memberValue(isItems: isItemsName)
        case (.memberValue(isItems: true), UInt8(ascii: "[")):
            state = .firstItemOrEnd
            return .beginItems
        case (.memberValue, let byte) where Self.mayBeginValue(byte): return .beginValue
        case (.commaOrEnd, UInt8(ascii: ",")): state = .name
        case (.firstItemOrEnd, UInt8(ascii: "]")), (.itemCommaOrEnd, UInt8(ascii: "]")): state = .commaOrEnd
        case (.firstItemOrEnd, let byte) where Self.mayBeginValue(byte): return .beginValue
        case (.item, let byte) where Self.mayBeginValue(byte): return .beginValue
        case (.itemCommaOrEnd, UInt8(ascii: ",")): state = .item
        default: return .refuse(expectation)
        }
        return .structure
    }

    /// Notes that a value ended; `text` is the text of a string, which may be a name.
    mutating func finishValue(named text: String?) -> Role {
        switch state {
        case .firstNameOrEnd, .name:
            isItemsName = text == "items"
            state = .colon
            return .name
        case .firstItemOrEnd, .item:
            state = .itemCommaOrEnd
            return .item
        default:
            isItemsName = false
            state = .commaOrEnd
            return .member
        }
    }

    private var expectation: String {
        switch state {
        case .start: "The text must be an object that starts with a brace"
        case .firstNameOrEnd, .name: "A member's name in quotes must start here"
        case .colon: "A colon must follow a member's name"
        case .memberValue, .firstItemOrEnd, .item: "A value must start here"
        case .commaOrEnd: "A comma or a closing brace must follow a member"
        case .itemCommaOrEnd: "A comma or a closing bracket must follow an item"
        case .end: "There must be nothing after the object"
        }
    }

    /// Whether a byte is not one of the structure's own; the parser then judges what the value is.
    private static func mayBeginValue(_ byte: UInt8) -> Bool {
        byte != UInt8(ascii: ",") && byte != UInt8(ascii: "]") && byte != UInt8(ascii: "}") && byte != UInt8(ascii: ":")
    }
}
