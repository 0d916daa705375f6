// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import JSON
import YAML

/// The root of the repository, by this file's own place in it.
let repositoryRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// Reads a YAML file of the repository that has one document.
func repositoryDocument(_ path: String) throws -> JSONValue {
    let text = String(decoding: try Data(contentsOf: repositoryRoot.appending(path: path)), as: UTF8.self)
    guard let document = try YAMLDocuments.parse(text, file: path).first else {
        throw JSONDecodingError("has no document")
    }
    return document.value
}
