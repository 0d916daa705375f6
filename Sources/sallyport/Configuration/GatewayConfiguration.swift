// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import MCPGateway

/// The gateway's part of the configuration.
struct GatewayConfiguration: Sendable {
    /// A provider's client, as this gateway is known to it.
    struct Provider: Sendable {
        var issuer: String
        var clientID: String
        var clientSecretFile: String?
        var privateKeyFile: String?
        /// The `kid` under which the provider knows that key.
        var keyID: String?
        /// One of the schema's words; `nil`: what the files allow.
        var clientAuthMethod: String?
        /// `nil`: the issuer.
        var assertionAudience: String?
        /// `nil`: where the provider's metadata says.
        var jwksURI: String?
    }

    /// `nil`: the address that is listened on.
    var publicURL: String?
    /// `nil`: plain HTTP.
    var certificateFiles: (certificate: String, privateKey: String)?
    var providers: [Provider] = []
    var allowedHosts: [String] = []
    var allowedOrigins: [String] = []
    var limits = RelayLimits()
    var perProviderConcurrency = 64
    var sessionStart = SessionStartSettings()
    /// Keys for session ids; empty: one of the process.
    var keyFiles: [String] = []
}

extension GatewayConfiguration: JSONDecodable {
    /// Reads a document that the checker has accepted.
    init(json: JSONValue) throws(JSONDecodingError) {
        publicURL = try json.optional("publicURL")
        let tls: JSONValue? = try json.optional("tls")
        if let certificate: String = try tls?.optional("certificateFile"),
            let key: String = try tls?.optional("privateKeyFile")
        {
            certificateFiles = (certificate, key)
        }
        providers = try json.optional("identityProviders") ?? []
        allowedHosts = try json.optional("allowedHosts") ?? []
        allowedOrigins = try json.optional("allowedOrigins") ?? []
        let limits: JSONValue? = try json.optional("limits")
        if let text: String = try limits?.optional("requestBody"), let bytes = ByteCountText.parse(text) {
            self.limits.requestBody = Int(clamping: bytes)
        }
        if let streams: Int = try limits?.optional("streams") { self.limits.streams = streams }
        if let count: Int = try limits?.optional("sessionsPerUser") { sessionStart.sessionsPerUser = count }
        let start: JSONValue? = try json.optional("sessionStart")
        if let word: String = try start?.optional("servers"), let servers = SessionStartSettings.Servers(rawValue: word)
        {
            sessionStart.servers = servers
        }
        if let count: Int = try start?.optional("perUser") { sessionStart.perUser = count }
        if let text: String = try start?.optional("deadline"), let deadline = DurationText.parse(text) {
            sessionStart.deadline = deadline
        }
        let broker: JSONValue? = try json.optional("broker")
        perProviderConcurrency = try broker?.optional("perProviderConcurrency") ?? 64
        let sessions: JSONValue? = try json.optional("sessions")
        keyFiles = try sessions?.optional("keyFiles") ?? []
    }
}

extension GatewayConfiguration.Provider: JSONDecodable {
    init(json: JSONValue) throws(JSONDecodingError) {
        self.init(
            issuer: try json.required("issuer"),
            clientID: try json.required("clientID"),
            clientSecretFile: try json.optional("clientSecretFile"),
            privateKeyFile: try json.optional("privateKeyFile"),
            keyID: try json.optional("keyID"),
            clientAuthMethod: try json.optional("clientAuthMethod"),
            assertionAudience: try json.optional("assertionAudience"),
            jwksURI: try json.optional("jwksURI")
        )
    }
}
