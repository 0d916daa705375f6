// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Which of the user's tokens leg 1 presents at the IdP.
package enum SubjectTokenType: String, Hashable, Sendable, CaseIterable {
    case idToken = "id_token"
    case refreshToken = "refresh_token"
}
