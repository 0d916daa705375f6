// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable

@testable import MCPGateway

/// Takes every route.
struct AcceptingJudge: RouteJudge {
    func judge(_ route: VersionedRoute) -> GatewayReport.Outcome { .applied }
}
