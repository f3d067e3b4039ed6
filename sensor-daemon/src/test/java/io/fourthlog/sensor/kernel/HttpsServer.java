package io.fourthlog.sensor.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** An HTTPS server on a free port of loopback, outside of every sandbox, that answers with the size of what it was sent. */
final class HttpsServer implements AutoCloseable {
    private final Process process;
    private final int port;

    /** @param certificates has {@code key.pem} and {@code certificate.pem} */
    HttpsServer(final Path certificates) throws IOException {
        this(certificates, "");
    }

    /** @param filling of the answer, as often as the request has bytes */
    HttpsServer(final Path certificates, final String filling) throws IOException {
        this(certificates, filling, "", "");
    }

    /** One that also listens on two more addresses of loopback, on the same port. */
    static HttpsServer onThreeAddresses(final Path certificates) throws IOException {
        return new HttpsServer(certificates, "", "", "'127.0.0.2', '127.0.0.3'");
    }

    /** One that asks for a certificate, and for another hello by its choice of a group. */
    static HttpsServer asking(final Path certificates) throws IOException {
        return new HttpsServer(
                certificates, "", "requestCert: true, rejectUnauthorized: false, ecdhCurve: 'P-384'", "");
    }

    private HttpsServer(final Path certificates, final String filling, final String options, final String addresses)
            throws IOException {
        process = new ProcessBuilder("node", "-e", """
                const https = require('node:https'), fs = require('node:fs');
                const options = {key: fs.readFileSync('key.pem'), cert: fs.readFileSync('certificate.pem'), OPTIONS};
                const listen = (address, port) => new Promise((listening) => {
                  const server = https.createServer(options, (request, answer) => {
                    let size = 0;
                    request.on('data', (data) => { size += data.length; });
                    request.on('end', () => answer.end(`got ${size} bytes` + 'FILLING'.repeat(size)));
                  });
                  server.listen(port, address, () => listening(server.address().port));
                });
                listen('127.0.0.1', 0).then(async (port) => {
                  for (const address of [ADDRESSES]) await listen(address, port);
                  console.log(port);
                });
                process.stdin.resume().on('end', () => process.exit(0)); // with the test, however that ends
                """.replace("FILLING", filling)
                        .replace("OPTIONS", options)
                        .replace("ADDRESSES", addresses))
                .directory(certificates.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        port = Integer.parseInt(process.inputReader(StandardCharsets.UTF_8).readLine());
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
