// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON

/// Compares a document with the schema and collects everything that is wrong.
struct ConfigurationChecker {
    private let allowsLoopbackHTTP: Bool
    private(set) var problems: [ConfigurationProblem] = []

    /// - Parameter document: The whole document; the rule for https depends on `egress.allowLoopbackHTTP` in it.
    init(document: JSONValue) {
        allowsLoopbackHTTP = document["egress"]?["allowLoopbackHTTP"]?.boolValue ?? false
    }

    mutating func check(_ value: JSONValue, against keys: [ConfigurationKey], at pointer: JSONPointer = JSONPointer()) {
        guard case .object(let members) = value else {
            return report(pointer, "must be a map of keys and values, not \(value.kind).")
        }
        for (name, member) in members {
            let place = pointer.appending(.key(name))
            guard let key = keys.first(where: { $0.name == name }) else {
                let hint = Self.hint(for: name, among: keys)
                problems.append(
                    ConfigurationProblem(pointer: place, isAboutKey: true, message: "is not a known key. \(hint)")
                )
                continue
            }
            // As in Kubernetes, null is the same as absent.
            if member != .null { check(member, key.kind, at: place) }
        }
        for key in keys {
            guard case .refused = key.absence, members[key.name] ?? .null == .null else { continue }
            report(pointer.appending(.key(key.name)), "is required: \(key.help)")
        }
    }

    private mutating func check(_ value: JSONValue, _ kind: ConfigurationKey.Kind, at pointer: JSONPointer) {
        switch kind {
        case .record(let keys): check(value, against: keys, at: pointer)
        case .list(let element):
            guard case .array(let elements) = value else {
                return report(pointer, "must be a list, not \(value.kind).")
            }
            for (index, member) in elements.enumerated() {
                check(member, element, at: pointer.appending(.index(index)))
            }
        case .boolean:
            if value.boolValue == nil { report(pointer, "must be true or false, not \(value.kind).") }
        case .integer(let range):
            guard let number = value.integerValue else {
                return report(pointer, "must be an integer, not \(value.kind).")
            }
            if !range.contains(number) {
                report(pointer, "must be from \(range.lowerBound) to \(range.upperBound), not \(number).")
            }
        case .text, .duration, .byteCount, .file, .listenAddress, .url, .addressRange, .hostPattern, .objectKey,
            .choice,
            .sessionStore:
            guard let text = value.stringValue else {
                return report(pointer, "must be text, not \(value.kind); put it in quotes if it is meant as text.")
            }
            if let problem = problem(with: text, kind) { report(pointer, problem) }
        }
    }

    /// What is wrong with a text of that kind, or `nil`.
    private func problem(with text: String, _ kind: ConfigurationKey.Kind) -> String? {
        let quoted = "'\(text.prefix(120))'"
        switch kind {
        case .text, .file: return text.isEmpty ? "must not be empty." : nil
        case .duration:
            return DurationText.parse(text) == nil ? "\(quoted) is no duration; write it like 30s, 5m or 1h30m." : nil
        case .byteCount:
            return ByteCountText.parse(text) == nil ? "\(quoted) is no size; write it like 512KiB or 4MiB." : nil
        case .listenAddress:
            return ListenAddress(text) == nil
                ? "\(quoted) is no address; write it like 127.0.0.1:8080 or [::1]:8080." : nil
        case .addressRange:
            do throws(AddressRange.SyntaxError) {
                _ = try AddressRange(cidr: text)
                return nil
            } catch { return error.message }
        case .hostPattern:
            return HostPattern.isValid(text)
                ? nil : "\(quoted) is no host pattern; write a host name, or *. and a suffix."
        case .objectKey:
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } ? nil : "\(quoted) must be namespace/name."
        case .choice(let words):
            guard !words.contains(text) else { return nil }
            let hint = NearestWord.find(text, among: words).map { " Did you mean '\($0)'?" } ?? ""
            return "\(quoted) must be one of \(words.joined(separator: ", ")).\(hint)"
        case .sessionStore:
            if text == "memory" || text.hasPrefix("valkey://") || text.hasPrefix("valkeys://") { return nil }
            return "\(quoted) must be memory, or an address like valkey://host:6379."
        case .url(let rule): return problem(withURL: text, rule)
        case .boolean, .integer, .list, .record: return nil
        }
    }

    private func problem(withURL text: String, _ rule: ConfigurationKey.URLRule) -> String? {
        let url: HTTPURL
        do throws(HTTPTransportError) { url = try HTTPURL(text) } catch {
            // The text may hold a password, so it is not repeated.
            if Self.holdsUserInformation(text) {
                return rule == .proxy
                    ? "must not hold a user name or password: secrets come from files, and none is sent to a proxy."
                    : "must not hold a user name or password: secrets come from files."
            }
            return "is no URL: write scheme, host and path, without a user name, spaces or a backslash."
        }
        if text.contains("#") { return "'\(url.withoutQuery)' must not have a fragment." }
        if rule == .proxy, url.path != "/" || url.query != nil {
            return "'\(url.origin)' must end with its port: a proxy has no path."
        }
        guard url.scheme == .http else { return nil }
        let loopback = url.isLoopback
        switch rule {
        case .any, .proxy: return nil
        case .httpsOrLoopback where loopback: return nil
        case .https where loopback && allowsLoopbackHTTP: return nil
        case .https where loopback:
            return "'\(url.withoutQuery)' must use https. To try things out, set egress.allowLoopbackHTTP: true."
        case .https, .httpsOrLoopback: return "'\(url.withoutQuery)' must use https."
        }
    }

    private static func holdsUserInformation(_ text: String) -> Bool {
        guard let slashes = text.firstRange(of: "//") else { return false }
        return text[slashes.upperBound...].prefix { !"/?#".contains($0) }.contains("@")
    }

    private mutating func report(_ pointer: JSONPointer, _ message: String) {
        problems.append(ConfigurationProblem(pointer: pointer, message: message))
    }

    /// What the author of an unknown key may have meant.
    private static func hint(for name: String, among keys: [ConfigurationKey]) -> String {
        if let near = NearestWord.find(name, among: keys.map(\.name)) { return "Did you mean '\(near)'?" }
        if let parent = ConfigurationReference.rows.first(where: { $0.lastName == name }) {
            return "There is a key '\(parent.path)'."
        }
        return "Known here: \(keys.map(\.name).sorted().joined(separator: ", "))."
    }
}
