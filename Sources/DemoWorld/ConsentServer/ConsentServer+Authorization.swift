// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JOSE
import JSON
import NIOConcurrencyHelpers

extension ConsentServer {
    /// Sends the browser back with a code: [RFC 6749 §4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2).
    ///
    /// A fault's `response` changes the parameters that the browser brings back.
    func authorize(_ request: DemoRequest, _ fault: Fault?) throws(OAuthRefusal) -> DemoAnswer {
        let parameters = try FormParameters(parsing: Array((request.query ?? "").utf8))
        let client = try client(parameters)
        let redirectURI = try parameters.required("redirect_uri")
        // Whoever could have the browser sent anywhere could have the code sent there.
        guard mayReturn(client, to: redirectURI) else {
            throw OAuthRefusal(.invalidRequest, "The client has not registered that 'redirect_uri'.")
        }
        var answer: JSONObject = ["iss": .string(addresses.consentServer)]
        answer["state"] = parameters["state"].map(JSONValue.string)
        do throws(OAuthRefusal) {
            guard let user = user(request, parameters) else { return Self.question(request) }
            answer["code"] = .string(try code(user, client, redirectURI, parameters).exposed)
        } catch {
            answer["error"] = .string(error.code.rawValue)
            answer["error_description"] = .string(error.message)
        }
        let changed = JSONValue.object(answer).merging(patch: .object(fault?.response ?? JSONObject()))
        let query = (changed.objectValue ?? answer).map { name, value in
            "\(name)=\(Self.encoded(value.stringValue ?? ""))"
        }
        let separator = redirectURI.contains("?") ? "&" : "?"
        return DemoAnswer(
            302,
            headers: [.location: redirectURI + separator + query.joined(separator: "&"), .cacheControl: "no-store"]
        )
        .counted(answer["error"]?.stringValue ?? "consent")
    }

    /// [RFC 7591 §3](https://www.rfc-editor.org/rfc/rfc7591#section-3).
    func register(_ request: DemoRequest) throws(OAuthRefusal) -> DemoAnswer {
        let metadata: JSONValue
        let redirectURIs: [String]
        let method: String
        do {
            metadata = try JSONValue(parsing: request.body, limits: DemoListener.jsonLimits)
            redirectURIs = try metadata.required("redirect_uris")
            method = try metadata.optional("token_endpoint_auth_method") ?? "client_secret_basic"
        } catch {
            throw OAuthRefusal(.invalidRequest, "The body must be JSON with 'redirect_uris'.")
        }
        guard !redirectURIs.isEmpty, ["client_secret_basic", "client_secret_post", "none"].contains(method) else {
            throw OAuthRefusal(.invalidRequest, "The method is not known, or there is no redirect URI.")
        }
        let secret = method == "none" ? nil : randomness.token()
        let client = RegisteredClient(
            id: randomness.identifier(),
            secret: secret,
            grants: [.authorizationCode, .refreshToken],
            redirectURIs: redirectURIs
        )
        try register(client)
        var answer = metadata.objectValue ?? JSONObject()
        answer["client_id"] = .string(client.id)
        answer["token_endpoint_auth_method"] = .string(method)
        answer["client_secret"] = secret.map { .string($0.exposed) }
        if secret != nil { answer["client_secret_expires_at"] = 0 }
        return DemoAnswer.secret(.object(answer), status: 201).counted(method)
    }

    private func register(_ client: RegisteredClient) throws(OAuthRefusal) {
        let result = state.withLockedValue { state -> Result<Void, OAuthRefusal> in
            do throws(OAuthRefusal) { return .success(try state.clients.register(client)) } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// The client that asks; one whose id is a URL is taken at its word, as there is nothing here to read the URL with.
    private func client(_ parameters: FormParameters) throws(OAuthRefusal) -> RegisteredClient {
        let id = try parameters.required("client_id")
        if let client = state.withLockedValue({ $0.clients.clients[id] }) { return client }
        guard id.hasPrefix("https://"), let end = id.dropFirst(8).firstIndex(of: "/") else {
            throw OAuthRefusal(.invalidRequest, "The client is not known here.")
        }
        let client = RegisteredClient(
            id: id,
            grants: [.authorizationCode, .refreshToken],
            redirectURIs: [String(id[..<end]) + "/connect/callback"]
        )
        try register(client)
        return client
    }

    private func mayReturn(_ client: RegisteredClient, to uri: String) -> Bool {
        guard let known = client.redirectURIs else { return Self.isOnThisMachine(uri) }
        return known.contains { $0.hasSameBytes(as: uri) }
    }

    /// Whether a port follows the host, and then a path or nothing: with anything else the host could be a user name.
    private static func isOnThisMachine(_ uri: String) -> Bool {
        ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"].contains { prefix in
            guard uri.hasPrefix(prefix) else { return false }
            let rest = uri.utf8.dropFirst(prefix.utf8.count)
            let port = rest.prefix { (48...57).contains($0) }
            guard let next = rest.dropFirst(port.count).first else { return (1...5).contains(port.count) }
            return (1...5).contains(port.count) && next == UInt8(ascii: "/")
        }
    }

    private func code(
        _ user: DemoUser,
        _ client: RegisteredClient,
        _ redirectURI: String,
        _ parameters: FormParameters
    ) throws(OAuthRefusal) -> Redacted<String> {
        guard try parameters.required("response_type") == "code" else {
            throw OAuthRefusal(.invalidRequest, "The parameter 'response_type' must be 'code'.")
        }
        guard parameters["code_challenge_method"] == "S256" else {
            throw OAuthRefusal(.invalidRequest, "The parameter 'code_challenge_method' must be 'S256'.")
        }
        let resource = try parameters.required("resource")
        guard resource.hasSameBytes(as: addresses.resource(.notes)) else {
            throw OAuthRefusal(.invalidTarget, "There is no such resource.")
        }
        let scopes = try parameters.scopes() ?? Scopes([MCPServerName.notes.readScope])
        guard scopes.names.isSubset(of: Self.scopes) else {
            throw OAuthRefusal(.invalidScope, "There is no such scope.")
        }
        let code = randomness.token()
        let entry = Code(
            consent: Consent(
                user: user,
                clientID: client.id,
                resource: resource,
                scopes: scopes,
                family: randomness.identifier()
            ),
            redirectURI: redirectURI,
            challenge: try parameters.required("code_challenge")
        )
        let now = time.now()
        let insertion = state.withLockedValue { state in
            state.codes.insert(
                entry,
                for: OpaqueToken.key(of: code.exposed),
                until: now.advanced(by: settings.codeLifetime),
                at: now
            )
        }
        guard insertion == .inserted else { throw OAuthRefusal(.temporarilyUnavailable, "There are too many codes.") }
        return code
    }

    /// Whoever the browser says: by the parameter, or by the cookie.
    private func user(_ request: DemoRequest, _ parameters: FormParameters) -> DemoUser? {
        let prefix = "demo_user="
        let cookies = request.headers[values: .cookie].joined(separator: ";").split(separator: ";")
        let cookie = cookies.map { $0.drop { $0 == " " } }.first { $0.hasPrefix(prefix) }
        let name = parameters["demo_user"] ?? cookie.map { String($0.dropFirst(prefix.count)) }
        return DemoUser.all.first { $0.name == name }
    }

    /// A page that asks a person who they are.
    private static func question(_ request: DemoRequest) -> DemoAnswer {
        let query = (request.query ?? "").replacing("&", with: "&amp;").replacing("\"", with: "&quot;").replacing(
            "<",
            with: "&lt;"
        )
        let links = DemoUser.all.map { user in
            "<li><a href=\"/authorize?\(query)&amp;demo_user=\(user.name)\">\(user.displayName) consents</a>"
        }
        return DemoAnswer(200, .html("<!doctype html><title>Consent</title><p>Who are you?<ul>\(links.joined())</ul>"))
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            if isPlain { return String(UnicodeScalar(byte)) }
            return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
