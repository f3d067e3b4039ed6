package io.fourthlog.actionlog.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tessera's {@code fsck}, which no one here wrote, checks our logs over HTTP. {@code scripts/setup.sh log-tools} builds it. */
final class TesseraTest {

    private static final int LEAVES =
            66_000; // more than 256 * 256, so that there is a tile of each kind on three levels

    @TempDir
    private Path folder;

    private Path log;
    private HttpServer server;

    static {
        System.setProperty("sun.net.httpserver.nodelay", "true"); // else 40 ms for each of a thousand files
    }

    @BeforeEach
    void writeLog() throws IOException {
        log = folder.resolve("log");
        Logs.grow(log, LEAVES - 7, LEAVES);
        server = SimpleFileServer.createFileServer(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                log.toAbsolutePath(),
                SimpleFileServer.OutputLevel.NONE);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void acceptsALogOfOurs() throws Exception {
        assertThat(fsck(Logs.KEY.verifierKey())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tile/entries/000",
                "tile/entries/257.p/208",
                "tile/0/000",
                "tile/0/257.p/208",
                "tile/1/001.p/1",
                "tile/2/000.p/1",
                "checkpoint"
            })
    void refusesOneInWhichAByteWasChanged(String file) throws Exception {
        final Path path = log.resolve(file);
        if (!Files.exists(path)) {
            throw new AssertionError(file + " is not in the log");
        }
        final byte[] bytes = Files.readAllBytes(path);
        bytes[bytes.length / 2] ^= 1;
        Files.write(path, bytes);

        assertThat(fsck(Logs.KEY.verifierKey())).isPresent();
    }

    @Test
    void refusesOneOfAnotherKey() throws Exception {
        assertThat(fsck(SigningKey.generate("cluster.support.node-1").verifierKey()))
                .isPresent();
    }

    /** What it complains about. It does not always end once it has found something, so it is ended. */
    private Optional<String> fsck(VerifierKey trusted) throws IOException {
        final Path vkey = Files.writeString(folder.resolve("vkey"), trusted.toString());
        final Process process = new ProcessBuilder(
                        tool("fsck").toString(),
                        "--storage_url=http://127.0.0.1:" + server.getAddress().getPort() + "/",
                        "--public_key=" + vkey,
                        "--ui=false",
                        "--logtostderr",
                        "-v=1")
                .redirectErrorStream(true)
                .start();
        try (BufferedReader output = process.inputReader()) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                if (line.contains("fsck failed") || line.contains("Invalid")) {
                    return Optional.of(line);
                }
                if (line.contains("Completed ranges")) {
                    return Optional.empty();
                }
            }
            throw new AssertionError("it ended without a verdict");
        } finally {
            process.destroyForcibly();
        }
    }

    /** A tool that the set-up builds; {@code make test} says where, and then it has to be there. */
    private static Path tool(String name) {
        final String folder = System.getenv("LOG_TOOLS_DIR");
        final Path tool = Path.of(
                folder == null ? System.getProperty("user.home") + "/.cache/fourthlog/log-tools/bin" : folder, name);
        assumeTrue(
                folder != null || Files.isExecutable(tool), tool + " is missing: scripts/setup.sh log-tools builds it");
        return tool;
    }
}
