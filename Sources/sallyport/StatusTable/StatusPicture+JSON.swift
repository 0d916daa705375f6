// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

extension StatusPicture {
    /// What `serve --once --format json` prints.
    var json: JSONValue {
        [
            "servers": .array(
                rows.map { row in
                    [
                        "namespace": .string(row.namespace), "name": .string(row.name), "url": .string(row.url),
                        "authMode": .string(row.authMode), "ready": .string(row.ready.rawValue),
                        "reason": .string(row.reason), "programmed": .string(row.programmed.rawValue),
                        "message": .string(row.message), "remedy": .string(row.remedy),
                    ]
                }
            ),
            "problems": problems.json,
        ]
    }
}
