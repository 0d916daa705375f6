// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The flag that all subcommands share.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp(
            "The configuration file.",
            discussion: "One file serves all subcommands: each uses its part, and all of it is checked.",
            valueName: "file"
        ),
        completion: .file(extensions: ["yaml", "yml"])
    )
    var path: String?
}
