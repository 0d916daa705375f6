// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// What a peer says of itself, made fit for a message.
package enum PeerText {
    private static let longest = 200
    /// A word that shares that many bytes in a row with a secret is taken for a part of it; fewer are too common.
    private static let tellingCount = 8

    /// The text on one line, cut, and without secrets, words that share a part with one, and words that begin like a JWT.
    package static func quotable(_ text: String, hiding secrets: [Redacted<String>] = []) -> String {
        // A secret that begins before the cut and ends after it is still seen as a whole.
        var text = String(text.unicodeScalars.prefix(longest * 8))
        for secret in secrets where !secret.exposed.isEmpty {
            text = text.replacing(secret.exposed, with: "[redacted]")
        }
        let shared = sharedPieces(text, secrets)
        var result = ""
        var word = ""
        func finishWord() {
            let isSecret = word.hasPrefix("eyJ") || pieces(Array(word.utf8)).contains { shared.contains($0) }
            result += isSecret ? "[redacted]" : word
            word = ""
        }
        for scalar in text.unicodeScalars {
            if isWordCharacter(scalar) {
                word.unicodeScalars.append(scalar)
            } else {
                finishWord()
                result.unicodeScalars.append(isInvisible(scalar) ? " " : scalar)
            }
        }
        finishWord()
        let quoted = result.replacing("'", with: "’")
        return quoted.count <= longest ? quoted : quoted.prefix(longest) + "…"
    }

    /// What stands both in the text and in a secret, in pieces.
    private static func sharedPieces(_ text: String, _ secrets: [Redacted<String>]) -> Set<ArraySlice<UInt8>> {
        let own = Set(pieces(Array(text.utf8)))
        return secrets.reduce(into: []) { shared, secret in
            for piece in pieces(Array(secret.exposed.utf8)) where own.contains(piece) { shared.insert(piece) }
        }
    }

    private static func pieces(_ bytes: [UInt8]) -> some Sequence<ArraySlice<UInt8>> {
        (0..<max(bytes.count - tellingCount + 1, 0)).lazy.map { bytes[$0..<($0 + tellingCount)] }
    }

    /// Line breaks, and what would turn the text round or hide a part of it on a terminal.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    private static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "-" || scalar == "_"
    }
}
