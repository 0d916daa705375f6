// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI

/// Parses one spec field by field and collects what is wrong on the way.
///
/// Every method reads one part and returns it parsed; `nil` where it is absent or a problem was found. So all problems
/// are found in one pass, and a result is complete exactly when there is none.
struct SpecReader {
    let policy: ValidationPolicy
    /// The MCPServer's own.
    let namespace: String
    var findings = Findings()

    static let spec = JSONPointer([.key("spec")])

    init(policy: ValidationPolicy, namespace: String) {
        self.policy = policy
        self.namespace = namespace
    }

    mutating func read(_ server: MCPServer) -> ServerConfiguration? {
        readName(server.metadata)
        let spec = server.spec
        let isServed = readType(spec.type)
        let url = readServerURL(spec)
        let toolPrefix = readIdentifier(spec.toolPrefix, at: Self.spec.field("toolPrefix"))
        let family = readFamily(spec.family)
        readDescription(spec.description)
        let headers = HeaderRules.read(spec.headers ?? [:], at: Self.spec.field("headers"), &findings)
        let timeout = readTimeout(spec.timeout)
        let auth = readAuth(spec.auth, server: url)
        noteIgnoredFields(spec)
        guard findings.problems.isEmpty, isServed, let url, let auth else { return nil }
        return ServerConfiguration(
            url: url,
            timeout: timeout,
            headers: headers,
            toolPrefix: toolPrefix,
            family: family,
            description: spec.description,
            isSuspended: spec.suspended ?? false,
            auth: auth
        )
    }

    private mutating func readName(_ metadata: ObjectMeta) {
        let field = JSONPointer([.key("metadata")])
        if !FieldSyntax.isDNSSubdomain(metadata.name) {
            findings.reject(
                field.field("name"),
                found: metadata.name,
                but: "names are lower-case letters, digits, '-' and '.'",
                write: "Write a DNS-1123 subdomain of at most 253 characters, such as todo."
            )
        }
        if !metadata.namespace.isEmpty, !FieldSyntax.isDNSLabel(metadata.namespace) {
            findings.reject(
                field.field("namespace"),
                found: metadata.namespace,
                but: "namespaces are lower-case letters, digits and '-'",
                write: "Write a DNS-1123 label of at most 63 characters, such as team-a."
            )
        }
    }

    private mutating func readType(_ type: String?) -> Bool {
        let field = Self.spec.field("type")
        switch type {
        case "streamable-http": return true
        case nil:
            findings.rejectMissing(
                field,
                because: "every server has a transport",
                write: "Write type: streamable-http."
            )
        case "stdio", "sse":
            findings.reject(
                field,
                found: type ?? "",
                but: "only streamable-http servers are served",
                write: "Write streamable-http, or put a streamable HTTP bridge before the server.",
                reason: .unsupportedType
            )
        case let other?:
            findings.reject(
                field,
                found: other,
                but: "there is no such transport",
                write: "Write streamable-http."
            )
        }
        return false
    }

    private mutating func readServerURL(_ spec: MCPServerSpec) -> AbsoluteURL? {
        let field = Self.spec.field("url")
        if spec.url == nil {
            if spec.type != "stdio" {
                findings.rejectMissing(
                    field,
                    because: "the gateway must know where the server is",
                    write: "Write its URL, as in https://mcp.todo.example/mcp."
                )
            }
            return nil
        }
        return readURL(spec.url, at: field, for: .upstream)
    }

    private mutating func readFamily(_ family: MCPServerSpec.Family?) -> ServerConfiguration.Family? {
        guard let family else { return nil }
        let field = Self.spec.field("family")
        if family.name == nil {
            findings.rejectMissing(
                field.field("name"),
                because: "a family is known by its name",
                write: "Write the family's name."
            )
        }
        if family.instanceArg == nil {
            findings.rejectMissing(
                field.field("instanceArg"),
                because: "tools of a family need an argument that picks the instance",
                write: "Write the argument's name, as in instanceArg: cluster."
            )
        }
        let name = readIdentifier(family.name, at: field.field("name"))
        let argument = readIdentifier(family.instanceArg, at: field.field("instanceArg"), allowingDash: false)
        guard let name, let argument else { return nil }
        return ServerConfiguration.Family(name: name, instanceArgument: argument)
    }

    private mutating func readDescription(_ description: String?) {
        guard let description, description.unicodeScalars.count > 500 else { return }
        findings.reject(
            Self.spec.field("description"),
            "has \(description.unicodeScalars.count) characters, but at most 500 are kept",
            write: "Write a shorter description."
        )
    }

    private mutating func readTimeout(_ timeout: Int64?) -> Duration {
        guard let timeout else { return ServerConfiguration.defaultTimeout }
        guard (1...300).contains(timeout) else {
            findings.reject(
                Self.spec.field("timeout"),
                found: String(timeout),
                but: "it is a number of seconds from 1 to 300",
                write: "Write such a number, or remove the field for the default of 30."
            )
            return ServerConfiguration.defaultTimeout
        }
        return .seconds(timeout)
    }

    private mutating func noteIgnoredFields(_ spec: MCPServerSpec) {
        let ignored: [(MCPServerSpec.Field, Bool)] = [
            (.command, spec.command != nil), (.args, spec.args != nil), (.env, spec.env != nil),
            (.autoStart, spec.autoStart != nil), (.meta, spec.meta != nil),
            (.restartRequestedAt, spec.restartRequestedAt != nil),
        ]
        for (field, isPresent) in ignored where isPresent {
            findings.note(Self.spec.field(field.rawValue), "is accepted and ignored: only remote servers are served.")
        }
    }
}

extension JSONPointer {
    /// The pointer to a member.
    func field(_ name: String) -> JSONPointer { appending(.key(name)) }
}
