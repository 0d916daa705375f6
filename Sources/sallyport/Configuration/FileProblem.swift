// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Puts the system's file errors into words.
enum FileProblem {
    /// A phrase such as "there is no such file".
    static func reason(_ error: any Error) -> String {
        guard let error = error as? CocoaError else { return "\(error)" }
        switch error.code {
        case .fileNoSuchFile, .fileReadNoSuchFile: return "there is no such file"
        case .fileReadNoPermission: return "this user may not read it"
        default:
            if let cause = error.underlying as? POSIXError { return "the system says \(cause.code)" }
            return "the system says \(error.code.rawValue)"
        }
    }
}
