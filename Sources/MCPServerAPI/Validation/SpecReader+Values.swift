// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI

extension SpecReader {
    /// A URL whose scheme the policy permits for its purpose.
    mutating func readURL(
        _ text: String?,
        at field: JSONPointer,
        for purpose: SchemePolicy.Purpose
    ) -> AbsoluteURL? {
        guard let text else { return nil }
        do {
            let url = try AbsoluteURL(parsing: text)
            return checkScheme(url, at: field, for: purpose) ? url : nil
        } catch {
            reject(text, at: field, error)
            return nil
        }
    }

    /// The identifier of an authorization server, whose metadata is found by it.
    mutating func readIssuer(_ text: String?, at field: JSONPointer) -> Issuer? {
        guard let text else { return nil }
        do {
            let issuer = try Issuer(parsing: text)
            return checkScheme(issuer.url, at: field, for: .authorization) ? issuer : nil
        } catch {
            reject(text, at: field, error)
            return nil
        }
    }

    mutating func reject(_ text: String, at field: JSONPointer, _ error: URLProblem) {
        findings.reject(
            field,
            found: Findings.withoutCredentials(text),
            but: "it \(error.problem)",
            write: error.remedy
        )
    }

    private mutating func checkScheme(
        _ url: AbsoluteURL,
        at field: JSONPointer,
        for purpose: SchemePolicy.Purpose
    ) -> Bool {
        switch policy.schemes.verdict(on: url, for: purpose) {
        case .permitted: return true
        case .undecided:
            findings.note(field, "uses http, which works only where the configuration's egress section allows it.")
            return true
        case .refused:
            let secure = "https://" + Findings.withoutCredentials(url.text).dropFirst("http://".count)
            let rule =
                purpose == .upstream
                ? "the configuration does not allow http for this host"
                : "tokens and metadata travel over https only"
            let alternative = purpose == .upstream ? ", or have the host listed under egress.allowHTTP" : ""
            findings.reject(
                field,
                found: Findings.withoutCredentials(url.text),
                but: rule,
                write: "Write \(secure)\(alternative)."
            )
            return false
        }
    }

    /// `^[a-zA-Z][a-zA-Z0-9_-]*$`, at most 64 characters.
    mutating func readIdentifier(_ text: String?, at field: JSONPointer, allowingDash: Bool = true) -> String? {
        guard let text else { return nil }
        guard text.utf8.count <= 64, FieldSyntax.isIdentifier(text, allowingDash: allowingDash) else {
            findings.reject(
                field,
                found: text,
                but: "it is the start of a name in tool calls",
                write: "Write a letter, then letters, digits\(allowingDash ? ", '_' and '-'" : " and '_'"), at most 64."
            )
            return nil
        }
        return text
    }

    /// Scope tokens separated by single spaces; absent and empty are the same.
    mutating func readScopes(_ text: String?, at field: JSONPointer) -> ScopeList? {
        guard let text else { return ScopeList() }
        guard text.utf8.count <= 1024, let scopes = ScopeList(parsing: text) else {
            findings.reject(
                field,
                found: text,
                but: "it is no list of scopes",
                write: "Write scopes separated by single spaces, as in \"read write\", at most 1024 characters."
            )
            return nil
        }
        return scopes
    }

    /// One of a list of words.
    mutating func readWord<Word: RawRepresentable<String> & CaseIterable>(
        _ text: String?,
        at field: JSONPointer,
        as type: Word.Type = Word.self
    ) -> Word? {
        guard let text else { return nil }
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue)
            findings.reject(
                field,
                found: text,
                but: "there is no such choice",
                write: "Write \(words.dropLast().joined(separator: ", ")) or \(words.last ?? "")."
            )
            return nil
        }
        return word
    }

    /// A text without spaces that is compared or sent as it is.
    mutating func readPrintable(_ text: String?, at field: JSONPointer, limit: Int) -> String? {
        guard let text else { return nil }
        guard text.utf8.count <= limit, FieldSyntax.isPrintable(text) else {
            findings.reject(
                field,
                found: text,
                but: "it must be printable ASCII without spaces",
                write: "Write 1 to \(limit) such characters."
            )
            return nil
        }
        return text
    }

    /// A reference to a Secret, with its keys.
    mutating func readReference(
        _ reference: MCPServerSpec.ClientCredentialsSecretReference?,
        at field: JSONPointer
    ) -> SecretReference? {
        guard let reference else { return nil }
        if let name = reference.name {
            if !FieldSyntax.isDNSSubdomain(name) {
                findings.reject(
                    field.field("name"),
                    found: name,
                    but: "no Secret can have this name",
                    write: "Write lower-case letters, digits, '-' and '.', at most 253 characters."
                )
            }
        } else {
            findings.rejectMissing(
                field.field("name"),
                because: "a reference names a Secret",
                write: "Write the Secret's name."
            )
        }
        if let target = reference.namespace, !FieldSyntax.isDNSLabel(target) {
            findings.reject(
                field.field("namespace"),
                found: target,
                but: "no namespace can have this name",
                write: "Write the Secret's namespace, or remove the field for the MCPServer's own."
            )
        }
        let keys = [
            ("clientIdKey", reference.clientIdKey), ("clientSecretKey", reference.clientSecretKey),
            ("privateKeyKey", reference.privateKeyKey), ("keyIdKey", reference.keyIdKey),
        ]
        for case (let name, let key?) in keys where !FieldSyntax.isSecretKey(key) {
            findings.reject(
                field.field(name),
                found: key,
                but: "no key of a Secret can have this name",
                write: "Write letters, digits, '-', '_' and '.', at most 253 characters."
            )
        }
        return reference.resolved(in: namespace, at: field)
    }

    /// `assertionAudience`, which only a client assertion has.
    mutating func readAssertionAudience(
        _ text: String?,
        at field: JSONPointer,
        method: String?
    ) -> String? {
        if let text, method != ClientAuthMethod.privateKeyJWT.rawValue {
            findings.reject(
                field,
                found: text,
                but: "only a client that authenticates with private_key_jwt sends an assertion",
                write: "Remove the field, or write clientAuthMethod: private_key_jwt beside it."
            )
        }
        return readPrintable(text, at: field, limit: 2048)
    }
}
