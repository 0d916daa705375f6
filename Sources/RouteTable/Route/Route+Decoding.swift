// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

extension RouteKey: JSONDecodable {
    /// Reads `namespace/name`.
    ///
    /// - Throws: If there is not exactly one slash, or nothing on one side of it.
    package init(json: JSONValue) throws(JSONDecodingError) {
        let text = try String(json: json)
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let namespace = parts.first, let name = parts.last, !namespace.isEmpty, !name.isEmpty
        else { throw JSONDecodingError("must be written namespace/name") }
        self.init(namespace: String(namespace), name: String(name))
    }
}

extension VersionedRoute: JSONDecodable {
    /// Reads a route as it stands in the stream, version included.
    ///
    /// Members that are not known are ignored, so that a newer operator can serve an older gateway; a mode or a method
    /// that is not known is an error, because no request may go out under a guess.
    package convenience init(json: JSONValue) throws(JSONDecodingError) {
        self.init(route: try Route(json: json), version: try json.required("version"))
    }
}

extension Route: JSONDecodable {
    package init(json: JSONValue) throws(JSONDecodingError) {
        let authentication: JSONValue = try json.required("auth")
        let read: RouteAuthentication
        do { read = try RouteAuthentication(json: authentication) } catch { throw error.inside(.key("auth")) }
        self.init(
            key: try json.required("key"),
            uid: try json.required("uid"),
            generation: try json.required("generation"),
            type: try json.required("type"),
            url: try json.required("url"),
            resource: try json.required("resource"),
            timeout: .seconds(try json.required("timeout", as: Int64.self)),
            headers: try json.required("headers"),
            toolPrefix: try json.optional("toolPrefix"),
            family: try json.optional("family"),
            description: try json.optional("description"),
            authentication: read
        )
    }
}

extension Route.Family: JSONDecodable {
    package init(json: JSONValue) throws(JSONDecodingError) {
        self.init(name: try json.required("name"), instanceArgument: try json.required("instanceArg"))
    }
}

extension RouteAuthentication: JSONDecodable {
    package init(json: JSONValue) throws(JSONDecodingError) {
        let mode: String = try json.required("mode")
        switch mode {
        case "none": self = .none
        case "oauth": self = .authorizationCode(try AuthorizationCode(json: json))
        case "forwardToken":
            self = .tokenForwarding(TokenForwarding(requiredAudiences: try json.required("requiredAudiences")))
        case "tokenExchange": self = .tokenExchange(try TokenExchange(json: json))
        case "enterpriseIdP": self = .enterpriseIdP(try EnterpriseIdP(json: json))
        default: throw JSONDecodingError(at: JSONPointer([.key("mode")]), "is not a mode this gateway knows")
        }
    }
}

extension RouteAuthentication.AuthorizationCode: JSONDecodable {
    package init(json: JSONValue) throws(JSONDecodingError) {
        self.init(
            issuer: try json.optional("issuer"),
            scopes: try json.required("scopes"),
            authorizationEndpoint: try json.optional("authorizationEndpoint"),
            tokenEndpoint: try json.optional("tokenEndpoint"),
            client: try json.optional("authServerClient")
        )
    }
}

extension RouteAuthentication.TokenExchange: JSONDecodable {
    package init(json: JSONValue) throws(JSONDecodingError) {
        self.init(
            idpIssuer: try json.optional("idpIssuer"),
            tokenEndpoint: try json.required("tokenEndpoint"),
            expectedIssuer: try json.optional("expectedIssuer"),
            connectorID: try json.optional("connectorID"),
            scopes: try json.required("scopes"),
            requiredAudiences: try json.required("requiredAudiences"),
            client: try json.optional("idpClient")
        )
    }
}

extension RouteAuthentication.EnterpriseIdP: JSONDecodable {
    package init(json: JSONValue) throws(JSONDecodingError) {
        self.init(
            idpIssuer: try json.optional("idpIssuer"),
            idpTokenEndpoint: try json.required("idpTokenEndpoint"),
            authServerIssuer: try json.required("authServerIssuer"),
            authServerTokenEndpoint: try json.optional("authServerTokenEndpoint"),
            sendResource: try json.required("sendResource"),
            scopes: try json.required("scopes"),
            stepUpScopes: try json.required("stepUpScopes"),
            subjectTokenType: try json.required("subjectTokenType"),
            idpClient: try json.optional("idpClient"),
            authServerClient: try json.required("authServerClient"),
            authServerSendResource: try json.required("authServerSendResource"),
            maximumTokenLifetime: try json.optional("maxTokenLifetime", as: Int64.self).map { .seconds($0) },
            lenientTokenType: try json.required("lenientTokenType")
        )
    }
}

extension RouteClient: JSONDecodable {
    /// Reads a client with its credential; source stays with the operator and is `nil`.
    package init(json: JSONValue) throws(JSONDecodingError) {
        let word: String = try json.required("method")
        guard let method = Method(rawValue: word) else {
            throw JSONDecodingError(at: JSONPointer([.key("method")]), "is not a method this gateway knows")
        }
        let credential: Credential
        switch method {
        case .clientSecretBasic, .clientSecretPost: credential = .secret(Redacted(try json.required("secret")))
        case .privateKeyJWT:
            credential = .privateKey(Redacted(try json.required("privateKey")), keyID: try json.optional("keyID"))
        case .none: credential = .none
        }
        self.init(
            id: try json.required("id"),
            method: method,
            credential: credential,
            source: nil,
            assertionAudience: try json.optional("assertionAudience")
        )
    }
}
