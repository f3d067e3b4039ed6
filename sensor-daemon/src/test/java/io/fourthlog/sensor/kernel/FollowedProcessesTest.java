package io.fourthlog.sensor.kernel;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fourthlog.testing.Command;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which processes are followed, and whose they are; needs root. */
final class FollowedProcessesTest extends KernelFixture {
    /** A shell's process for what stands in parentheses executes nothing itself, and what it starts is still the shell's. */
    @Test
    void whatAProcessThatOnlyForkedStartsIsKnownToBeItsMakers() throws IOException {
        final Process shell = sandbox.start("/bin/sh", "-c", "(/bin/true; :); :");
        seen.untilEnd(kernel, shell);
        final int between = seen.forked.entrySet().stream()
                .filter(fork -> fork.getValue() == shell.pid())
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
        final int program = seen.forked.entrySet().stream()
                .filter(fork -> fork.getValue() == between)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
        assertThat(seen.order).contains(program + " exec /bin/true").doesNotContain(between + " exec /bin/true");
    }

    private static final String DAEMON = """
            import os, sys, time
            parent = os.getpid()
            if os.fork(): os._exit(0)
            while os.getppid() == parent: time.sleep(0.01)
            if len(sys.argv) > 2: open(sys.argv[2]).read(1)
            open(sys.argv[1]).read()
            """;

    /** Its parent has ended, and it executes nothing: it is as those are that prepare a container. */
    @Test
    void aDaemonIsFollowedThoughItsParentIsOutside() throws IOException {
        final Path file = Files.writeString(folder.resolve("data"), "x");
        final Process parent = sandbox.start("/usr/bin/python3", "-c", DAEMON, file.toString());
        seen.until(
                kernel,
                "what the daemon reads",
                () -> seen.closed.stream()
                        .anyMatch(close -> close.path().equals(file.toString()) && close.tgid() != parent.pid()));
    }

    @Test
    void aDaemonThatWasThereBeforeIsFollowed() throws IOException, InterruptedException {
        final Path file = Files.writeString(folder.resolve("data"), "x");
        final Path waits = folder.resolve("waits");
        Command.run(folder, "mkfifo", waits.toString());
        try (Sandbox other = new Sandbox("daemon")) {
            other.start("/usr/bin/python3", "-c", DAEMON, file.toString(), waits.toString());
            try (OutputStream tells = Files.newOutputStream(waits)) { // which waits for the daemon to open it
                kernel.track(other.pod());
                tells.write('x');
            }
            seen.until(
                    kernel,
                    "what the daemon reads",
                    () -> seen.closed.stream().anyMatch(close -> close.path().equals(file.toString())));
        }
    }

    @Test
    void nothingIsSeenOfOtherCgroups() throws IOException, InterruptedException {
        final Path file = Files.writeString(folder.resolve("data"), "x");
        try (Sandbox other = new Sandbox("other")) {
            other.shell("cat " + file).waitFor();
        }
        final Process marker = sandbox.shell("true");
        seen.untilEnd(kernel, marker);
        assertThat(seen.opened).noneMatch(open -> open.path().equals(file.toString()));
        assertThat(seen.cgroupOf.values()).containsOnly(sandbox.containerId());
        assertThat(seen.cgroups).containsExactly(sandbox.containerId());
    }

    @Test
    void whatTheContainerRuntimeDoesBeforeItStartsAProgramIsNotTheAgents() throws IOException, InterruptedException {
        final Path before = Files.writeString(folder.resolve("before"), "x");
        final Path after = Files.writeString(folder.resolve("after"), "y");
        sandbox.shell("true").waitFor();
        final Process runtime = new ProcessBuilder(
                        "/usr/bin/python3", "-c", """
                        import os
                        if os.fork() == 0:
                            open('%s/cgroup.procs', 'w').write(str(os.getpid()))
                            open('%s').read()
                            os.execv('/usr/bin/python3', ['python3', '-c', \"""
                        import os
                        if os.fork() == 0: open('%s').read(); os._exit(0)
                        os.wait()\"""])
                        os.wait()
                        """.formatted(sandbox.pod().resolve("container"), before, after))
                .inheritIO()
                .start();
        assertThat(runtime.waitFor()).isZero();
        onlyWhatTheProgramReadIsSeen(before, after);
    }

    @Test
    void aRuntimeThatExecutesItselfInTheContainersCgroupIsNotTheAgent() throws IOException, InterruptedException {
        final Path before = Files.writeString(folder.resolve("before"), "x");
        final Path after = Files.writeString(folder.resolve("after"), "y");
        kernel.expectContainers();
        sandbox.shell("true").waitFor();
        // as runc does it: a copy of itself in the cgroup, then a mount namespace, then the container's program
        final Process runtime = new ProcessBuilder(
                        "/bin/sh",
                        "-c",
                        "sh -c 'echo $$ > \"$0\"/cgroup.procs && exec sh -c \"read x < $1; exec unshare -m cat $2\"' "
                                + sandbox.pod().resolve("container") + " " + before + " " + after)
                .start();
        assertThat(runtime.waitFor()).isZero();
        onlyWhatTheProgramReadIsSeen(before, after);
    }

    private void onlyWhatTheProgramReadIsSeen(final Path before, final Path after) {
        seen.until(
                kernel,
                "what the program read",
                () -> seen.opened.stream().anyMatch(open -> open.path().equals(after.toString())));
        assertThat(seen.opened).noneMatch(open -> open.path().equals(before.toString()));
    }

    @Test
    void commandsAreFollowedWhereverTheyAreWithWhatTheyStart() throws IOException, InterruptedException {
        final Path early = Files.writeString(folder.resolve("early"), "x");
        final Path late = Files.writeString(folder.resolve("late"), "x");
        final Path other = Files.writeString(folder.resolve("other"), "x");
        final Process running =
                new ProcessBuilder("/bin/sh", "-c", "read go; (cat " + early + "); : the-agent-to-follow").start();
        kernel.followCommands(line -> line.contains("the-agent-to-follow") ? Long.MIN_VALUE : 0);
        try (var in = running.outputWriter()) {
            in.write("go\n");
        }
        new ProcessBuilder("cat", other.toString()).start().waitFor();
        seen.untilEnd(kernel, running);
        final Process started =
                new ProcessBuilder("/bin/sh", "-c", "read go; sh -c 'cat " + late + "'; : the-agent-to-follow").start();
        seen.until(kernel, "its program", () -> seen.started.containsKey((int) started.pid()));
        try (var in = started.outputWriter()) {
            in.write("go\n");
        }
        seen.untilEnd(kernel, started);
        assertThat(seen.closed.stream().filter(close -> close.path().startsWith(folder.toString())))
                .extracting(Observed.Close::path, Observed.Close::read)
                .containsExactlyInAnyOrder(tuple(early.toString(), 1L), tuple(late.toString(), 1L));
        assertThat(seen.cgroupOf.values()).containsOnly(Long.MIN_VALUE);
    }

    @Test
    void aCommandIsKnownByTheWordsThatItWasGivenWhateverItLetsBeRead()
            throws IOException, InterruptedException, KernelUnavailableException {
        open(Files.createDirectory(folder.resolve("proc")));
        final Path late = Files.writeString(folder.resolve("late"), "x");
        kernel.followCommands(line -> line.endsWith("the-agent-to-follow") ? Long.MIN_VALUE : 0);
        final Process started = new ProcessBuilder(
                        "/bin/sh", "-c", "read go; cat " + late + "; exit", "x".repeat(50_000), "the-agent-to-follow")
                .start();
        seen.until(kernel, "its program", () -> seen.started.containsKey((int) started.pid()));
        started.outputWriter().append("go\n").close();
        seen.untilEnd(kernel, started);
        assertThat(seen.closed).extracting(Observed.Close::path).contains(late.toString());
    }

    @Test
    @Timeout(
            value = 60,
            unit = TimeUnit.SECONDS,
            threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // one that waits does so for ever
    void whoDoesNotLetItsCommandLineBeReadKeepsNoOtherFromBeingFollowed()
            throws IOException, InterruptedException, KernelUnavailableException {
        final Path proc = Files.createDirectory(folder.resolve("proc"));
        final Path silent = Files.createDirectory(proc.resolve("1")).resolve("cmdline");
        Files.copy(Path.of("/proc/1/stat"), silent.resolveSibling("stat"));
        Command.run(folder, "mkfifo", silent.toString());
        final Process running = new ProcessBuilder("/bin/sh", "-c", "read go; : the-agent-to-follow").start();
        Files.createSymbolicLink(proc.resolve(String.valueOf(running.pid())), Path.of("/proc/" + running.pid()));
        open(proc);
        try {
            kernel.followCommands(line -> line.contains("the-agent-to-follow") ? Long.MIN_VALUE : 0);
            seen.until(kernel, "what runs already", () -> !seen.running.isEmpty());
            assertThat(seen.running).extracting(Observed.Running::tgid).containsExactly((int) running.pid());
            running.outputWriter().append("go\n").close();
            seen.untilEnd(kernel, running);
        } finally {
            new RandomAccessFile(silent.toFile(), "rw").close(); // whoever waits goes on
        }
    }

    private void open(final Path proc) throws KernelUnavailableException {
        kernel.close();
        kernel = Kernel.open(
                new KernelOptions(RING, proc, KernelOptions.defaults().cgroups()));
    }

    @Test
    void processesThatRunAlreadyAreToldParentsFirstWithTheirOwnCgroup() throws IOException {
        kernel.untrack(sandbox.podId());
        final Process shell = sandbox.shell("sleep 60 & echo $!; read word; kill $!");
        final int child = Integer.parseInt(shell.inputReader().readLine());
        kernel.track(sandbox.pod());
        seen.until(kernel, "both", () -> seen.running.size() == 2);
        assertThat(seen.running)
                .extracting(Observed.Running::tgid, Observed.Running::ppid, Observed.Running::cgroupId)
                .containsExactly(
                        tuple((int) shell.pid(), (int) ProcessHandle.current().pid(), sandbox.containerId()),
                        tuple(child, (int) shell.pid(), sandbox.containerId()));
        shell.getOutputStream().close();
        seen.untilEnd(kernel, shell);
        assertThat(seen.running.getFirst().startTicks())
                .isEqualTo(new KernelProcess()
                        .set(0, 0, requireNonNull(seen.started.get((int) shell.pid())), 0, 0)
                        .startTicks());
    }

    @Test
    void whatRunsAlreadyIsFollowedFromNowOn() throws IOException, InterruptedException {
        try (Sandbox early = new Sandbox("early");
                HttpsServer server = new HttpsServer(shared)) {
            final Process client = early.start("node", "-e", """
                    const https = require('node:https'), fs = require('node:fs');
                    process.stdin.once('data', () => {
                      https.get({host: 'localhost', port: PORT, ca: fs.readFileSync('CA')}, (answer) => {
                        answer.on('data', () => {}); answer.on('end', () => process.exit(0)); });
                    });
                    console.log('ready');
                    """.replace("PORT", String.valueOf(server.port()))
                    .replace("CA", shared.resolve("certificate.pem").toString()));
            assertThat(client.inputReader().readLine()).isEqualTo("ready");
            kernel.track(early.pod());
            kernel.settle(seen);
            try (var in = client.outputWriter()) {
                in.write("go\n");
            }
            seen.untilEnd(kernel, client);
        }
        assertThat(sent()).startsWith("GET / HTTP/1.1\r\n");
    }

    @Test
    void aProcessThatDiesInACallLeavesNothingToALaterOneWithItsNumber() throws IOException, InterruptedException {
        final Map<Long, StringBuilder> sentIn = new HashMap<>(); // by cgroup
        final Observed watching = new Observed() {
            @Override
            public void tls(
                    final KernelProcess process,
                    final long ssl,
                    final Direction direction,
                    final long position,
                    final MemorySegment data) {
                super.tls(process, ssl, direction, position, data);
                if (direction == Direction.SENT) {
                    final StringBuilder sent = sentIn.computeIfAbsent(process.cgroupId(), _ -> new StringBuilder());
                    assertThat(position).isEqualTo(sent.length());
                    sent.append(StandardCharsets.UTF_8.decode(data.asByteBuffer()));
                }
            }
        };
        final String client =
                """
                import ssl, socket
                s = ssl.create_default_context(cafile='CA').wrap_socket(socket.create_connection(('127.0.0.1', PORT)), server_hostname='localhost')
                s.sendall(b'POST / HTTP/1.1\\r\\nHost: NAME\\r\\nContent-Length: LENGTH\\r\\n\\r\\n12345')
                print('sent', flush=True)
                s.recv(1000)
                """.replace("CA", shared.resolve("certificate.pem").toString());
        try (HttpsServer server = new HttpsServer(shared);
                Sandbox other = new Sandbox("other")) {
            kernel.track(other.pod());
            survey(watching);
            final String to = client.replace("PORT", String.valueOf(server.port()));
            final Process first = sandbox.start(
                    "/usr/bin/python3", "-c", to.replace("NAME", "first").replace("LENGTH", "10"));
            assertThat(first.inputReader().readLine()).isEqualTo("sent");
            first.destroyForcibly().waitFor(); // in SSL_read, which never returns
            final Process second =
                    other.start("/usr/bin/python3", "-c", """
                    import ctypes, os, signal
                    number = (ctypes.c_int * 1)(PID)
                    # struct clone_args (<linux/sched.h>): exit_signal is its fifth member, set_tid and its size the ninth and tenth
                    arguments = (ctypes.c_uint64 * 11)(0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, ctypes.addressof(number), 1, 0)
                    child = ctypes.CDLL(None, use_errno=True).syscall(435, arguments, 88)
                    if child == 0:
                        os.execv('/usr/bin/python3', ['python3', '-c', \"""CLIENT\"""])
                    assert child == PID, os.strerror(ctypes.get_errno())
                    os.waitpid(child, 0)
                    """.replace("PID", String.valueOf(first.pid())).replace(
                            "CLIENT",
                            to.replace("NAME", "second").replace("LENGTH", "5").replace("\\", "\\\\")));
            assertThat(Sandbox.output(second)).isEqualTo("sent\n");
            watching.untilEnd(kernel, second);
            assertThat(sentIn.get(sandbox.containerId()))
                    .contains("Host: first")
                    .doesNotContain("second");
            assertThat(sentIn.get(other.containerId())).contains("Host: second").doesNotContain("first");
        }
    }
}
