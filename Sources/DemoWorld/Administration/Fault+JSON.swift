// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
package import JSON

extension Fault: JSONDecodable, JSONEncodable {
    private enum Member: String, CaseIterable {
        case delay
        case hang
        case trickle
        case close
        case status
        case error
        case retryAfter
        case html
        case redirect
        case headers
        case claims
        case type
        case unpublishedKey
        case scope
        case response
        case times
    }

    /// The longest delay, in seconds.
    private static let longestDelay = 600.0

    package init(json: JSONValue) throws(JSONDecodingError) {
        guard case .object(let members) = json else {
            throw JSONDecodingError("must be an object, not \(json.kind)")
        }
        for name in members.keys where Member(rawValue: name) == nil {
            let known = Member.allCases.map(\.rawValue).joined(separator: ", ")
            throw JSONDecodingError("has no member '\(name.prefix(64))'; there are \(known)")
        }
        func optional<Value: JSONDecodable>(_ member: Member) throws(JSONDecodingError) -> Value? {
            try json.optional(member.rawValue)
        }
        if let value: JSONValue = try optional(.delay) { delay = try Self.seconds(value, .delay) }
        if let value: JSONValue = try optional(.trickle) { trickle = try Self.seconds(value, .trickle) }
        hangs = try optional(.hang) ?? false
        closing = try Self.word(try optional(.close), .close)
        status = try optional(.status)
        guard (200...599).contains(status ?? 200) else {
            throw JSONDecodingError(at: JSONPointer([.key("status")]), "must be from 200 to 599")
        }
        error = try optional(.error)
        isPage = try optional(.html) ?? false
        redirect = try optional(.redirect)
        headers = try optional(.headers) ?? [:]
        if let seconds: Int = try optional(.retryAfter) { headers["Retry-After"] = "\(seconds)" }
        for (name, value) in headers where HTTPField.Name(name) == nil || !HTTPField.isValidValue(value) {
            throw JSONDecodingError(at: JSONPointer([.key("headers")]), "has a field that is none of HTTP")
        }
        claims = try Self.patch(try optional(.claims), .claims)
        type = try optional(.type)
        usesUnpublishedKey = try optional(.unpublishedKey) ?? false
        if let text: String = try optional(.scope) {
            guard let scopes = Scopes(parsing: text) else {
                throw JSONDecodingError(at: JSONPointer([.key("scope")]), "has a character that scopes do not have")
            }
            self.scopes = scopes
        }
        response = try Self.patch(try optional(.response), .response)
        times = try optional(.times)
        guard (times ?? 1) >= 1 else { throw JSONDecodingError(at: JSONPointer([.key("times")]), "must be at least 1") }
    }

    package var json: JSONValue {
        var json = JSONObject()
        func set(_ member: Member, _ value: JSONValue?) { json[member.rawValue] = value }
        if delay > .zero { set(.delay, .double(delay / .seconds(1))) }
        if hangs { set(.hang, true) }
        set(.trickle, trickle.map { .double($0 / .seconds(1)) })
        set(.close, closing.map { .string($0.rawValue) })
        set(.status, status.map(\.json))
        set(.error, error.map(JSONValue.string))
        if isPage { set(.html, true) }
        set(.redirect, redirect.map(JSONValue.string))
        if !headers.isEmpty { set(.headers, headers.json) }
        if !claims.isEmpty { set(.claims, .object(claims)) }
        set(.type, type.map(JSONValue.string))
        if usesUnpublishedKey { set(.unpublishedKey, true) }
        set(.scope, scopes.map { .string($0.description) })
        if !response.isEmpty { set(.response, .object(response)) }
        set(.times, times.map(\.json))
        return .object(json)
    }

    private static func seconds(_ value: JSONValue, _ member: Member) throws(JSONDecodingError) -> Duration {
        let seconds: Double? =
            switch value {
            case .integer(let number): Double(number)
            case .double(let number): number
            default: nil
            }
        guard let seconds, seconds >= 0, seconds <= longestDelay else {
            throw JSONDecodingError(
                at: JSONPointer([.key(member.rawValue)]),
                "must be seconds, from 0 to \(Int(longestDelay))"
            )
        }
        return .seconds(seconds)
    }

    private static func word(_ text: String?, _ member: Member) throws(JSONDecodingError) -> Closing? {
        guard let text else { return nil }
        guard let word = Closing(rawValue: text) else {
            let known = Closing.allCases.map { "'\($0.rawValue)'" }.joined(separator: " or ")
            throw JSONDecodingError(at: JSONPointer([.key(member.rawValue)]), "must be \(known)")
        }
        return word
    }

    private static func patch(_ value: JSONValue?, _ member: Member) throws(JSONDecodingError) -> JSONObject {
        guard let value else { return JSONObject() }
        guard case .object(let members) = value else {
            throw JSONDecodingError(at: JSONPointer([.key(member.rawValue)]), "must be an object, not \(value.kind)")
        }
        return members
    }
}
