package io.fourthlog.trail.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fourthlog.actionlog.log.AcceptResult;
import io.fourthlog.actionlog.log.Finding;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.LogVerifier;
import io.fourthlog.actionlog.log.LogWriter;
import io.fourthlog.actionlog.log.MirrorLog;
import io.fourthlog.actionlog.log.SigningKey;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.testing.Command;
import io.fourthlog.trail.UsageException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Torchwood's {@code litewitness}, which no one here wrote, cosigns what the collector takes. {@code scripts/setup.sh log-tools}
 * builds it.
 */
final class LitewitnessTest {

    private static final String ORIGIN = "demo.support.node-1";
    private static final Pattern VKEY = Pattern.compile("vkey=(\\S+)");

    private final SigningKey key = SigningKey.generate(ORIGIN);
    private final SigningKey witness = SigningKey.generateWitness("fourthlog-trail");
    private final List<TlogWitness.Result> results = new ArrayList<>();
    private final List<Process> processes = new ArrayList<>();

    @TempDir
    private Path folder;

    private URI url;
    private VerifierKey theirs;

    @BeforeEach
    void startWitness() throws Exception {
        final Path agent = folder.resolve("agent.sock");
        start(List.of("ssh-agent", "-D", "-a", agent.toString()), "agent");
        await().until(() -> Files.exists(agent));
        run(
                "ssh-keygen",
                "-q",
                "-t",
                "ed25519",
                "-N",
                "",
                "-f",
                folder.resolve("id").toString());
        run(
                "env",
                "SSH_AUTH_SOCK=" + agent,
                "ssh-add",
                "-q",
                folder.resolve("id").toString());
        final String print =
                run("ssh-keygen", "-lf", folder.resolve("id.pub").toString()).split(" ", 3)[1];
        final int port = freePort();
        start(
                List.of(
                        tool("litewitness").toString(),
                        "-name=witness.example.org/w",
                        "-db=" + folder.resolve("witness.db"),
                        "-ssh-agent=" + agent,
                        "-key=" + print,
                        "-listen=127.0.0.1:" + port),
                "litewitness");
        await().until(() -> listens(port));
        final Matcher vkey = VKEY.matcher(Files.readString(folder.resolve("litewitness.log")));
        assertThat(vkey.find()).isTrue();
        theirs = VerifierKey.parse(vkey.group(1));
        url = URI.create("http://127.0.0.1:" + port);
        run(
                "/usr/bin/python3",
                "-c",
                """
                import sqlite3, sys
                db = sqlite3.connect(sys.argv[1])
                db.execute("INSERT INTO log VALUES (?, 0, '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=')", (sys.argv[2],))
                db.execute("INSERT INTO key VALUES (?, ?)", (sys.argv[2], sys.argv[3]))
                db.commit()
                """,
                folder.resolve("witness.db").toString(),
                ORIGIN,
                key.verifierKey().toString());
    }

    @AfterEach
    void stop() {
        processes.reversed().forEach(Process::destroy);
    }

    @Test
    void cosignsWhatContinuesWhatItHasSeenAndAVerifierCanAskForThat() throws Exception {
        try (LogWriter log = LogWriter.open(folder.resolve("log"), key)) {
            try (MirrorLog mirror = mirror("mirror", external())) {
                for (final int events :
                        List.of(3, 1, 700)) { // consistency proofs from none, within a tile, and over several
                    grow(log, events);
                    push(mirror, "log");
                }
            }
            grow(log, 5);
            try (MirrorLog restarted = mirror("mirror", external())) { // has to ask how far the witness is
                push(restarted, "log");
            }
        }
        assertThat(results)
                .containsExactly(
                        TlogWitness.Result.COSIGNED,
                        TlogWitness.Result.COSIGNED,
                        TlogWitness.Result.COSIGNED,
                        TlogWitness.Result.COSIGNED);
        final List<VerifierKey> trusted = List.of(key.verifierKey(), witness.verifierKey(), theirs);
        assertThat(LogVerifier.verify(folder.resolve("mirror"), trusted).findings())
                .isEmpty();
        assertThat(LogVerifier.verify(folder.resolve("mirror"), trusted).signers())
                .contains(theirs);
    }

    @Test
    void refusesAnotherHistoryThatACollectorWithoutAPastWouldTake() throws Exception {
        try (LogWriter log = LogWriter.open(folder.resolve("log"), key);
                MirrorLog mirror = mirror("mirror", external())) {
            grow(log, 10);
            push(mirror, "log");
        }
        try (LogWriter fork = LogWriter.open(folder.resolve("fork"), key);
                MirrorLog fresh = mirror("fresh", external())) {
            fork.append("{\"another\":\"past\"}".getBytes(StandardCharsets.UTF_8));
            grow(fork, 20);
            push(fresh, "fork");
        }
        assertThat(results).containsExactly(TlogWitness.Result.COSIGNED, TlogWitness.Result.REFUSED);
        assertThat(LogVerifier.verify(folder.resolve("fresh"), List.of(key.verifierKey(), theirs))
                        .findings())
                .extracting(Finding::kind)
                .containsExactly(Finding.Kind.COSIGNATURE);
    }

    @Test
    void aWitnessThatIsDownHoldsNothingUp() throws Exception {
        final TlogWitness down =
                new TlogWitness(URI.create("http://127.0.0.1:" + freePort()), theirs, Clock.systemUTC(), results::add);
        try (LogWriter log = LogWriter.open(folder.resolve("log"), key);
                MirrorLog mirror = mirror("mirror", down)) {
            grow(log, 2);
            push(mirror, "log");
            grow(log, 2);
            push(mirror, "log"); // it is left alone now
        }
        assertThat(results).containsExactly(TlogWitness.Result.UNREACHABLE, TlogWitness.Result.UNREACHABLE);
        assertThat(LogVerifier.verify(folder.resolve("mirror"), List.of(key.verifierKey(), witness.verifierKey()))
                        .findings())
                .isEmpty();
    }

    @Test
    void aCosignatureOfAnotherKeyIsNotTaken() throws Exception {
        final TlogWitness other = new TlogWitness(
                url,
                SigningKey.generateWitness("witness.example.org/w").verifierKey(),
                Clock.systemUTC(),
                results::add);
        try (LogWriter log = LogWriter.open(folder.resolve("log"), key);
                MirrorLog mirror = mirror("mirror", other)) {
            grow(log, 2);
            push(mirror, "log");
            assertThat(mirror.checkpoint().orElseThrow().note().signatures()).hasSize(2);
        }
        assertThat(results).containsExactly(TlogWitness.Result.UNREACHABLE);
    }

    @Test
    void whatIsNoWitnessIsRefusedAtStart() {
        final TrailMetrics metrics = new TrailMetrics();
        assertThatThrownBy(() -> TlogWitness.of("ftp://host", theirs.toString(), metrics))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("https://");
        assertThatThrownBy(
                        () -> TlogWitness.of("https://host", key.verifierKey().toString(), metrics))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("not of a witness");
        assertThatThrownBy(() -> TlogWitness.of("https://host", "nonsense", metrics))
                .isInstanceOf(UsageException.class);
    }

    private TlogWitness external() {
        return new TlogWitness(url, theirs, Clock.systemUTC(), results::add);
    }

    private MirrorLog mirror(String name, TlogWitness external) throws IOException {
        return MirrorLog.open(folder.resolve(name), witness, List.of(), List.of(external), Clock.systemUTC());
    }

    private static void grow(LogWriter log, int events) throws IOException {
        for (int i = 0; i < events; i++) {
            log.append(("{\"event\":" + i + "}").getBytes(StandardCharsets.UTF_8));
        }
        log.commit();
    }

    private void push(MirrorLog mirror, String log) throws IOException {
        final LogReader reader = LogReader.open(folder.resolve(log));
        final List<byte[]> entries = new ArrayList<>();
        reader.forEach(mirror.size(), (leaf, entry) -> entries.add(entry));
        assertThat(mirror.accept(mirror.size(), entries, reader.checkpoint().note(), key.verifierKey()))
                .isInstanceOf(AcceptResult.Accepted.class);
    }

    private void start(List<String> command, String name) throws IOException {
        processes.add(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(name + ".log").toFile())
                .start());
    }

    private String run(String... command) throws IOException, InterruptedException {
        final String output = Command.run(Path.of("."), command);
        return output;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** A tool that the set-up builds; {@code make test} says where, and then it has to be there. */
    private static Path tool(String name) {
        final String given = System.getenv("LOG_TOOLS_DIR");
        final Path tool = Path.of(
                given == null ? System.getProperty("user.home") + "/.cache/fourthlog/log-tools/bin" : given, name);
        assumeTrue(
                given != null || Files.isExecutable(tool), tool + " is missing: scripts/setup.sh log-tools builds it");
        return tool;
    }
}
