// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import JOSE
import JSON
import NIOConcurrencyHelpers

/// An MCP server over streamable HTTP: one tool tells what it knows of its caller, and where tokens have scopes a second one
/// needs a further scope.
///
/// It answers each request with one JSON document, and has no stream of its own.
package final class DemoMCPServer: Sendable {
    /// The versions of the protocol that it speaks, the newest first.
    static let protocolVersions = ["2025-11-25", "2025-06-18", "2025-03-26"]
    private static let sessionLifetime = Duration.seconds(8 * 3_600)

    /// What it is called.
    package let name: MCPServerName
    private let resourceGuard: ResourceGuard
    /// Whose tokens it takes; `nil` if it takes none.
    private let issuer: String?
    private let time: DemoTime
    private let randomness: Randomness
    private let lookUp: @Sendable (Redacted<String>) -> AccessGrant?
    /// Open sessions, each with the user to whom it belongs.
    private let sessions: NIOLockedValueBox<ExpiringTable<String, String>>

    /// - Parameters:
    ///   - name: Which one it is.
    ///   - addresses: Of the whole enterprise.
    ///   - time: By which sessions end.
    ///   - randomness: For the ids of sessions.
    ///   - lookUp: What a token stands for.
    init(
        _ name: MCPServerName,
        addresses: DemoAddresses,
        time: DemoTime,
        randomness: Randomness,
        lookUp: @escaping @Sendable (Redacted<String>) -> AccessGrant?
    ) {
        self.name = name
        self.time = time
        self.randomness = randomness
        self.lookUp = lookUp
        issuer = addresses.issuer(of: name)
        resourceGuard = ResourceGuard(
            resource: addresses.resource(name),
            metadataURL: addresses.resourceMetadata(name),
            scope: name.scopes.isEmpty ? nil : name.readScope
        )
        sessions = NIOLockedValueBox(ExpiringTable(capacity: 50_000))
    }

    /// Which endpoint a path is.
    func endpoint(_ path: String) -> DemoEndpoint {
        switch path {
        case "/mcp": .mcp(name)
        case "/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource": .mcpMetadata(name)
        default: .unknownPath(.mcpServer(name))
        }
    }

    /// Answers a request.
    func answer(_ request: DemoRequest, at endpoint: DemoEndpoint) -> DemoAnswer {
        switch endpoint {
        case .mcpMetadata: metadataAnswer(request)
        case .mcp: mcpAnswer(request)
        default: .unknownPath
        }
    }

    /// The answer that a fault with status 401 gives: with a challenge, like a real one.
    func challenged(_ answer: DemoAnswer) -> DemoAnswer {
        guard answer.status == 401 else { return answer }
        return resourceGuard.unauthorized(.unknown)
    }

    /// [RFC 9728 §2](https://www.rfc-editor.org/rfc/rfc9728#section-2); a server that takes no tokens has none.
    private func metadataAnswer(_ request: DemoRequest) -> DemoAnswer {
        guard let issuer else { return .unknownPath }
        guard request.method == "GET" else { return .wrongMethod(allowed: "GET") }
        return .document(
            [
                "resource": .string(resourceGuard.resource),
                "authorization_servers": [.string(issuer)],
                "bearer_methods_supported": ["header"],
                "scopes_supported": .array(name.scopes.sorted().map(JSONValue.string)),
                "resource_name": .string("Demonstration: \(name.rawValue)"),
            ]
        )
    }

    private func mcpAnswer(_ request: DemoRequest) -> DemoAnswer {
        // A page in a browser on this machine could otherwise call the server under another name.
        guard request.headers[.origin] == nil else { return .problem(403, "Browsers may not call this server.") }
        guard issuer != nil else { return openAnswer(request) }
        let verdict = resourceGuard.judge(request.headers[values: .authorization], lookUp: lookUp)
        guard case .accepted(let grant) = verdict else {
            return resourceGuard.unauthorized(verdict).counted(verdict.word)
        }
        if let scope = resourceGuard.scope, !grant.scopes.names.contains(scope) {
            return resourceGuard.insufficientScope(scope).counted(verdict.word, "insufficient-scope")
        }
        return serve(request, grant).counted(verdict.word)
    }

    /// Everybody is let in who shows nothing: a token that comes here has lost its way.
    private func openAnswer(_ request: DemoRequest) -> DemoAnswer {
        guard request.headers[.authorization] == nil else {
            return .problem(400, "This server wants to know nobody. Send no token.").counted("token-unwanted")
        }
        let grant = AccessGrant(
            subject: "",
            clientID: "",
            resource: resourceGuard.resource,
            scopes: Scopes(),
            expiry: time.now()
        )
        return serve(request, grant).counted("no-token")
    }

    private func serve(_ request: DemoRequest, _ grant: AccessGrant) -> DemoAnswer {
        switch request.method {
        case "POST": return call(request, grant)
        case "DELETE":
            endSession(request.headers[.mcpSessionID], grant)
            return DemoAnswer(204).counted("DELETE")
        default: return .wrongMethod(allowed: "POST, DELETE")
        }
    }

    private func call(_ request: DemoRequest, _ grant: AccessGrant) -> DemoAnswer {
        let message: RPCMessage
        do throws(RPCMessage.Malformed) { message = try RPCMessage(parsing: request.body) } catch {
            return DemoAnswer(400, .json(RPCMessage.error(error.code, error.message, id: error.id)))
        }
        guard isOpen(request.headers[.mcpSessionID], grant) else {
            return .problem(404, "There is no such session. Initialize a new one.")
        }
        guard let id = message.id, let method = message.method else { return DemoAnswer(202) }
        return answer(method, message.parameters, id, grant)
    }

    private func answer(
        _ method: String,
        _ parameters: JSONValue,
        _ id: JSONValue,
        _ grant: AccessGrant
    ) -> DemoAnswer {
        switch method {
        case "initialize":
            let session = randomness.identifier()
            guard open(session, grant) else { return .problem(503, "There are too many sessions. Try again later.") }
            var answer = DemoAnswer.secret(RPCMessage.result(initialization(parameters), id: id)).counted(method)
            answer.headers[.mcpSessionID] = session
            return answer
        case "ping": return .secret(RPCMessage.result([:], id: id)).counted(method)
        case "tools/list": return .secret(RPCMessage.result(["tools": tools], id: id)).counted(method)
        case "tools/call": return callTool(parameters, id, grant)
        default: return .secret(RPCMessage.error(-32_601, "There is no such method.", id: id))
        }
    }

    private func callTool(_ parameters: JSONValue, _ id: JSONValue, _ grant: AccessGrant) -> DemoAnswer {
        let tool = parameters["name"]?.stringValue
        if tool == "whoami" {
            let who = whoAmI(grant)
            let result: JSONValue = [
                "content": [["type": "text", "text": .string(who.serializedText())]], "structuredContent": who,
                "isError": false,
            ]
            return .secret(RPCMessage.result(result, id: id)).counted("tools/call whoami")
        }
        if let writeTool, tool == writeTool {
            guard grant.scopes.names.contains(name.writeScope) else {
                return resourceGuard.insufficientScope(name.writeScope).counted("insufficient-scope")
            }
            let result: JSONValue = ["content": [["type": "text", "text": "Done."]], "isError": false]
            return .secret(RPCMessage.result(result, id: id)).counted("tools/call \(writeTool)")
        }
        return .secret(RPCMessage.error(-32_602, "There is no such tool.", id: id))
    }

    /// The tool that needs ``MCPServerName/writeScope``; `nil` where tokens have no scopes.
    private var writeTool: String? {
        switch name {
        case .todo: "add_item"
        case .payroll: "approve_payment"
        case .notes: "add_note"
        case .calendar, .directory, .handbook: nil
        }
    }

    /// What it knows: all that the token says, if it says anything, or else what it stands for.
    private func whoAmI(_ grant: AccessGrant) -> JSONValue {
        let user = DemoUser.all.first { $0.subject == grant.subject }
        var who: JSONObject = [
            "server": .string(name.rawValue), "user": .string(user?.name ?? "unknown"),
            "subject": .string(grant.subject), "client": .string(grant.clientID),
            "scope": .string(grant.scopes.description), "resource": .string(grant.resource),
        ]
        if !grant.claims.isEmpty { who["claims"] = .object(grant.claims) }
        return .object(who)
    }

    private func initialization(_ parameters: JSONValue) -> JSONValue {
        let wanted = parameters["protocolVersion"]?.stringValue
        let version = Self.protocolVersions.first { $0 == wanted } ?? Self.protocolVersions.first
        return [
            "protocolVersion": .string(version ?? ""), "capabilities": ["tools": ["listChanged": false]],
            "serverInfo": ["name": .string("demonstration-\(name.rawValue)"), "version": "1.0.0"],
        ]
    }

    private var tools: JSONValue {
        let noParameters: JSONValue = ["type": "object", "properties": [:]]
        let whoami: JSONValue = [
            "name": "whoami", "description": "Tells which user and which scopes the access token is for.",
            "inputSchema": noParameters,
        ]
        guard let writeTool else { return [whoami] }
        return [
            whoami,
            [
                "name": .string(writeTool),
                "description": .string("Changes nothing, and needs the scope \(name.writeScope)."),
                "inputSchema": noParameters,
            ],
        ]
    }

    private func open(_ session: String, _ grant: AccessGrant) -> Bool {
        let now = time.now()
        return sessions.withLockedValue { sessions in
            let end = now.advanced(by: Self.sessionLifetime)
            return sessions.insert(grant.subject, for: session, until: end, at: now) == .inserted
        }
    }

    /// Whether a request may be answered: it names no session, or one of its user.
    private func isOpen(_ session: String?, _ grant: AccessGrant) -> Bool {
        guard let session else { return true }
        let now = time.now()
        return sessions.withLockedValue { $0.value(for: session, at: now) } == grant.subject
    }

    private func endSession(_ session: String?, _ grant: AccessGrant) {
        guard let session, isOpen(session, grant) else { return }
        let now = time.now()
        sessions.withLockedValue { _ = $0.remove(session, at: now) }
    }
}
