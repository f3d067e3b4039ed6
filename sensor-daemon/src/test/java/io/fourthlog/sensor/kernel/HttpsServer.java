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
        this(certificates, filling, "");
    }

    /** One that asks for a certificate, and for another hello by its choice of a group. */
    static HttpsServer asking(final Path certificates) throws IOException {
        return new HttpsServer(certificates, "", "requestCert: true, rejectUnauthorized: false, ecdhCurve: 'P-384'");
    }

    private HttpsServer(final Path certificates, final String filling, final String options) throws IOException {
        process = new ProcessBuilder(
                        "node", "-e", """
                const https = require('node:https'), fs = require('node:fs');
                const server = https.createServer({key: fs.readFileSync('key.pem'), cert: fs.readFileSync('certificate.pem'), OPTIONS},
                  (request, answer) => {
                    let size = 0;
                    request.on('data', (data) => { size += data.length; });
                    request.on('end', () => answer.end(`got ${size} bytes` + 'FILLING'.repeat(size)));
                  });
                server.listen(0, '127.0.0.1', () => console.log(server.address().port));
                process.stdin.resume().on('end', () => process.exit(0)); // with the test, however that ends
                """.replace("FILLING", filling).replace("OPTIONS", options))
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
