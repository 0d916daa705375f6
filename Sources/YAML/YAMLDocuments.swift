// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// Reads YAML as kubectl does.
package enum YAMLDocuments {
    /// Parses every document of a text; documents that are empty or `null` are left out.
    ///
    /// The result is what the API server would receive from `kubectl apply`: scalars have the types that kubectl's YAML
    /// library gives them, and keys that are numbers or booleans become text. Stricter than kubectl, it refuses a key that
    /// is given twice. JSON is taken too, as YAML.
    ///
    /// - Parameters:
    ///   - text: The whole file.
    ///   - file: The name for messages.
    ///   - limits: The bounds on size, depth and alias expansion.
    /// - Returns: The documents in their order.
    /// - Throws: ``YAMLError`` at the first problem.
    package static func parse(
        _ text: String,
        file: String,
        limits: YAMLLimits = YAMLLimits()
    ) throws(YAMLError) -> [MarkedDocument] {
        guard text.utf8.count <= limits.maximumBytes else {
            throw YAMLError(
                file: file,
                line: 1,
                column: 1,
                problem: "Could not read the file: it is longer than \(limits.maximumBytes) bytes. Split it."
            )
        }
        do {
            return try documents(text, file: file, limits: limits)
        } catch {
            guard let document = jsonDocument(text, file: file, limits: limits) else { throw error }
            return [document]
        }
    }

    private static func documents(
        _ text: String,
        file: String,
        limits: YAMLLimits
    ) throws(YAMLError) -> [MarkedDocument] {
        let reader = YAMLEventReader(text, file: file)
        var documents: [MarkedDocument] = []
        while true {
            let event = try reader.next()
            switch event.kind {
            case .streamEnd: return documents
            case .documentStart:
                var composer = DocumentComposer(file: file, limits: limits)
                let node = try composer.node(try reader.next(), reader)
                try composer.checkRepresentable(node)
                guard node.value != .null else { continue }
                guard documents.count < limits.maximumDocuments else {
                    throw YAMLError(
                        file: file,
                        at: event.start,
                        "Could not read the file: it holds more than \(limits.maximumDocuments) documents. Split it."
                    )
                }
                documents.append(MarkedDocument(value: node.value, file: file, marks: node.marks))
            default: continue
            }
        }
    }

    /// Reads a text that is JSON and yet no YAML, such as one with surrogate pairs.
    ///
    /// Only its start has a position.
    private static func jsonDocument(_ text: String, file: String, limits: YAMLLimits) -> MarkedDocument? {
        guard text.utf8.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else { return nil }
        let jsonLimits = JSONLimits(
            maximumDepth: limits.maximumDepth,
            maximumBytes: limits.maximumBytes,
            maximumValues: limits.maximumNodes
        )
        do throws(JSONSyntaxError) {
            let value = try JSONValue(parsing: text, limits: jsonLimits)
            return MarkedDocument(
                value: value,
                file: file,
                marks: MarkTree(start: SourcePosition(line: 1, column: 1))
            )
        } catch {
            // The error of the YAML parser, which the caller reports, is about the same text.
            return nil
        }
    }
}
