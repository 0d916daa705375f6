// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// The rules by which a reflector keeps up with a server; a value that is told what happened and answers what to do.
///
/// Empty → paging → listed → watching, back to watching whenever a watch ends, and back to a list only when the
/// server no longer has the changes since the last version seen.
struct ReflectorStateMachine: Sendable {
    /// Which list is being read.
    private enum Request: Hashable, Sendable {
        /// The most recent state, page by page.
        case recentInPages
        /// The most recent state in one piece, after a continue token has expired.
        case recentWhole
        /// Any state not older than the last one seen, from the server's cache, in one piece.
        case notOlderThan(ResourceVersion)
    }
    /// What to do after a pause.
    private enum Next: Hashable, Sendable {
        case list(Request?)
        case watch
    }
    private enum Phase: Hashable, Sendable {
        case empty
        /// `version` is that of the first page, once it is there.
        case paging(Request, version: ResourceVersion?)
        case listed
        case watching
        case pausing(Next)
        case stopped
    }

    private let labelSelector: String?
    private let fieldSelector: String?
    private let absenceLimit: Int?
    private var generator: any RandomNumberGenerator & Sendable
    private var phase = Phase.empty
    private var backoff = Backoff.reflector
    /// The last version seen in a list, an event or a bookmark.
    private(set) var lastVersion: ResourceVersion?
    /// Set when the server refused to list at ``lastVersion``, until a list succeeds.
    private var isVersionUnavailable = false
    /// Whether this server sends bookmarks; then silence is telling sooner.
    private var hasSeenBookmark = false
    /// Consecutive failures of each kind without progress between.
    private var expirations = 0
    private var tooLarge = 0
    private var serverErrors = 0
    /// Answers in a row that the kind does not exist.
    private var absences = 0
    /// Events of the present watch, bookmarks included.
    private var eventCount = 0

    /// `absenceLimit` is how many answers in a row that the kind does not exist are believed; `nil` never believes.
    init(
        labelSelector: String? = nil,
        fieldSelector: String? = nil,
        absenceLimit: Int? = nil,
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
        self.absenceLimit = absenceLimit
        self.generator = generator
    }

    // MARK: Lists

    /// Begins with the first list.
    mutating func start() -> ReflectorAction { beginList(nil) }

    /// A page was read.
    mutating func pageArrived(version: ResourceVersion, continueToken: String?) -> ReflectorAction {
        guard case .paging(let request, let firstVersion) = phase else { return .stop }
        absences = 0
        // The version of the first page is that of the list; later pages show the same state.
        let version = firstVersion ?? version
        guard !version.rawValue.isEmpty else { return listFailed(Self.versionMissing) }
        if let continueToken, !continueToken.isEmpty {
            phase = .paging(request, version: version)
            return .list(options(for: request, continueToken: continueToken))
        }
        phase = .listed
        lastVersion = version
        isVersionUnavailable = false
        tooLarge = 0
        return .publish(version)
    }

    /// The store holds the list.
    mutating func published() -> ReflectorAction {
        guard case .listed = phase else { return .stop }
        return beginWatch()
    }

    /// A page could not be read.
    mutating func listFailed(_ error: APIError) -> ReflectorAction {
        guard case .paging(let request, let firstVersion) = phase else { return .stop }
        if let end = absence(error) { return end }
        switch (error.code, request) {
        case (.expired, .recentInPages) where firstVersion != nil, (.expired, .notOlderThan) where firstVersion != nil:
            // The error offers a token that goes on at a later version; a list must be of one version.
            return beginList(.recentWhole)
        case (.expired, .notOlderThan):
            isVersionUnavailable = true
            return beginList(.recentInPages)
        case (.resourceVersionTooLarge, .notOlderThan):
            return waitForServer(error, next: .list(request))
        default:
            return pause(error, next: .list(nil))
        }
    }

    // MARK: Watches

    /// An object was added, changed or deleted.
    mutating func changeReceived(_ version: ResourceVersion) {
        eventCount += 1
        advance(to: version)
        madeProgress()
    }

    /// The server said how far the watch has come.
    mutating func bookmarkReceived(_ version: ResourceVersion) {
        hasSeenBookmark = true
        changeReceived(version)
    }

    /// The watch is over.
    mutating func watchEnded(_ end: WatchEnd, lasted: Duration) -> ReflectorAction {
        guard case .watching = phase else { return .stop }
        if lasted >= Self.healthyWatch { madeProgress() }
        switch end {
        case .closed where lasted < Self.shortestWatch && eventCount == 0:
            return pause(Self.watchTooShort, next: .watch)
        case .closed, .overdue: return beginWatch()
        case .failed(let error) where error.transport == "timed_out" && lasted >= Self.longSilence:
            // The silence was the pause. The server keeps events for 75 s, so coming back at once avoids a list.
            return beginWatch()
        case .failed(let error): return watchFailed(error)
        }
    }

    private mutating func watchFailed(_ error: APIError) -> ReflectorAction {
        if let end = absence(error) { return end }
        switch error.code {
        case .expired:
            expirations += 1
            if expirations == 1 { return beginList(nil) }
            // The list was as old as the watch: ask for the most recent state, and not in a tight loop.
            isVersionUnavailable = true
            return pause(error, next: .list(nil))
        case .resourceVersionTooLarge:
            return waitForServer(error, next: .watch)
        case .transport, .tooManyRequests, .unauthorized, .forbidden, .serviceUnavailable, .timeout:
            return pause(error, next: .watch)
        case .notFound, .responseTooLarge:
            return pause(error, next: .list(nil))
        default:
            serverErrors += 1
            guard serverErrors >= 3 else { return pause(error, next: .watch) }
            serverErrors = 0
            return pause(error, next: .list(nil))
        }
    }

    // MARK: Pauses and the end

    /// The pause is over.
    mutating func slept() -> ReflectorAction {
        guard case .pausing(let next) = phase else { return .stop }
        switch next {
        case .list(let request): return beginList(request)
        case .watch: return beginWatch()
        }
    }

    /// The task was cancelled; whatever else arrives is answered with ``ReflectorAction/stop``.
    mutating func cancelled() -> ReflectorAction {
        phase = .stopped
        return .stop
    }

    private mutating func pause(_ error: APIError, next: Next) -> ReflectorAction {
        phase = .pausing(next)
        return .sleep(max(backoff.next(using: &generator), error.retryAfter ?? .zero), because: error)
    }

    /// Gives a server that lags behind ``lastVersion`` a few chances before going back to the most recent state.
    private mutating func waitForServer(_ error: APIError, next: Next) -> ReflectorAction {
        tooLarge += 1
        guard tooLarge <= 3 else {
            isVersionUnavailable = true
            return beginList(.recentInPages)
        }
        phase = .pausing(next)
        return .sleep(error.retryAfter ?? .seconds(1), because: error)
    }
}

extension ReflectorStateMachine {
    /// The page size of client-go.
    private static var pageSize: Int { 500 }
    /// A watch that ends sooner, without an event, counts as a failure.
    private static var shortestWatch: Duration { .seconds(1) }
    /// A watch that lasted this long proves the connection, whatever ends it.
    private static var healthyWatch: Duration { .seconds(120) }

    /// A timeout after this long was not that of the connection or the response head.
    private static var longSilence: Duration { .seconds(60) }

    private static var versionMissing: APIError {
        APIError(
            .unexpectedResponse,
            "Could not list: the server sent no 'resourceVersion', so the list cannot be followed by a watch. "
                + "Check that the URL is that of a Kubernetes API server."
        )
    }
    private static var watchTooShort: APIError {
        APIError(
            .unexpectedResponse,
            "Could not watch: the stream ended within a second without an event. "
                + "Check the proxies between here and the API server."
        )
    }

    private mutating func beginList(_ request: Request?) -> ReflectorAction {
        let request =
            request ?? lastVersion.flatMap { isVersionUnavailable ? nil : .notOlderThan($0) } ?? .recentInPages
        phase = .paging(request, version: nil)
        return .list(options(for: request, continueToken: nil))
    }

    private mutating func beginWatch() -> ReflectorAction {
        guard let lastVersion else { return beginList(nil) }
        phase = .watching
        eventCount = 0
        return .watch(
            WatchOptions(
                resourceVersion: lastVersion,
                // Spread, so that many watches do not come back at the same moment.
                timeout: .seconds(Int64.random(in: 300...600, using: &generator)),
                // Bookmarks come every minute; a server that sends none gets more time.
                idleDeadline: hasSeenBookmark ? .seconds(70) : .seconds(150),
                labelSelector: labelSelector,
                fieldSelector: fieldSelector
            )
        )
    }

    /// A limit never goes with a version: the server would take that as "exactly this version".
    private func options(for request: Request, continueToken: String?) -> ListOptions {
        var options = ListOptions(
            continueToken: continueToken,
            labelSelector: labelSelector,
            fieldSelector: fieldSelector
        )
        switch request {
        case .recentInPages: options.limit = Self.pageSize
        case .recentWhole: break
        case .notOlderThan(let version) where continueToken == nil:
            options.resourceVersion = version
            options.notOlderThan = true
        case .notOlderThan: break
        }
        return options
    }

    private mutating func advance(to version: ResourceVersion) {
        guard !version.rawValue.isEmpty else { return }
        if let lastVersion, version.isOlder(than: lastVersion) == true { return }
        lastVersion = version
    }

    /// Counts answers that the kind does not exist; one alone may come from a server that has just started.
    private mutating func absence(_ error: APIError) -> ReflectorAction? {
        absences = error.code == .notFound ? absences + 1 : 0
        guard let absenceLimit, absences >= absenceLimit else { return nil }
        phase = .stopped
        return .giveUp(because: error)
    }

    private mutating func madeProgress() {
        backoff.reset()
        expirations = 0
        tooLarge = 0
        serverErrors = 0
    }
}
