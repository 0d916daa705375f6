// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// What the receiver of a ``GatewayReport`` makes of it.
package enum ReportVerdict: String, Hashable, Sendable, CaseIterable {
    /// It has been taken in: 204.
    case accepted
    /// It says too little to know what the gateway holds; the next one has to be full: 409.
    case needsFull
}
