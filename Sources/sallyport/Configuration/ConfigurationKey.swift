// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

/// One documented key of the configuration file: what it may hold, its default and what it does.
///
/// The checker, the decoder's defaults and the reference in `docs/` all read this one description.
struct ConfigurationKey: Sendable {
    /// What happens when the key is absent.
    enum Absence: Sendable {
        /// The file is refused.
        case refused
        /// This value is used.
        case means(JSONValue)
        /// Something else decides, as the phrase says; "nothing" when there is simply none.
        case follows(String)
    }

    let name: String
    let kind: Kind
    let absence: Absence
    /// One sentence for the reference.
    let help: String

    init(_ name: String, _ kind: Kind, _ absence: Absence = .follows("none"), _ help: String) {
        self.name = name
        self.kind = kind
        self.absence = absence
        self.help = help
    }
}

extension ConfigurationKey {
    /// What a value has to be.
    indirect enum Kind: Sendable {
        /// Text that is not empty.
        case text
        case boolean
        case integer(ClosedRange<Int64>)
        /// A duration such as `30s` or `1h30m`.
        case duration
        /// A number of bytes such as `4MiB`.
        case byteCount
        /// The path of a file. What it holds is not read when the configuration is checked.
        case file
        /// `host:port`.
        case listenAddress
        case url(URLRule)
        /// A CIDR block.
        case addressRange
        /// A host name, or `*.` and a suffix.
        case hostPattern
        /// `namespace/name`.
        case objectKey
        case choice([String])
        /// `memory`, or a `valkey://` or `valkeys://` address.
        case sessionStore
        case list(Kind)
        case record([ConfigurationKey])

        /// The phrase the reference uses.
        var phrase: String {
            switch self {
            case .text: "text"
            case .boolean: "`true` or `false`"
            case .integer(let range): "integer, \(range.lowerBound) to \(range.upperBound)"
            case .duration: "duration, as `30s`"
            case .byteCount: "size, as `4MiB`"
            case .file: "path of a file"
            case .listenAddress: "`host:port`"
            case .url(.any): "URL"
            case .url(.proxy): "URL of scheme, host and port"
            case .url(.https): "https URL"
            case .url(.httpsOrLoopback): "https URL, or http to a loopback host"
            case .addressRange: "address range, as `10.0.0.0/8`"
            case .hostPattern: "host name, or `*.` and a suffix"
            case .objectKey: "`namespace/name`"
            case .choice(let words): words.map { "`\($0)`" }.joined(separator: ", ")
            case .sessionStore: "`memory` or `valkey://host:port`"
            case .list(.record): "list"
            case .list(let element): "list of: \(element.phrase)"
            case .record: "map"
            }
        }
    }

    /// Which URLs a key takes.
    enum URLRule: Sendable {
        case any
        /// Scheme, host and port alone.
        case proxy
        /// `http` only to a loopback host, and only with `egress.allowLoopbackHTTP`.
        case https
        /// `http` only to a loopback host.
        case httpsOrLoopback
    }
}
