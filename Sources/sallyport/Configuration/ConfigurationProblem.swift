// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

/// One thing that is wrong with a configuration, before it is known where in a file.
struct ConfigurationProblem: Hashable, Sendable {
    /// The value, or the key itself, that is wrong.
    var pointer: JSONPointer
    /// Whether the key is meant, and not its value.
    var isAboutKey = false
    /// What is wrong and what to write, as a sentence that follows the field's name and a colon.
    var message: String
}
