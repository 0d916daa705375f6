// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI
import MCPServerAPI
package import RouteTable

/// Makes a route from what has been decided about a resource.
enum RouteBuilder {
    /// `nil` unless the spec is accepted and every reference is resolved: there is no half a route.
    static func route(
        for metadata: ObjectMeta,
        _ judgement: SpecJudgement,
        _ references: ResolvedReferences
    ) -> Route? {
        guard judgement.accepted.status == .true, references.isComplete, let configuration = judgement.configuration,
            !configuration.isSuspended,
            let authentication = authentication(configuration.auth, judgement, references)
        else { return nil }
        return Route(
            key: RouteKey(metadata.key),
            uid: metadata.uid,
            generation: metadata.generation,
            type: "streamable-http",
            url: configuration.url.text,
            resource: resource(configuration).text,
            timeout: configuration.timeout,
            headers: Dictionary(
                configuration.headers.map { ($0.name, $0.value) },
                uniquingKeysWith: { first, _ in first }
            ),
            toolPrefix: configuration.toolPrefix,
            family: configuration.family.map { Route.Family(name: $0.name, instanceArgument: $0.instanceArgument) },
            description: configuration.description,
            authentication: authentication
        )
    }

    private static func resource(_ configuration: ServerConfiguration) -> ResourceIndicator {
        if case .enterpriseIdP(let mode) = configuration.auth { return mode.resource }
        return ResourceIndicator(canonicalFor: configuration.url)
    }

    /// `nil` where something the mode needs is missing, which its conditions then say.
    private static func authentication(
        _ auth: AuthConfiguration,
        _ judgement: SpecJudgement,
        _ references: ResolvedReferences
    ) -> RouteAuthentication? {
        switch auth {
        case .none: return RouteAuthentication.none
        case .oauth(let mode):
            let server = mode.authorizationServer
            if server?.client != nil, references.authServerClient == nil { return nil }
            return .authorizationCode(
                RouteAuthentication.AuthorizationCode(
                    issuer: server?.issuer.text,
                    scopes: server?.scopes.scopes ?? [],
                    authorizationEndpoint: server?.endpoints?.authorization.text,
                    tokenEndpoint: judgement.authServerEndpoint,
                    client: references.authServerClient
                )
            )
        case .forwardToken(let mode):
            return .tokenForwarding(RouteAuthentication.TokenForwarding(requiredAudiences: mode.requiredAudiences))
        case .tokenExchange(let mode):
            guard let idp = judgement.idp, mode.client == nil || references.idpClient != nil else { return nil }
            return .tokenExchange(
                RouteAuthentication.TokenExchange(
                    idpIssuer: idp.issuer,
                    tokenEndpoint: idp.tokenEndpoint,
                    expectedIssuer: mode.expectedIssuer.text,
                    connectorID: mode.connectorID,
                    scopes: mode.scopes.scopes,
                    requiredAudiences: mode.requiredAudiences,
                    client: references.idpClient
                )
            )
        case .enterpriseIdP(let mode): return enterpriseIdP(mode, judgement, references)
        }
    }

    private static func enterpriseIdP(
        _ mode: AuthConfiguration.EnterpriseIdP,
        _ judgement: SpecJudgement,
        _ references: ResolvedReferences
    ) -> RouteAuthentication? {
        guard let idp = judgement.idp, let authServerClient = references.authServerClient,
            mode.idpClient == nil || references.idpClient != nil
        else { return nil }
        return .enterpriseIdP(
            RouteAuthentication.EnterpriseIdP(
                idpIssuer: idp.issuer,
                idpTokenEndpoint: idp.tokenEndpoint,
                authServerIssuer: mode.authServerIssuer.text,
                authServerTokenEndpoint: judgement.authServerEndpoint,
                sendResource: mode.sendsResourceToIdP,
                scopes: mode.scopes.scopes,
                stepUpScopes: mode.stepUpScopes.scopes,
                subjectTokenType: mode.subjectTokenType.rawValue,
                idpClient: references.idpClient,
                authServerClient: authServerClient,
                authServerSendResource: mode.sendsResourceToAuthServer,
                maximumTokenLifetime: mode.maxTokenLifetime,
                lenientTokenType: mode.acceptsBearerTokenType
            )
        )
    }
}

extension RouteKey {
    /// The route of the MCPServer with that key.
    package init(_ key: ObjectKey) { self.init(namespace: key.namespace, name: key.name) }
}

extension ObjectKey {
    /// The MCPServer that the route of that key was made from.
    package init(_ key: RouteKey) { self.init(namespace: key.namespace, name: key.name) }
}
