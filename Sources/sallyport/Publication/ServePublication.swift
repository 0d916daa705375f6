// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import MCPServerOperator
import RouteService

/// The route stream of `serve`: for a gateway in another process of this machine, who knows a token from a file.
struct ServePublication {
    private let launch: Launch

    init(_ launch: Launch) { self.launch = launch }

    /// The stream; `nil` where the configuration names no token file, because nobody could be let in.
    ///
    /// - Throws: ``CommandFailure`` when the token file can be neither used nor made.
    func service(of folder: FolderOperator) throws(CommandFailure) -> PublicationService? {
        guard let publication = launch.configuration.publication, let tokenFile = publication.tokenFile else {
            return nil
        }
        let logger = launch.logger("route-stream")
        let authenticator: TokenFileAuthenticator
        do throws(TokenFileError) {
            authenticator = try TokenFileAuthenticator.loadOrCreate(path: tokenFile, logger: logger)
        } catch { throw CommandFailure(.unusable, error.message) }
        return PublicationService(
            address: publication.listen,
            routes: folder.routes,
            authenticator: authenticator,
            receiver: UnusedReportReceiver(),
            certificate: publication.certificateFiles.map { files in
                FileServingCertificate(
                    certificateFile: files.certificate,
                    privateKeyFile: files.privateKey,
                    time: .system,
                    logger: logger
                )
            },
            metrics: launch.metrics,
            logger: logger
        )
    }
}
