// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import MCPServerOperator

/// The configuration as the rest of the program uses it, passed on by part.
///
/// Keys of parts that are not in this binary's subcommands are checked like all others, and not kept.
struct Configuration: Sendable {
    /// Where MCP clients connect; a loopback address is what lets `serve` trust everything.
    var listen = ListenAddress(host: "127.0.0.1", port: 8_080)
    /// Where health and metrics are served, if the file says.
    var healthListen: ListenAddress?
    var trust = TrustConfiguration()
    var operation = OperatorConfiguration()
    var leaderElection = LeaderElectionConfiguration()
    var routes = RoutesConfiguration()
    var gateway = GatewayConfiguration()
    /// How long what is under way may go on after the process is told to stop.
    var drain = Duration.seconds(30)
    /// `nil` when the file does not speak of it, and then no stream is served.
    var publication: PublicationConfiguration?
}

extension Configuration: JSONDecodable {
    /// Reads a document that the checker has accepted.
    ///
    /// - Throws: What the checker should have refused.
    init(json: JSONValue) throws(JSONDecodingError) {
        if let text: String = try json.optional("listen"), let address = ListenAddress(text) { listen = address }
        let health: JSONValue? = try json.optional("health")
        if let text: String = try health?.optional("listen"), let address = ListenAddress(text) {
            healthListen = address
        }
        trust = TrustConfiguration(
            identityProviders: try json.optional("identityProviders") ?? [],
            authorizationServers: try json.optional("authorizationServers") ?? [],
            resources: try json.optional("resources") ?? [],
            egress: try json.optional("egress") ?? TrustConfiguration.Egress()
        )
        operation = try json.optional("operator") ?? OperatorConfiguration()
        let operatorPart: JSONValue? = try json.optional("operator")
        leaderElection = try operatorPart?.optional("leaderElection") ?? LeaderElectionConfiguration()
        routes = try json.optional("routes") ?? RoutesConfiguration()
        publication = try json.optional("publication")
        gateway = try GatewayConfiguration(json: json)
        let shutdown: JSONValue? = try json.optional("shutdown")
        if let text: String = try shutdown?.optional("drain"), let duration = DurationText.parse(text) {
            drain = duration
        }
    }
}

extension TrustConfiguration.IdentityProvider: JSONDecodable {
    init(json: JSONValue) throws(JSONDecodingError) {
        let clientID: String = try json.required("clientID")
        self.init(
            name: try json.required("name"),
            issuer: try json.required("issuer"),
            clientID: clientID,
            bearerAudiences: try json.optional("bearerAudiences") ?? [clientID],
            tokenEndpoints: try json.optional("tokenEndpoints") ?? [],
            forwardTo: try json.optional("forwardTo") ?? [],
            exchangeTo: try json.optional("exchangeTo") ?? []
        )
    }
}

extension TrustConfiguration.ForwardTarget: JSONDecodable {
    init(json: JSONValue) throws(JSONDecodingError) {
        self.init(audience: try json.required("audience"), urls: try json.required("urls"))
    }
}

extension TrustConfiguration.AuthorizationServer: JSONDecodable {
    init(json: JSONValue) throws(JSONDecodingError) {
        self.init(
            issuer: try json.required("issuer"),
            tokenEndpoints: try json.required("tokenEndpoints"),
            jwksURI: try json.optional("jwksURI")
        )
    }
}

extension TrustConfiguration.ResourcePair: JSONDecodable {
    init(json: JSONValue) throws(JSONDecodingError) {
        self.init(resource: try json.required("resource"), urls: try json.required("urls"))
    }
}

extension TrustConfiguration.Egress: JSONDecodable {
    init(json: JSONValue) throws(JSONDecodingError) {
        self.init(
            allowPrivate: try json.optional("allowPrivate") ?? [],
            allowHTTP: try json.optional("allowHTTP") ?? [],
            allowLoopbackHTTP: try json.optional("allowLoopbackHTTP") ?? false,
            proxy: try json.optional("proxy")
        )
    }
}

extension HTTPProxy: JSONDecodable {
    init(json: JSONValue) throws(JSONDecodingError) {
        let text = try String(json: json)
        do throws(HTTPTransportError) { self = try HTTPProxy(text) } catch { throw JSONDecodingError(error.message) }
    }
}

extension AddressRange: JSONDecodable {
    init(json: JSONValue) throws(JSONDecodingError) {
        let text = try String(json: json)
        do throws(SyntaxError) { self = try AddressRange(cidr: text) } catch { throw JSONDecodingError(error.message) }
    }
}

extension OperatorConfiguration: JSONDecodable {
    init(json: JSONValue) throws(JSONDecodingError) {
        self.init(
            workers: try json.optional("workers") ?? 4,
            requireSecretLabel: try json.optional("requireSecretLabel") ?? false
        )
    }
}
