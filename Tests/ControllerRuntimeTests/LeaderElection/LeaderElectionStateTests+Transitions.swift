// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

@testable import ControllerRuntime

extension LeaderElectionStateTests {
    static let rows: [Row] = [
        Row("standby: start", from: standby, { $0.start(at: .zero) }, gives: .read),
        Row("standby: the wait is over", from: watchful, { $0.elapsed(at: .milliseconds(4_400)) }, gives: .read),
        Row(
            "standby: the wait is not over",
            from: watchful,
            { $0.elapsed(at: .milliseconds(1_999)) },
            expect: waits(.seconds(2)...(.milliseconds(4_400)))
        ),
        Row("standby: there is no Lease", from: standby, { $0.found(nil, at: .zero) }, gives: .create),
        Row(
            "standby: it was deleted, and its holder may lead",
            from: watchful,
            { $0.observed(nil, at: .seconds(14)) },
            gives: .wait(until: .seconds(15))
        ),
        Row("standby: it was deleted long ago", from: watchful, { $0.found(nil, at: .seconds(15)) }, gives: .create),
        Row("standby: nobody holds it", from: watchful, { $0.found(free, at: .zero) }, gives: .claim(free)),
        Row(
            "standby: it is free, says the watch",
            from: watchful,
            { $0.observed(free, at: .zero) },
            gives: .claim(free)
        ),
        Row(
            "standby: it is ours, an answer was lost",
            from: standby,
            { $0.found(mine, at: .zero) },
            gives: .claim(mine)
        ),
        Row(
            "standby: it has changed",
            from: watchful,
            { $0.found(lease("b", version: 8, renewal: 1), at: .seconds(14)) },
            expect: waits(.seconds(16)...(.milliseconds(18_400)))
        ),
        Row(
            "standby: it has not changed for less than its duration",
            from: watchful,
            { $0.found(lease("b", version: 8), at: .milliseconds(14_999)) },
            gives: .wait(until: .seconds(15))
        ),
        Row(
            "standby: it has not changed for its duration",
            from: watchful,
            { $0.found(lease("b", version: 8), at: .seconds(15)) },
            gives: .claim(lease("b", version: 8))
        ),
        Row(
            "standby: the watch is behind",
            from: watchful,
            { $0.observed(lease("", version: 6), at: .seconds(1)) },
            expect: waits(.seconds(2)...(.milliseconds(4_400)))
        ),
        Row(
            "standby: the write worked in time",
            from: watchful,
            { $0.written(mine, sentAt: .seconds(15), at: .seconds(16)) },
            leadsUntil: .seconds(25),
            gives: .wait(until: .seconds(17))
        ),
        Row(
            "standby: the write worked, too late",
            from: watchful,
            { $0.written(mine, sentAt: .seconds(15), at: .seconds(25)) },
            gives: .read
        ),
        Row(
            "standby: somebody was faster",
            from: watchful,
            { $0.failed(error(.conflict), sentAt: .seconds(15), at: .seconds(15)) },
            expect: waits(.seconds(17)...(.milliseconds(19_400)))
        ),
        Row(
            "standby: a request failed after the record had expired",
            from: watchful,
            { $0.failed(error(.forbidden), sentAt: .seconds(20), at: .seconds(20)) },
            expect: waits(.seconds(22)...(.milliseconds(24_400)))
        ),
        Row(
            "standby: the server asks for more time than is good",
            from: watchful,
            { $0.failed(error(.tooManyRequests, retryAfter: .seconds(90)), sentAt: .zero, at: .zero) },
            gives: .wait(until: .seconds(15))
        ),
        Row("standby: stop", from: watchful, { $0.stop(at: .seconds(1)) }, gives: .end(.stopped)),
        Row(
            "leading: not yet time to renew",
            from: leading,
            { $0.elapsed(at: .seconds(1)) },
            leadsUntil: .seconds(10),
            gives: .wait(until: .seconds(2))
        ),
        Row(
            "leading: time to renew",
            from: leading,
            { $0.elapsed(at: .seconds(2)) },
            leadsUntil: .seconds(10),
            gives: .renew(mine)
        ),
        Row(
            "leading: renewed",
            from: leading,
            { $0.written(lease("a", version: 11), sentAt: .seconds(2), at: .seconds(5)) },
            leadsUntil: .seconds(12),
            gives: .wait(until: .seconds(4))
        ),
        Row(
            "leading: another version is stored",
            from: leading,
            { $0.failed(error(.conflict), sentAt: .seconds(2), at: .seconds(2)) },
            leadsUntil: .seconds(10),
            gives: .read
        ),
        Row(
            "leading: another version again",
            from: struggling,
            { $0.failed(error(.conflict), sentAt: .seconds(4), at: .seconds(4)) },
            leadsUntil: .seconds(10),
            gives: .wait(until: .seconds(6))
        ),
        Row(
            "leading: a request failed",
            from: leading,
            { $0.failed(error(.transport), sentAt: .seconds(2), at: .seconds(3)) },
            leadsUntil: .seconds(10),
            gives: .wait(until: .seconds(4))
        ),
        Row(
            "leading: a request took long and failed",
            from: leading,
            { $0.failed(error(.transport), sentAt: .seconds(2), at: .seconds(7)) },
            leadsUntil: .seconds(10),
            gives: .wait(until: .seconds(7))
        ),
        Row(
            "leading: after a failure",
            from: struggling,
            { $0.elapsed(at: .seconds(4)) },
            leadsUntil: .seconds(10),
            gives: .read
        ),
        Row(
            "leading: it is ours",
            from: struggling,
            { $0.found(mine, at: .seconds(4)) },
            leadsUntil: .seconds(10),
            gives: .renew(mine)
        ),
        Row(
            "leading: somebody took our name off",
            from: struggling,
            { $0.found(free, at: .seconds(4)) },
            leadsUntil: .seconds(10),
            gives: .claim(free)
        ),
        Row(
            "leading: somebody deleted it",
            from: struggling,
            { $0.found(nil, at: .seconds(4)) },
            leadsUntil: .seconds(10),
            gives: .create
        ),
        Row("leading: it is another's", from: struggling, { $0.found(other, at: .seconds(4)) }, expect: isLost(.taken)),
        Row("leading: overdue", from: leading, { $0.elapsed(at: .seconds(10)) }, expect: isLost(.overdue)),
        Row(
            "leading: found ours too late",
            from: leading,
            { $0.found(mine, at: .seconds(11)) },
            expect: isLost(.overdue)
        ),
        Row(
            "leading: renewed too late",
            from: leading,
            { $0.written(mine, sentAt: .seconds(2), at: .seconds(20)) },
            expect: isLost(.overdue)
        ),
        Row(
            "leading: failed too late",
            from: leading,
            { $0.failed(error(.transport), sentAt: .seconds(5), at: .seconds(10)) },
            expect: isLost(.overdue)
        ),
        Row(
            "leading: work ended too late",
            from: leading,
            { $0.workEnded(at: .seconds(30)) },
            expect: isLost(.overdue)
        ),
        Row("leading: work ended", from: leading, { $0.workEnded(at: .seconds(1)) }, gives: .release(mine)),
        Row(
            "releasing: released",
            from: releasing,
            { $0.written(free, sentAt: .seconds(1), at: .seconds(1)) },
            gives: .end(.released)
        ),
        Row(
            "releasing: it is another's",
            from: releasing,
            { $0.found(other, at: .seconds(2)) },
            gives: .end(.released)
        ),
        Row("releasing: there is none", from: releasing, { $0.found(nil, at: .seconds(2)) }, gives: .end(.released)),
        Row("releasing: it is ours", from: releasing, { $0.found(mine, at: .seconds(2)) }, gives: .release(mine)),
        Row(
            "releasing: another version is stored",
            from: releasing,
            { $0.failed(error(.conflict), sentAt: .seconds(1), at: .seconds(1)) },
            gives: .read
        ),
        Row(
            "releasing: a request failed",
            from: releasing,
            { $0.failed(error(.transport), sentAt: .seconds(1), at: .seconds(2)) },
            gives: .wait(until: .seconds(3))
        ),
        Row("releasing: out of time", from: releasing, { $0.elapsed(at: .seconds(11)) }, gives: .end(.unreleased)),
    ]
}
