// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
package import JOSE
import JSON
package import Metrics
import RouteTable
import Timing

/// Passes requests on to one server each, with the access token that the server wants and nothing else of the caller's.
///
/// It knows nothing of the protocol but its framing, so every revision passes.
package final class Relay: Sendable {
    private let credentials: UpstreamCredentials
    private let client: any HTTPClient
    private let seal: SessionSeal
    private let limits: RelayLimits
    private let time: ElapsedTime
    private let wallClock: @Sendable () -> NumericDate
    private let leeway: Duration
    private let seats: StreamSeats
    private let metrics: UpstreamMetrics

    /// - Parameters:
    ///   - broker: Obtains access tokens.
    ///   - connections: Keeps those that users have consented to.
    ///   - client: For URLs from routes; obeys the egress policy.
    ///   - seal: For session ids.
    ///   - limits: The bounds.
    ///   - clock: Measures streams and upstreams.
    ///   - wallClock: What the end of sessions is compared with.
    ///   - leeway: For how long after its end a session is still let in.
    ///   - hosts: Names upstreams in metrics.
    ///   - factory: Makes the metrics.
    package init(
        broker: TokenBroker,
        connections: ServerConnections,
        client: any HTTPClient,
        seal: SessionSeal,
        limits: RelayLimits,
        clock: any Clock<Duration>,
        wallClock: @escaping @Sendable () -> NumericDate,
        leeway: Duration,
        hosts: HostLabels,
        metrics factory: any MetricsFactory
    ) {
        credentials = UpstreamCredentials(broker: broker, connections: connections)
        self.client = client
        self.seal = seal
        self.limits = limits
        time = ElapsedTime(clock)
        self.wallClock = wallClock
        self.leeway = leeway
        seats = StreamSeats(limit: limits.streams)
        metrics = UpstreamMetrics(factory: factory, hosts: hosts)
    }

    /// Passes a request on.
    ///
    /// - Parameter call: The request, and all that is known about it.
    /// - Returns: The upstream's answer, as far as it may be the client's.
    /// - Throws: ``Refusal``, ``BrokerError``, or `CancellationError`.
    func answer(_ call: RelayCall) async throws -> ClientAnswer {
        let sessionID = try openSession(call)
        // Before anything is sent: whoever is told to come again must not have had anything done.
        let seat = try seat(for: call)
        var token = try await credentials.token(for: call.session, call.route, call.correlationID)
        var progress = RelayProgress(hasToken: token != nil, mayRepeat: call.body.mayRepeat)
        while true {
            let response = try await send(call, sessionID, token)
            switch (progress.next(status: response.status, response.headers), token) {
            case (.pass(let content), _): return try pass(response, content, call, token, seat)
            case (.passStatus, _):
                response.body.cancel()
                return statusAlone(response, call)
            case (.replaceToken, let refused?), (.refuse(.rejectedToken), let refused?):
                response.body.cancel()
                token = try await credentials.rejected(refused, for: call.session, call.route, call.correlationID)
                // A second one may have been had, but the request has been sent twice.
                if progress.hasGivenUp { throw Refusal(.rejectedToken, of: call.server) }
            case (.stepUp(let scopes), let insufficient?):
                response.body.cancel()
                token = try await credentials.stepUp(
                    to: scopes,
                    insteadOf: insufficient,
                    for: call.session,
                    call.route,
                    call.correlationID
                )
            case (.refuse(.scopeNeeded(let scopes)), let insufficient?):
                response.body.cancel()
                // For the next attempt: this request cannot be sent again, and the next one would be refused as well.
                _ = try await credentials.stepUp(
                    to: scopes,
                    insteadOf: insufficient,
                    for: call.session,
                    call.route,
                    call.correlationID
                )
                throw Refusal(.scopeNeeded(scopes), of: call.server)
            case (.refuse(let problem), _):
                response.body.cancel()
                if problem == .rejectedTokenOfLargeRequest, let token {
                    await credentials.discard(token, for: call.session, call.route)
                }
                throw Refusal(problem, of: call.server)
            case (.replaceToken, nil), (.stepUp, nil):
                response.body.cancel()
                throw Refusal(.wantsToken, of: call.server)
            }
        }
    }

    /// Room for the stream that the answer may turn out to be; `nil` for a client that takes none.
    private func seat(for call: RelayCall) throws -> StreamSeat? {
        guard RequestFields.acceptEvents(call.request.headers) else { return nil }
        guard let seat = seats.take() else {
            throw Refusal(
                .tooManyStreams,
                status: 503,
                "There are as many open streams as this gateway takes. Close some, or try again later.",
                retryAfter: .seconds(10)
            )
        }
        return seat
    }

    private func openSession(_ call: RelayCall) throws -> String? {
        let sealed = call.request.headers.values(of: RequestFields.sessionID)
        guard let first = sealed.first else { return nil }
        guard sealed.count == 1, let id = try seal.open(first, of: call.server, for: call.session.identity.user) else {
            throw Refusal(
                .unknownSession,
                status: 404,
                "There is no such session at the server '\(call.server)' for this user. Initialize a new one."
            )
        }
        return id
    }

    private func send(
        _ call: RelayCall,
        _ sessionID: String?,
        _ token: BrokeredToken?
    ) async throws -> IncomingResponse {
        let route = call.route.route
        let request = OutgoingRequest(
            OutgoingRequest.Method(rawValue: call.request.method),
            route.url,
            headers: RequestFields.upstream(
                call.request.headers,
                configured: route.headers,
                sessionID: sessionID,
                token: token?.token,
                correlationID: call.correlationID
            ),
            body: call.body.outgoing,
            deadlines: Deadlines(
                connect: min(route.timeout, .seconds(10)),
                head: route.timeout,
                idle: limits.idle,
                total: nil
            ),
            maximumResponseBody: nil,
            // Any answer may turn out to be a stream, and must not keep others from being sent.
            trafficClass: .stream,
            mayBeResent: call.request.method == "GET"
        )
        let start = time.now
        do {
            let response = try await client.send(request)
            metrics.sent(route.url, .status(response.status), time.now - start)
            return response
        } catch let error as HTTPTransportError {
            metrics.sent(route.url, .failed(error.code), time.now - start)
            throw Refusal(error, of: call.server)
        }
    }

    private func pass(
        _ response: IncomingResponse,
        _ content: UpstreamContent,
        _ call: RelayCall,
        _ token: BrokeredToken?,
        _ seat: StreamSeat?
    ) throws -> ClientAnswer {
        let sessionID: String?
        do { sessionID = try sealSession(response, call) } catch {
            response.body.cancel()
            throw error
        }
        let headers = ResponseFields.client(response.headers, contentType: content.contentType, sessionID: sessionID)
        guard content != .none else {
            response.body.cancel()
            return ClientAnswer(status: response.status, headers: headers)
        }
        let isStream = content == .events
        guard !isStream || seat != nil else {
            response.body.cancel()
            throw Refusal(.unwantedStream, of: call.server)
        }
        if isStream { metrics.streamBegan() } else { seat?.leave() }
        let body = RelayedBody(
            response.body,
            content: content,
            length: isStream ? nil : Self.length(response.headers),
            messageLimit: limits.responseMessage,
            endsAtShutdown: isStream && call.request.method == "GET",
            term: isStream ? term(call, token) : nil,
            onEnd: { [metrics] end in
                metrics.ended(end, isStream: isStream)
                seat?.leave()
            }
        )
        return ClientAnswer(status: response.status, headers: headers, body: .relayed(body))
    }

    /// A length that everybody reads alike; where there are two framings, each reader may believe another one.
    private static func length(_ headers: HTTPHeaders) -> Int? {
        let lengths = headers.values(of: "Content-Length")
        guard lengths.count == 1, let length = lengths.first, headers["Transfer-Encoding"] == nil,
            headers["Content-Encoding"] == nil
        else { return nil }
        return Int(length).flatMap { $0 >= 0 ? $0 : nil }
    }

    private func sealSession(_ response: IncomingResponse, _ call: RelayCall) throws -> String? {
        let ids = response.headers.values(of: RequestFields.sessionID)
        guard let id = ids.first else { return nil }
        guard ids.count == 1, let sealed = try seal.seal(id, of: call.server, for: call.session.identity.user) else {
            throw Refusal(.sessionID, of: call.server)
        }
        return sealed
    }

    /// The upstream's status, which clients of the protocol understand, with a body of ours.
    private func statusAlone(_ response: IncomingResponse, _ call: RelayCall) -> ClientAnswer {
        let refusal = Refusal(
            .upstreamInvalid,
            status: response.status,
            "The server '\(call.server)' answers with status \(response.status)."
        )
        var answer = refusal.answer(to: call.body.messageID, about: call.server, call.correlationID)
        for field in ResponseFields.client(response.headers, contentType: nil, sessionID: nil) {
            answer.headers[field.name] = field.value
        }
        return answer
    }

    /// A stream may go on for as long as its caller is let in, and for as long as a token can be had.
    private func term(_ call: RelayCall, _ token: BrokeredToken?) -> StreamTerm {
        let session = call.session
        let remaining: @Sendable (BrokeredToken?) -> Duration = { [wallClock, leeway] token in
            let untilEnd = session.idTokenExpiry.sinceEpoch + leeway - wallClock().sinceEpoch
            return min(token?.lifetime ?? untilEnd, untilEnd)
        }
        return StreamTerm(first: remaining(token), time: time) { [credentials] in
            guard remaining(nil) > .zero, let route = call.currentRoute() else { return nil }
            do {
                let token = try await credentials.token(for: session, route, call.correlationID)
                return remaining(token)
            } catch {
                // The broker has recorded why; the stream ends.
                return nil
            }
        }
    }
}
