// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport

extension HTTPHeaders {
    /// The wait that `Retry-After` asks for.
    ///
    /// Whole seconds only. The API server never sends a date, and one from a proxy depends on clocks that may disagree,
    /// so a date counts as absent ([RFC 9110 §10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)).
    package var retryAfter: Duration? {
        guard let text = self["Retry-After"], let seconds = Int(text), (0...Status.longestWait).contains(seconds)
        else { return nil }
        return .seconds(seconds)
    }
}
