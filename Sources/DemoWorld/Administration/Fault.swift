// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
package import JSON

/// What goes wrong at an endpoint, because a test wants it to.
///
/// Everything may be combined: a ``delay`` comes first, then whatever ends the request early, then what changes the
/// tokens that are issued and the answer.
package struct Fault: Hashable, Sendable {
    /// When a connection is closed without an answer.
    package enum Closing: String, Hashable, Sendable, CaseIterable {
        /// After the request was read, and before anything was done about it.
        case beforeProcessing = "before-processing"
        /// After everything was done, so that the caller does not know whether it was.
        case afterProcessing = "after-processing"
    }

    /// How long the request waits before anything else happens.
    package var delay = Duration.zero
    /// Whether there is never an answer.
    package var hangs = false
    /// How long each byte of the answer's body takes; `nil` for no time at all.
    package var trickle: Duration?
    /// When the connection is closed instead of an answer.
    package var closing: Closing?
    /// The status of an answer that is given without looking at the request.
    package var status: Int?
    /// The member `error` of such an answer.
    package var error: String?
    /// Whether the answer is a page for people, as captive portals give.
    package var isPage = false
    /// Where the answer leads instead.
    package var redirect: String?
    /// Fields of the answer besides its own, or in their place.
    package var headers: [String: String] = [:]
    /// A merge patch on the claims of tokens that are issued.
    package var claims = JSONObject()
    /// The member `typ` of tokens that are issued.
    package var type: String?
    /// Whether tokens are signed with a key that is not published.
    package var usesUnpublishedKey = false
    /// All that is granted, however much is asked for.
    package var scopes: Scopes?
    /// A merge patch on an answer that is JSON.
    package var response = JSONObject()
    /// How many requests it happens to; `nil` for all.
    package var times: Int?

    package init() {}
}

extension Fault {
    /// The answer that is given without looking at the request, if there is one.
    var cannedAnswer: DemoAnswer? {
        if let redirect { return DemoAnswer(status ?? 302, headers: [.location: redirect]) }
        if isPage {
            let page = "<!doctype html><title>Sign in</title><p>Sign in to the network.</p>"
            return DemoAnswer(status ?? 200, .html(page))
        }
        guard status != nil || error != nil else { return nil }
        let status = status ?? (error == "invalid_client" ? 401 : 400)
        // These have no body, and a connection with one would be out of step.
        if status == 204 || status == 304 { return DemoAnswer(status) }
        let code = error ?? (status == 429 || status >= 500 ? "temporarily_unavailable" : "invalid_request")
        return .secret(
            ["error": .string(code), "error_description": "This is a fault that was asked for."],
            status: status
        )
    }
}
