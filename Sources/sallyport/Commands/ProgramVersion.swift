// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The version of this program.
enum ProgramVersion {
    static let current = "0.1.0"
    /// What the program calls itself in requests.
    static let userAgent = "sallyport/\(current)"
}
