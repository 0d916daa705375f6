// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

extension RouteAuthentication {
    /// The `auth` member of a route, without absent values, so that a new optional field changes no version.
    func json(_ credentials: CredentialForm) -> JSONValue {
        var object: JSONObject
        switch self {
        case .none: object = [:]
        case .authorizationCode(let mode): object = mode.members(credentials)
        case .tokenForwarding(let mode): object = ["requiredAudiences": mode.requiredAudiences.json]
        case .tokenExchange(let mode): object = mode.members(credentials)
        case .enterpriseIdP(let mode): object = mode.members(credentials)
        }
        object["mode"] = .string(mode)
        return .object(object)
    }
}

extension RouteAuthentication.AuthorizationCode {
    func members(_ credentials: CredentialForm) -> JSONObject {
        var object = JSONObject()
        object["issuer"] = issuer?.json
        object["scopes"] = scopes.json
        object["authorizationEndpoint"] = authorizationEndpoint?.json
        object["tokenEndpoint"] = tokenEndpoint?.json
        object["authServerClient"] = client?.json(credentials)
        return object
    }
}

extension RouteAuthentication.TokenExchange {
    func members(_ credentials: CredentialForm) -> JSONObject {
        var object = JSONObject()
        object["idpIssuer"] = idpIssuer?.json
        object["tokenEndpoint"] = tokenEndpoint.json
        object["expectedIssuer"] = expectedIssuer?.json
        object["connectorID"] = connectorID?.json
        object["scopes"] = scopes.json
        object["requiredAudiences"] = requiredAudiences.json
        object["idpClient"] = client?.json(credentials)
        return object
    }
}

extension RouteAuthentication.EnterpriseIdP {
    func members(_ credentials: CredentialForm) -> JSONObject {
        var object = JSONObject()
        object["idpIssuer"] = idpIssuer?.json
        object["idpTokenEndpoint"] = idpTokenEndpoint.json
        object["authServerIssuer"] = authServerIssuer.json
        object["authServerTokenEndpoint"] = authServerTokenEndpoint?.json
        object["sendResource"] = sendResource.json
        object["scopes"] = scopes.json
        object["stepUpScopes"] = stepUpScopes.json
        object["subjectTokenType"] = subjectTokenType.json
        object["idpClient"] = idpClient?.json(credentials)
        object["authServerClient"] = authServerClient.json(credentials)
        object["authServerSendResource"] = authServerSendResource.json
        object["maxTokenLifetime"] = maximumTokenLifetime?.wholeSeconds
        object["lenientTokenType"] = lenientTokenType.json
        return object
    }
}

extension Duration {
    /// Whole seconds, as every duration in a route is written.
    var wholeSeconds: JSONValue { .integer(components.seconds) }
}
