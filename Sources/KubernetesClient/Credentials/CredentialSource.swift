// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import Logging
import NIOConcurrencyHelpers
import Timing

/// Knows the token to send, and reads it again when it may have been rotated.
final class CredentialSource: Sendable {
    /// A projected token is replaced at 80 % of its lifetime of at least ten minutes, so this is often enough.
    static let lifetime = Duration.seconds(50)

    /// The last good token of a file, and when the file was last read.
    private struct State {
        var token: Redacted<String>?
        var nextReading = Duration.zero
    }

    private let credentials: ClusterConfiguration.Credentials
    private let files: FileReader
    private let time: ElapsedTime
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    init(_ credentials: ClusterConfiguration.Credentials, files: FileReader, time: ElapsedTime, logger: Logger) {
        self.credentials = credentials
        self.files = files
        self.time = time
        self.logger = logger
    }

    /// The token to send now; `nil` if this client sends none.
    ///
    /// - Throws: ``APIError`` if there is no token and never was.
    func token() throws(APIError) -> Redacted<String>? {
        switch credentials {
        case .none: return nil
        case .token(let token): return token
        case .tokenFile(let path):
            let now = time.now
            // Whoever finds the token due reads it; the others go on with the last one meanwhile.
            let (token, isDue) = state.withLockedValue { state in
                guard now >= state.nextReading else { return (state.token, false) }
                state.nextReading = now + Self.lifetime
                return (state.token, true)
            }
            guard isDue || token == nil else { return token }
            return try read(path)
        }
    }

    /// Reads the token again after the server refused it.
    ///
    /// - Returns: Whether there is another token now.
    func renew(after refused: Redacted<String>?) -> Bool {
        guard case .tokenFile(let path) = credentials else { return false }
        do throws(APIError) {
            return try read(path) != refused
        } catch {
            // The server's refusal is what the caller is told.
            return false
        }
    }

    private func read(_ path: String) throws(APIError) -> Redacted<String> {
        let problem: String
        do throws(FileReadingError) {
            let text = try files.text(of: path).trimmingWhitespace
            if !text.isEmpty {
                let token = Redacted(text)
                state.withLockedValue { state in
                    state.token = token
                    state.nextReading = time.now + Self.lifetime
                }
                return token
            }
            problem = "it is empty"
        } catch {
            problem = error.reason
        }
        if let last = state.withLockedValue({ $0.token }) {
            logger.warning(
                "Could not read the token file; going on with the last token",
                metadata: ["file": "\(path)", "error": "\(problem)"]
            )
            return last
        }
        throw APIError(
            .unauthorized,
            "Could not read the token file '\(path)': \(problem). Check the file that the configuration names."
        )
    }
}
