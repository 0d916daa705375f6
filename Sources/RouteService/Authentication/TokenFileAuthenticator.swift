// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
package import Logging
import NIOConcurrencyHelpers
import Timing

/// Admits whoever presents the content of a file, for readers on the same machine.
///
/// The file is read again when it was last read more than ten seconds ago; while it cannot be read, the last token
/// stays good.
package final class TokenFileAuthenticator: ReaderAuthenticator {
    private struct State: Sendable {
        var token: Redacted<String>
        var readAt: Duration
        var problem: TokenFileError?
    }
    private static let maximumAge = Duration.seconds(10)

    private let file: TokenFile
    private let time: ElapsedTime
    private let logger: Logger
    private let state: NIOLockedValueBox<State>

    private init(_ file: TokenFile, token: Redacted<String>, time: ElapsedTime, logger: Logger) {
        self.file = file
        self.time = time
        self.logger = logger
        state = NIOLockedValueBox(State(token: token, readAt: time.now))
    }

    /// Uses the file at a path, and makes it if there is none.
    ///
    /// - Throws: ``TokenFileError`` if it can be neither read nor made, or if others than its owner can read it.
    package static func loadOrCreate(
        path: String,
        clock: any Clock<Duration> = ContinuousClock(),
        logger: Logger
    ) throws(TokenFileError) -> TokenFileAuthenticator {
        let file = TokenFile(path: path)
        let time = ElapsedTime(clock)
        do {
            return TokenFileAuthenticator(file, token: try file.read(), time: time, logger: logger)
        } catch {
            guard error.code == .missing else { throw error }
        }
        var random = SystemRandomNumberGenerator()
        try file.create(&random)
        return TokenFileAuthenticator(file, token: try file.read(), time: time, logger: logger)
    }

    /// The token as last read; for a reader in the same process.
    package var token: Redacted<String> { state.withLockedValue { $0.token } }

    package func authenticate(_ token: Redacted<String>) async throws -> ReaderIdentity {
        refresh()
        guard Self.areEqual(Array(token.exposed.utf8), Array(self.token.exposed.utf8)) else {
            throw ReaderRefusal(
                .invalidToken,
                "The token is not the one in '\(file.path)'. Send the file's content as it is now."
            )
        }
        return ReaderIdentity(name: "token file")
    }

    private func refresh() {
        let now = time.now
        guard now - state.withLockedValue({ $0.readAt }) >= Self.maximumAge else { return }
        let token: Redacted<String>?
        let problem: TokenFileError?
        do {
            token = try file.read()
            problem = nil
        } catch {
            token = nil
            problem = error
        }
        let isNew = state.withLockedValue { state in
            defer { state.problem = problem }
            state.readAt = now
            if let token { state.token = token }
            return problem != nil && problem != state.problem
        }
        if isNew, let problem { logger.warning("Keeping the last token", metadata: ["error": "\(problem)"]) }
    }

    /// Compares without telling by its duration how much is equal.
    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
