// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

/// The rules that concern several keys at once.
///
/// They read the document as it is, and pass over what the schema refuses anyway, so that one run reports everything.
struct ConfigurationRules {
    private let document: JSONValue
    private(set) var problems: [ConfigurationProblem] = []

    init(document: JSONValue) {
        self.document = document
        checkIdentityProviders()
        checkAuthorizationServers()
        checkPairs(at: ["tls"])
        checkPairs(at: ["publication"])
        checkPublication()
        checkListenAddresses()
        checkSessions()
        checkLists()
    }

    private mutating func checkIdentityProviders() {
        let providers = document["identityProviders"]?.arrayValue ?? []
        checkUnique(providers, "name", under: "identityProviders")
        checkUnique(providers, "issuer", under: "identityProviders")
        for (index, provider) in providers.enumerated() {
            let place = JSONPointer([.key("identityProviders"), .index(index)])
            let hasSecret = provider.has("clientSecretFile")
            let hasKey = provider.has("privateKeyFile")
            if hasSecret, hasKey {
                report(place.appending(.key("privateKeyFile")), "cannot be given together with clientSecretFile.")
            }
            let method = provider["clientAuthMethod"]?.stringValue
            let methodPlace = place.appending(.key("clientAuthMethod"))
            switch method {
            case "private_key_jwt" where !hasKey: report(methodPlace, "private_key_jwt needs privateKeyFile.")
            case "client_secret_basic" where !hasSecret, "client_secret_post" where !hasSecret:
                report(methodPlace, "\(method ?? "") needs clientSecretFile.")
            case "none" where hasSecret || hasKey:
                report(methodPlace, "is none, but a secret or a key is given; remove one of them.")
            default: break
            }
            for key in ["assertionAudience", "keyID"] where provider.has(key) && !hasKey {
                report(place.appending(.key(key)), "is used only with private_key_jwt.")
            }
        }
    }

    private mutating func checkAuthorizationServers() {
        let servers = document["authorizationServers"]?.arrayValue ?? []
        checkUnique(servers, "issuer", under: "authorizationServers")
    }

    /// A certificate without its key, or the other way round, is a mistake.
    private mutating func checkPairs(at path: [String]) {
        let place = JSONPointer(path.map { .key($0) })
        let section = path.reduce(document) { $0[$1] ?? .null }
        let hasCertificate = section.has("certificateFile")
        guard hasCertificate != (section.has("privateKeyFile")) else { return }
        let (given, missing) =
            hasCertificate ? ("certificateFile", "privateKeyFile") : ("privateKeyFile", "certificateFile")
        report(place.appending(.key(given)), "needs \(missing) beside it.")
    }

    /// A token over plain http reaches this machine alone.
    private mutating func checkPublication() {
        guard let section = document["publication"] else { return }
        let place = JSONPointer([.key("publication")])
        let listen = section["listen"]?.stringValue ?? "\(PublicationConfiguration().listen)"
        if section.has("tokenFile"), !section.has("certificateFile"), let address = ListenAddress(listen),
            !address.isLoopback
        {
            report(
                place.appending(.key(section.has("listen") ? "listen" : "tokenFile")),
                """
                '\(address)' can be reached from other machines, where the token of tokenFile would travel over http. \
                Listen on a loopback address such as 127.0.0.1:9443, or give certificateFile and privateKeyFile.
                """
            )
        }
        if section["serviceAccounts"]?.arrayValue?.isEmpty == true {
            report(place.appending(.key("serviceAccounts")), "must not be empty, because nobody could read routes.")
        }
    }

    private mutating func checkListenAddresses() {
        let places: [JSONPointer] = [
            JSONPointer([.key("listen")]), JSONPointer([.key("health"), .key("listen")]),
            JSONPointer([.key("publication"), .key("listen")]),
        ]
        var taken: [(address: ListenAddress, place: JSONPointer)] = []
        for place in places {
            let value = place.tokens.reduce(document) { value, token in
                guard case .key(let name) = token else { return .null }
                return value[name] ?? .null
            }
            guard let address = value.stringValue.flatMap(ListenAddress.init), address.port != 0 else { continue }
            if let other = taken.first(where: { $0.address.collides(with: address) }) {
                report(place, "'\(address)' is also where \(other.place.fieldPath) listens; use another port.")
            }
            taken.append((address, place))
        }
    }

    private mutating func checkSessions() {
        guard let sessions = document["sessions"], let store = sessions["store"]?.stringValue,
            store.hasPrefix("valkey"), sessions["keyFiles"]?.arrayValue?.isEmpty ?? true
        else { return }
        report(
            JSONPointer([.key("sessions"), .key("store")]),
            "is shared, so sessions.keyFiles must name at least one key."
        )
    }

    /// Lists that mean nothing when they are empty.
    private mutating func checkLists() {
        for (section, list) in [("authorizationServers", "tokenEndpoints"), ("resources", "urls")] {
            for (index, entry) in (document[section]?.arrayValue ?? []).enumerated()
            where entry[list]?.arrayValue?.isEmpty == true {
                report(JSONPointer([.key(section), .index(index), .key(list)]), "must not be empty.")
            }
        }
    }

    private mutating func checkUnique(_ entries: [JSONValue], _ key: String, under section: String) {
        var seen: Set<String> = []
        for (index, entry) in entries.enumerated() {
            guard let value = entry[key]?.stringValue, !seen.insert(value).inserted else { continue }
            report(
                JSONPointer([.key(section), .index(index), .key(key)]),
                "'\(value.prefix(120))' is used twice; each entry needs its own."
            )
        }
    }

    private mutating func report(_ pointer: JSONPointer, _ message: String) {
        problems.append(ConfigurationProblem(pointer: pointer, message: message))
    }
}

extension JSONValue {
    /// Whether the member is there and not `null`, which is the same as absent.
    fileprivate func has(_ key: String) -> Bool { (self[key] ?? .null) != .null }
}
