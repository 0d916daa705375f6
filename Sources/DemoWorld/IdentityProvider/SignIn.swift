// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE

/// A user who signed in with a client.
struct SignIn: Hashable, Sendable {
    var user: DemoUser
    /// The client that the tokens are for.
    var client: String
    /// For whom ID tokens are besides.
    var audiences: [String] = []
    /// The member `sid`.
    var sessionID: String
    /// The member `auth_time`.
    var time: NumericDate
}
