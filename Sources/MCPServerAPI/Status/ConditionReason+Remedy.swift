// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

extension ConditionReason {
    /// What the reason says, as a sentence for the reference.
    package var meaning: String {
        switch self {
        case .accepted: "The spec is valid, and the configuration permits what it asks for."
        case .invalidSpec: "A field of the spec is missing, malformed or contradicts another one."
        case .unsupportedType: "The transport in spec.type is known but not served."
        case .issuerNotTrusted: "The spec would send users' tokens or codes where the configuration does not allow it."
        case .resourceMismatch: "The resource indicator does not cover spec.url."
        case .discoveryFailed: "Whether an endpoint belongs to its issuer could not be found out."
        case .resolvedRefs: "Every Secret that the spec names exists, may be used and holds the keys that are needed."
        case .secretNotFound: "A Secret that the spec names does not exist."
        case .secretKeyMissing: "A Secret exists but lacks a key that the client's authentication method needs."
        case .secretEmpty: "A key exists but holds nothing, or nothing that can be a credential."
        case .refNotPermitted: "The Secret's namespace or the Secret itself does not permit this use."
        case .secretAccessDenied: "The operator itself may not read the Secret."
        case .published: "Every gateway has taken the route over."
        case .withheld: "There is no route, because Accepted or ResolvedRefs is not True."
        case .gatewayLagging: "At least one gateway has not yet taken the newest route over."
        case .gatewayRejected: "A gateway refused the route by its own configuration."
        case .suspended: "The route is withdrawn because spec.suspended is true."
        case .noGateway: "No gateway has reported to the operator."
        case .ready: "The server is served."
        }
    }

    /// What to do about it, as a sentence for the reference and for the status table.
    package var remedy: String {
        switch self {
        case .accepted, .resolvedRefs, .published, .ready: "Nothing needs to be done."
        case .invalidSpec:
            "Correct the fields that the message names; `sallyport validate` checks the rest of the file."
        case .unsupportedType: "Set spec.type to streamable-http, or serve the server through a streamable HTTP bridge."
        case .issuerNotTrusted:
            "Correct the issuer, endpoint or audience that the message names, or have it listed in the configuration."
        case .resourceMismatch:
            "Set resource to the origin of spec.url and a prefix of its path, or list the pair under resources."
        case .discoveryFailed:
            "Check that the issuer's metadata can be reached, or list the token endpoint in the configuration."
        case .secretNotFound: "Create the Secret, or correct the name and namespace of the reference."
        case .secretKeyMissing: "Add the key to the Secret, or name the right key in the reference."
        case .secretEmpty: "Put the credential under the key that the message names."
        case .refNotPermitted:
            "Create a ReferenceGrant in the Secret's namespace, annotate the Secret, or move it next to the MCPServer."
        case .secretAccessDenied:
            "Give the operator's service account the right to get, list and watch Secrets in that namespace."
        case .withheld: "Correct what Accepted or ResolvedRefs names; the route follows by itself."
        case .gatewayLagging: "Wait a moment; if it stays, look at the log of the gateway that the message names."
        case .gatewayRejected: "Compare the gateway's configuration with the operator's; they should be the same file."
        case .suspended: "Remove spec.suspended to serve the server again."
        case .noGateway: "Start a gateway, and check that it reaches the operator's route stream."
        }
    }
}
