// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Timing

/// The rules by which a reflector keeps up with a server; a value that is told what happened and answers what to do.
///
/// Empty → streaming → watching where the server can begin a watch with everything there is (a watch list), else
/// empty → paging → listed → watching; back to watching whenever a watch ends, and back to the start only when the
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
        /// A watch is open that has not yet told everything there is.
        case streaming
        /// `version` is that of the first page, once it is there.
        case paging(Request, version: ResourceVersion?)
        case listed
        case watching
        case pausing(Next)
        case stopped
    }

    /// Whether to try a watch list before a list.
    private let prefersStreaming: Bool
    private let labelSelector: String?
    private let fieldSelector: String?
    private let absenceLimit: Int?
    private var generator: any RandomNumberGenerator & Sendable
    private var phase = Phase.empty
    private var backoff = Backoff(initial: .milliseconds(800), cap: .seconds(30))
    /// The last version seen in a list, an event or a bookmark.
    private(set) var lastVersion: ResourceVersion?
    /// Set when the server refused to list at ``lastVersion``, until a list succeeds.
    private var isVersionUnavailable = false
    /// Whether this server sends bookmarks; then silence is telling sooner.
    private var hasSeenBookmark = false
    /// Until when a server that does not know watch lists is not asked for one again.
    private var listsUntil: Duration?
    private var now = Duration.zero
    /// Consecutive failures of each kind without progress between.
    private var streamFailures = 0
    private var expirations = 0
    private var tooLarge = 0
    private var serverErrors = 0
    /// Answers in a row that the kind does not exist.
    private var absences = 0
    /// Events of the present watch, bookmarks included.
    private var eventCount = 0

    /// `absenceLimit` is how many answers in a row that the kind does not exist are believed; `nil` never believes.
    init(
        prefersStreaming: Bool = false,
        labelSelector: String? = nil,
        fieldSelector: String? = nil,
        absenceLimit: Int? = nil,
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.prefersStreaming = prefersStreaming
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
        self.absenceLimit = absenceLimit
        self.generator = generator
    }

    /// Tells the time, from any start; whoever calls does so before it tells what happened.
    mutating func advance(to now: Duration) { self.now = max(self.now, now) }

    // MARK: Lists

    /// Begins with the first list.
    mutating func start() -> ReflectorAction { begin(nil) }

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
        streamFailures = 0
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

    /// Whether what arrives belongs to the state the watch begins with, and is not to be shown yet.
    var isStreaming: Bool { phase == .streaming }

    /// Everything there is has arrived; answers whether that was asked for, and so is to be published.
    mutating func initialEventsEnded(_ version: ResourceVersion) -> Bool {
        guard isStreaming else {
            bookmarkReceived(version)
            return false
        }
        phase = .watching
        lastVersion = version
        isVersionUnavailable = false
        streamFailures = 0
        absences = 0
        bookmarkReceived(version)
        return true
    }

    /// An object was added, changed or deleted.
    mutating func changeReceived(_ version: ResourceVersion) {
        eventCount += 1
        // They come in the order of names, and a version counts only once all are there.
        if isStreaming { return }
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
        if isStreaming { return streamEnded(end) }
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
            if expirations == 1 { return begin(nil) }
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

    /// A watch list ended before it had told everything.
    private mutating func streamEnded(_ end: WatchEnd) -> ReflectorAction {
        switch end {
        case .closed: return streamBroke(Self.streamTooShort)
        // The server takes the request for a plain watch, and would for ever.
        case .overdue: return listInstead(forAWhile: true)
        case .failed(let error):
            if let end = absence(error) { return end }
            switch error.code {
            case .expired where !isVersionUnavailable, .resourceVersionTooLarge where !isVersionUnavailable:
                isVersionUnavailable = true
                return begin(nil)
            case .tooManyRequests, .unauthorized, .notFound: return pause(error, next: .list(nil))
            case .transport where ["connection_failed", "name_resolution", "tls"].contains(error.transport):
                return pause(error, next: .list(nil))
            case .transport: return streamBroke(error)
            case .badRequest, .invalid, .methodNotSupported: return listInstead(forAWhile: true)
            default: return listInstead(forAWhile: false)
            }
        }
    }

    /// A slow network may never get everything through in one piece.
    private mutating func streamBroke(_ error: APIError) -> ReflectorAction {
        streamFailures += 1
        return streamFailures < Self.streamAttempts ? pause(error, next: .list(nil)) : listInstead(forAWhile: false)
    }

    private mutating func listInstead(forAWhile: Bool) -> ReflectorAction {
        if forAWhile { listsUntil = now + Self.listingPeriod }
        return beginList(nil)
    }

    // MARK: Pauses and the end

    /// The pause is over.
    mutating func slept() -> ReflectorAction {
        guard case .pausing(let next) = phase else { return .stop }
        switch next {
        case .list(let request): return begin(request)
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

    /// How often a watch list may break before a list is tried.
    private static var streamAttempts: Int { 3 }
    /// How long a server that knows no watch lists is not asked for one.
    private static var listingPeriod: Duration { .seconds(1_800) }

    private static var versionMissing: APIError {
        APIError(
            .unexpectedResponse,
            "Could not list: the server sent no 'resourceVersion', so the list cannot be followed by a watch. "
                + "Check that the URL is that of a Kubernetes API server."
        )
    }
    private static var streamTooShort: APIError {
        APIError(
            .unexpectedResponse,
            "Could not read what there is: the stream ended before the server had sent everything. "
                + "Check the proxies between here and the API server."
        )
    }
    private static var watchTooShort: APIError {
        APIError(
            .unexpectedResponse,
            "Could not watch: the stream ended within a second without an event. "
                + "Check the proxies between here and the API server."
        )
    }

    /// Asks for everything there is: by a watch list if that may work, or by a list if `request` says which.
    private mutating func begin(_ request: Request?) -> ReflectorAction {
        let mayStream = prefersStreaming && streamFailures < Self.streamAttempts && listsUntil.map { now >= $0 } ?? true
        guard request == nil, mayStream else { return beginList(request) }
        phase = .streaming
        eventCount = 0
        let version = isVersionUnavailable ? nil : lastVersion
        return .watch(watchOptions(version ?? ResourceVersion(""), sendsInitialEvents: true))
    }

    private mutating func beginList(_ request: Request?) -> ReflectorAction {
        let request =
            request ?? lastVersion.flatMap { isVersionUnavailable ? nil : .notOlderThan($0) } ?? .recentInPages
        phase = .paging(request, version: nil)
        return .list(options(for: request, continueToken: nil))
    }

    private mutating func beginWatch() -> ReflectorAction {
        guard let lastVersion else { return begin(nil) }
        phase = .watching
        eventCount = 0
        return .watch(watchOptions(lastVersion, sendsInitialEvents: false))
    }

    private mutating func watchOptions(_ version: ResourceVersion, sendsInitialEvents: Bool) -> WatchOptions {
        WatchOptions(
            resourceVersion: version,
            sendsInitialEvents: sendsInitialEvents,
            // Spread, so that many watches do not come back at the same moment.
            timeout: .seconds(Int64.random(in: 300...600, using: &generator)),
            // Bookmarks come every minute; a server that sends none gets more time.
            idleDeadline: hasSeenBookmark ? .seconds(70) : .seconds(150),
            labelSelector: labelSelector,
            fieldSelector: fieldSelector
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
