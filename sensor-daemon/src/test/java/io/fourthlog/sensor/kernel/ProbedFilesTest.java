package io.fourthlog.sensor.kernel;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fourthlog.sensor.binary.SmallProgram;
import io.fourthlog.testing.Command;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When probes are put on files and taken off, and what is missing until they are there; needs root. */
final class ProbedFilesTest {
    private static final int RING = 16 << 20;
    private static final int SIGSTOP = 19;
    private static final Duration OFTEN = Duration.ofMillis(10);
    private static final Duration NEVER = Duration.ofDays(1);
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    @TempDir
    static Path folder;

    private static Path talker;

    private final Observed seen = new Observed();
    private Sandbox sandbox;
    private Kernel kernel;

    @BeforeAll
    static void compile() throws IOException, InterruptedException {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        talker = SmallProgram.compile(Files.createDirectory(folder.resolve("lower")), "talker.c", "-O1 -rdynamic");
    }

    @BeforeEach
    void open(final TestInfo test) throws IOException, KernelUnavailableException {
        sandbox = new Sandbox(test.getTestMethod().orElseThrow().getName());
        open(UprobeLinks.SESSION, NEVER);
    }

    @AfterEach
    void close() throws IOException {
        kernel.close();
        sandbox.close();
    }

    private void open(final UprobeLinks links, final Duration sweep) throws IOException, KernelUnavailableException {
        if (kernel != null) {
            kernel.close();
        }
        final KernelOptions defaults = KernelOptions.defaults();
        kernel = Kernel.open(
                new KernelOptions(RING, defaults.proc(), defaults.cgroups()), links, sweep, Rings.REST, PATIENCE);
        kernel.track(sandbox.pod());
    }

    /** Starts it, with the probes on it when this returns. */
    private Process talker() throws IOException, InterruptedException {
        return settled(sandbox.start(talker.toString()));
    }

    private Process settled(final Process process) throws InterruptedException {
        return settled(process, "/program");
    }

    /** Waits until the probes are on all that a program of this name has loaded so far. */
    private Process settled(final Process process, final String name) throws InterruptedException {
        seen.until(kernel, "its program", () -> seen.programs.stream().anyMatch(each -> each.endsWith(name)));
        kernel.settle(seen);
        return process;
    }

    private void say(final Process process, final String lines) throws IOException {
        try (OutputStream input = process.getOutputStream()) {
            input.write(lines.getBytes(StandardCharsets.UTF_8));
        }
        seen.untilEnd(kernel, process);
    }

    private Observed.Stream sent() {
        return seen.tls.entrySet().stream()
                .filter(stream -> stream.getKey().startsWith("SENT"))
                .findFirst()
                .orElseThrow(() -> new AssertionError("nothing sent in " + seen.order))
                .getValue();
    }

    @ParameterizedTest
    @EnumSource(names = {"MULTI", "PERF_EVENT"})
    void aKernelWithoutSessionsHasAProbeAtEntryAndOneAtReturn(final UprobeLinks links)
            throws IOException, InterruptedException, KernelUnavailableException {
        open(links, NEVER);
        say(talker(), "one\ntwo\n");
        assertThat(sent().text()).isEqualTo("one\ntwo\n");
        assertThat(seen.tls).hasSize(2).anySatisfy((direction, stream) -> {
            assertThat(direction).startsWith("RECEIVED");
            assertThat(stream.text()).endsWith("two\n"); // it was reading the first line when the probes came
        });
    }

    @ParameterizedTest
    @CsvSource({
        "SSL_write, SSL_read",
        "gnutls_record_send, gnutls_record_recv",
        "mbedtls_ssl_write, mbedtls_ssl_read",
        "wolfSSL_write, wolfSSL_read",
        "s2n_send, s2n_recv"
    })
    void theFunctionsOfEachLibraryAreKnownByTheirNames(final String write, final String read)
            throws IOException, InterruptedException {
        final Path program = SmallProgram.compile(
                Files.createTempDirectory(folder, "named"),
                "talker.c",
                "-O1 -rdynamic -DSSL_write=" + write + " -DSSL_read=" + read);
        say(settled(sandbox.start(program.toString())), "one\ntwo\n");
        assertThat(sent().text()).isEqualTo("one\ntwo\n");
    }

    @Test
    void anOpenSslThatIsLinkedInAndStrippedIsHeardOnceAndWhole() throws IOException, InterruptedException {
        certify();
        final Path program = SmallProgram.compile(
                Files.createTempDirectory(folder, "static"), "client.c", "-O2 -s", SmallProgram.STATIC_OPENSSL);
        try (HttpsServer server = new HttpsServer(folder)) {
            say(settled(sandbox.start(program.toString(), String.valueOf(server.port()))), "");
            kernel.settle(seen);
        }
        final String request = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n";
        assertThat(seen.tls).hasSize(2);
        assertThat(sent().text()).isEqualTo(request + "once" + request + "more");
        assertThat(seen.tls).anySatisfy((direction, stream) -> {
            assertThat(direction).startsWith("RECEIVED");
            assertThat(stream.text().split("got 4 bytes", -1)).hasSize(3);
        });
        assertThat(seen.freed).isEqualTo(1);
        assertThat(seen.blindSpots).isEmpty();
    }

    /** Libraries that a JVM unpacks from a jar are deleted so; of s2n-tls in Amazon's SDKs, functions begin with what takes no probe. */
    @ParameterizedTest
    @ValueSource(strings = {"", " -DPADDED"})
    void aLibraryThatIsDeletedWhenItIsLoadedIsHeard(final String options) throws IOException, InterruptedException {
        final Path parts = Files.createTempDirectory(folder, "deleted");
        final Path library = Files.move(
                SmallProgram.compile(parts, "talker.c", "-O1 -shared -fPIC -Dmain=talk" + options),
                parts.resolve("libtalk.so"));
        final Path loader = SmallProgram.compile(parts, "loader.c", "-O1");
        final Process process = sandbox.start(loader.toString(), library.toString());
        assertThat(process.inputReader().readLine()).isEqualTo("deleted"); // nobody read the ring until here
        say(settled(process), "one\ntwo\n");
        assertThat(sent().text()).isEqualTo("one\ntwo\n");
        assertThat(seen.blindSpots).isEmpty();
    }

    @Test
    void aCallIsSeenUpToItsLimitAndTheRestIsAGapOfKnownLength() throws IOException, InterruptedException {
        final int limit = 5 << 20; // PIECE times PIECES
        say(talker(), (8 << 20) + "\nend\n");
        assertThat(sent().bytes.size()).isEqualTo(limit + 4);
        assertThat(sent().missing).isEqualTo((8 << 20) - limit);
        assertThat(seen.lostBytes).isEqualTo((8 << 20) - limit);
    }

    @Test
    void aFileSystemThatDoesNotAnswerKeepsNobodyElseFromBeingHeard() throws IOException, InterruptedException {
        assumeTrue(Files.exists(Path.of("/dev/fuse")), "the kernel has no FUSE");
        final Path parts = Files.createTempDirectory(folder, "silent");
        final Path mount = Files.createDirectory(parts.resolve("mount"));
        final Path program = SmallProgram.compile(parts, "silent.c", "-O1");
        final Process files = new ProcessBuilder(program.toString(), mount.toString()).start();
        try (Sandbox other = new Sandbox("other")) {
            assertThat(files.inputReader().readLine()).isEqualTo("mounted");
            kernel.track(other.pod());
            final Process held = sandbox.start(program.toString(), mount.toString(), "map");
            seen.until(kernel, "a file system that is silent", () -> !seen.blindSpots.isEmpty());
            assertThat(seen.blindSpots) // one for each of the files that the process uses
                    .allSatisfy(blind -> assertThat(blind.detail()).endsWith("does not answer"));
            System.gc(); // which waits for each thread that is amid Java code
            anotherIsHeardWhileItIsSilent(other, files);
            held.getOutputStream().close();
            seen.untilEnd(kernel, held);
        } finally {
            unmount(files, mount);
        }
    }

    private void anotherIsHeardWhileItIsSilent(final Sandbox other, final Process files)
            throws IOException, InterruptedException {
        seen.programs.clear();
        say(settled(other.start(talker.toString())), "heard\n");
        assertThat(sent().text()).isEqualTo("heard\n");
        assertThat(files.isAlive()).as("still silent").isTrue();
    }

    private static void unmount(final Process files, final Path mount) throws IOException, InterruptedException {
        files.destroyForcibly().onExit().join(); // whoever waits goes on
        new ProcessBuilder("umount", "-l", mount.toString()).start().waitFor();
    }

    @Test
    void aRootThatDoesNotAnswerKeepsNobodyElseFromBeingHeard()
            throws IOException, InterruptedException, KernelUnavailableException {
        assumeTrue(Files.exists(Path.of("/dev/fuse")), "the kernel has no FUSE");
        open(UprobeLinks.SESSION, Duration.ofMillis(100));
        final Path parts = Files.createTempDirectory(folder, "root");
        final Path mount = Files.createDirectory(parts.resolve("mount"));
        final Path program = SmallProgram.compile(parts, "silent.c", "-O1");
        final Process files = new ProcessBuilder(program.toString(), mount.toString()).start();
        try (Sandbox other = new Sandbox("other")) {
            assertThat(files.inputReader().readLine()).isEqualTo("mounted");
            kernel.track(other.pod());
            final Process held = settled(sandbox.start(program.toString(), mount.toString(), "root"));
            held.getOutputStream().write('\n');
            held.getOutputStream().flush();
            assertThat(held.inputReader().readLine()).isEqualTo("there");
            seen.untilEnd(kernel, other.start("true")); // it is looked whose probes are still used
            seen.until(kernel, "a root that is silent", () -> !seen.blindSpots.isEmpty());
            assertThat(seen.blindSpots)
                    .allSatisfy(blind -> assertThat(blind.detail()).endsWith("does not answer"));
            anotherIsHeardWhileItIsSilent(other, files);
            held.getOutputStream().close();
            seen.untilEnd(kernel, held);
        } finally {
            unmount(files, mount);
        }
    }

    @Test
    void whatCannotBeReadFromAProcessIsSaidToBeSoAndNotToBeLostByTheRing() throws IOException, InterruptedException {
        say(talker(), "one\n-100\n-20\nend\n");
        assertThat(sent().text()).isEqualTo("one\nend\n");
        assertThat(sent().missing).isEqualTo(120);
        assertThat(seen.lostRecords).isZero();
        assertThat(seen.blindSpots)
                .singleElement()
                .satisfies(blind -> assertThat(blind.kind()).isEqualTo("unreadable"));
    }

    @Test
    void oneFileUnderTwoDeviceNumbersIsProbedOnce() throws IOException, InterruptedException {
        final Path empty = Files.createDirectory(folder.resolve("empty"));
        final Path mount = Files.createDirectory(folder.resolve("mount"));
        final String inside = "unshare --mount sh -c 'mount -t overlay overlay -o lowerdir=" + talker.getParent() + ":"
                + empty + " " + mount + " && stat -c %d " + mount + "/program >&2 && exec " + mount + "/program'";
        final Process first = settled(sandbox.shell("exec " + inside)); // as two containers of one image
        final int files = kernel.counters().attachedFiles();
        seen.programs.clear();
        final Process second = settled(sandbox.shell("exec " + inside));
        assertThat(first.inputReader().readLine())
                .as("devices")
                .isNotEqualTo(second.inputReader().readLine());
        assertThat(kernel.counters().attachedFiles()).isEqualTo(files);
        say(first, "one\n");
        assertThat(sent().text()).isEqualTo("one\n");
        seen.tls.clear();
        say(second, "two\n");
        assertThat(sent().text()).isEqualTo("two\n");
    }

    @Test
    void aCopyWithTheInodeNumberOfALibraryDoesNotKeepProbesFromIt() throws IOException, InterruptedException {
        final Path mount = Files.createDirectory(folder.resolve("own"));
        final String inside = "unshare --mount sh -c 'mount -t tmpfs none " + mount + " && cp " + talker + " " + mount
                + "/program && stat -c %i " + mount + "/program >&2 && exec " + mount + "/program'";
        final Process first = settled(sandbox.shell("exec " + inside));
        seen.programs.clear();
        final Process second = settled(sandbox.shell("exec " + inside));
        assertThat(first.inputReader().readLine())
                .as("inode numbers")
                .isEqualTo(second.inputReader().readLine());
        say(first, "one\n");
        assertThat(sent().text()).isEqualTo("one\n");
        seen.tls.clear();
        say(second, "two\n");
        assertThat(sent().text()).isEqualTo("two\n");
    }

    @Test
    void probesAreTakenOffWhenNobodyUsesTheFileAndPutBackWhenSomebodyDoes()
            throws IOException, InterruptedException, KernelUnavailableException {
        open(UprobeLinks.SESSION, OFTEN);
        for (final String line : new String[] {"one\n", "two\n"}) {
            final Process process = talker();
            assertThat(kernel.counters().attachedFiles()).isPositive();
            say(process, line);
            assertThat(sent().text()).isEqualTo(line);
            seen.until(kernel, "no probes", () -> kernel.counters().attachedFiles() == 0);
            seen.tls.clear();
            seen.programs.clear();
        }
    }

    /** What is amid other instructions than it was put on would break them. */
    @Test
    void probesAreTakenOffAFileThatIsOverwritten() throws IOException, InterruptedException {
        final Path parts = Files.createTempDirectory(folder, "overwritten");
        final Path program = SmallProgram.compile(parts, "talker.c", "-O1 -rdynamic -Wl,--build-id=none");
        final byte[] longer = Files.readAllBytes(SmallProgram.compile(
                Files.createDirectory(parts.resolve("longer")),
                "talker.c",
                "-O1 -rdynamic -Wl,--build-id=none -falign-functions=256"));
        say(settled(sandbox.start(program.toString())), "one\n");
        assertThat(sent().text()).isEqualTo("one\n");
        final int files = kernel.counters().attachedFiles();
        Files.write(program, longer);
        seen.until(kernel, "no probes", () -> kernel.counters().attachedFiles() == files - 1);
        seen.tls.clear();
        seen.programs.clear();
        say(settled(sandbox.start(program.toString())), "two\n");
        assertThat(sent().text()).isEqualTo("two\n");
    }

    @Test
    void whoUsesAFileThatIsWrittenToIsHeardAgainAndAGapUntilThen() throws IOException, InterruptedException {
        final Path parts = Files.createTempDirectory(folder, "used");
        final Path library = Files.move(
                SmallProgram.compile(parts, "talker.c", "-O1 -shared -fPIC -Dmain=talk"), parts.resolve("libtalk.so"));
        final Path same = Files.createLink(parts.resolve("same"), library);
        final Path loader = SmallProgram.compile(parts, "loader.c", "-O1");
        final Process process = sandbox.start(loader.toString(), library.toString());
        assertThat(process.inputReader().readLine()).isEqualTo("deleted");
        settled(process);
        Files.write(same, Files.readAllBytes(same), StandardOpenOption.WRITE);
        seen.until(kernel, "that it is not heard", () -> !seen.blindSpots.isEmpty());
        kernel.settle(seen);
        say(process, "one\n");
        assertThat(sent().text()).isEqualTo("one\n");
        assertThat(seen.blindSpots)
                .singleElement()
                .satisfies(blind -> assertThat(blind.detail()).startsWith("a file that it uses was written to"));
    }

    @Test
    void aFileThatIsWrittenToThroughAMappingIsProbedAnewAndOnce() throws IOException, InterruptedException {
        final Path parts = Files.createTempDirectory(folder, "mapped");
        final Path program = SmallProgram.compile(parts, "talker.c", "-O1 -rdynamic -Wl,--build-id=none");
        say(settled(sandbox.start(program.toString())), "one\n");
        final int files = kernel.counters().attachedFiles();
        try (FileChannel channel = FileChannel.open(program, StandardOpenOption.READ, StandardOpenOption.WRITE);
                Arena arena = Arena.ofConfined()) {
            channel.map(FileChannel.MapMode.READ_WRITE, channel.size() - 1, 1, arena)
                    .set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        }
        seen.tls.clear();
        seen.programs.clear();
        say(settled(sandbox.start(program.toString())), "two\n");
        assertThat(sent().text()).isEqualTo("two\n");
        assertThat(kernel.counters().attachedFiles()).isEqualTo(files);
    }

    @Test
    void probesStayOnAFileOfWhichAContainerOverwritesItsCopy() throws IOException, InterruptedException {
        final Path upper = Files.createDirectory(folder.resolve("upper"));
        final Path work = Files.createDirectory(folder.resolve("work"));
        final Path mount = Files.createDirectory(folder.resolve("writable"));
        final Process container = sandbox.shell("exec unshare --mount sh -c 'mount -t overlay overlay -o lowerdir="
                + talker.getParent() + ",upperdir=" + upper + ",workdir=" + work + " " + mount
                + " && (read line && echo $line) | " + mount
                + "/program && echo other > " + mount + "/program && echo written && read end'");
        settled(container);
        final int files = kernel.counters().attachedFiles();
        container.getOutputStream().write("one\n".getBytes(StandardCharsets.UTF_8));
        container.getOutputStream().flush();
        assertThat(container.inputReader().readLine()).isEqualTo("written");
        kernel.settle(seen);
        assertThat(kernel.counters().attachedFiles()).isEqualTo(files);
        seen.tls.clear();
        seen.programs.clear();
        say(talker(), "two\n");
        assertThat(sent().text()).isEqualTo("two\n");
        say(container, "end\n");
    }

    @Test
    void aProgramIsHeardOfWhichTheFirstThreadHasEnded()
            throws IOException, InterruptedException, KernelUnavailableException {
        open(UprobeLinks.SESSION, OFTEN);
        final Process process = settled(sandbox.start(headless()));
        untilHeadless(process);
        final int files = kernel.counters().attachedFiles();
        for (int i = 0; i < 3; i++) { // for what is looked at when somebody has ended
            seen.programs.clear();
            say(talker(), "other\n");
            seen.until(kernel, "no probes of the other", () -> kernel.counters().attachedFiles() <= files);
        }
        seen.tls.clear();
        say(process, "one\n");
        assertThat(sent().text()).isEqualTo("one\n");
    }

    @Test
    void aProgramOfWhichTheFirstThreadHadEndedBeforeIsFound()
            throws IOException, InterruptedException, KernelUnavailableException {
        final Process process = sandbox.start(headless());
        untilHeadless(process);
        open(UprobeLinks.SESSION, NEVER);
        kernel.settle(seen);
        say(process, "one\n");
        assertThat(sent().text()).isEqualTo("one\n");
    }

    @Test
    void aProgramIsStoppedOfWhichTheFirstThreadHasEnded() throws IOException, InterruptedException {
        final Process process = settled(sandbox.start(headless()));
        untilHeadless(process);
        final int tgid = (int) process.pid();
        final Processes processes = new Processes(Path.of("/proc"));
        processes.signal(tgid, requireNonNull(seen.started.get(tgid)), SIGSTOP);
        seen.until(
                kernel,
                "that it stands still",
                () -> processes.stat(tgid).filter(stat -> stat.state() == 'T').isPresent());
        assertThat(kernel.terminate(tgid, requireNonNull(seen.started.get(tgid))))
                .isEqualTo(new TerminateResult.Terminated());
        assertThat(process.waitFor()).isEqualTo(128 + Processes.SIGKILL);
    }

    /** A program of which the first thread ends, and another goes on. */
    private static String headless() throws IOException, InterruptedException {
        return SmallProgram.compile(
                        Files.createTempDirectory(folder, "headless"), "talker.c", "-O1 -rdynamic -DHEADLESS -pthread")
                .toString();
    }

    private void untilHeadless(final Process process) {
        final Path threads = Path.of("/proc", String.valueOf(process.pid()), "task");
        seen.until(
                kernel,
                "the end of its first thread",
                () -> ProcessFiles.of(Path.of("/proc"), (int) process.pid()).startsWith(threads));
    }

    @Test
    void copiesOfALibraryTakeNeitherAllDescriptorsNorTheProbesFromOthers() throws IOException, InterruptedException {
        final Process copies = sandbox.shell("exec 3<&0; for i in $(seq " + (AttachedFiles.MOST_OF_ONE + 10)
                + "); do cp " + talker + " " + folder + "/copy$i; " + folder + "/copy$i <&3 & done; wait");
        for (int files = 16; files <= AttachedFiles.MOST_OF_ONE; files += 16) { // each with the patience of one
            final int some = files;
            seen.until(kernel, some + " probed files", () -> kernel.counters().attachedFiles() >= some);
        }
        seen.until(kernel, "more than can be probed", () -> !seen.blindSpots.isEmpty());
        assertThat(kernel.counters().attachedFiles()).isEqualTo(AttachedFiles.MOST_OF_ONE);
        assertThat(seen.blindSpots)
                .allSatisfy(blind -> assertThat(blind.detail()).startsWith("there are probes on"));
        try (Sandbox other = new Sandbox("other")) {
            kernel.track(other.pod());
            say(settled(other.start(talker.toString())), "heard\n");
            assertThat(sent().text()).isEqualTo("heard\n");
        }
        copies.getOutputStream().close();
        seen.untilEnd(kernel, copies);
    }

    @Test
    void whatAConnectionSentBeforeTheProbesWereThereIsAGapThoughItGoesOn() throws IOException, InterruptedException {
        certify();
        try (HttpsServer server = new HttpsServer(folder)) {
            final Process client =
                    sandbox.start("/usr/bin/python3", "-c", """
                    import http.client, ssl, sys
                    c = http.client.HTTPSConnection('localhost', PORT, context=ssl.create_default_context(cafile='certificate.pem'))
                    c.request('POST', '/', 'a' * 1000)
                    c.getresponse().read()
                    print('asked', flush=True)
                    sys.stdin.read()
                    c.request('POST', '/', 'b' * 1000)
                    print(c.getresponse().read())
                    """.replace("PORT", String.valueOf(server.port())).replace(
                            "certificate.pem", folder.resolve("certificate.pem").toString()));
            assertThat(client.inputReader().readLine()).isEqualTo("asked"); // nobody read the ring until here
            say(settled(client, "/python3"), "");
            kernel.settle(seen);
        }
        assertThat(sent().text()).startsWith("POST / HTTP/1.1").endsWith("b".repeat(1000));
        assertThat(seen.blindSpots).singleElement().satisfies(blind -> {
            assertThat(blind.kind()).isEqualTo("attach-late");
            assertThat(blind.detail())
                    .matches(
                            "it sent over TLS before the probes were on its library, \\d+ ms after it had loaded that");
        });
    }

    private static void certify() throws IOException, InterruptedException {
        Command.run(
                folder,
                ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout key.pem"
                                + " -out certificate.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost")
                        .split(" ", -1));
    }
}
