// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable

/// A user at one server, in whichever session.
struct Caller: Hashable, Sendable {
    let user: UserIdentity
    let server: RouteKey
}
