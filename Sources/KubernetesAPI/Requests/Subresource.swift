// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A part of an object that has a path and rights of its own.
package enum Subresource: String, Hashable, Sendable {
    case status
}
