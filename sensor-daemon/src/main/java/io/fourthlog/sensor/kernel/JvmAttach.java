package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.kernel.Unheard.Subject;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads the agent of {@code src/main/jsse} into a HotSpot JVM of any container, by HotSpot's own attach mechanism (attachListener_posix.cpp):
 * a file {@code .attach_pidN} in the JVM's {@code /tmp} and SIGQUIT have it listen at the socket {@code .java_pidN}.
 *
 * <p>What a container has in its {@code /tmp} is not trusted: paths are resolved below the container's root, and no link is followed. A
 * JVM gets no SIGQUIT before it handles that signal, which ends any other process.
 */
final class JvmAttach {
    private static final Logger LOG = LoggerFactory.getLogger(JvmAttach.class);

    private static final String OPENJ9 = "/libj9";
    private static final String JDK_8 = "/lib/amd64/server/libjvm.so"; // later ones have it in lib/server
    private static final String JAR = "fourthlog-jsse.jar"; // as its manifest calls it
    private static final int SIGQUIT = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(5); // with one step of one JVM
    private static final Duration POLL = Duration.ofMillis(5);
    private static final int SIGNALS = 2; // in that time, as the JDK's own client sends
    private static final int MAX_REPLY = 4096;

    private static final int O_NOFOLLOW = 0x20000;

    /** What came of it. */
    sealed interface Result {
        /** The agent is in the JVM. */
        record Present() implements Result {}

        /** It may be possible a moment later; else this is why not. */
        record NotYet(String obstacle) implements Result {}

        /** It is not possible: why, and the remedy. */
        record Refused(String obstacle) implements Result {}

        /** The process has ended, so that what was known of it before holds. */
        record Ended() implements Result {}
    }

    /** What java.instrument of a JVM that is not live yet answers is "loaded" all the same (Agent_OnAttach in InvocationAdapter.c). */
    private static final String LOADED_NOTHING =
            "the JVM said to have loaded the agent, and has not: start it with -javaagent:DIR/" + JAR;

    private final Processes processes;
    private final Path proc;
    private volatile boolean closed;

    JvmAttach(final Processes processes, final Path proc) {
        this.processes = processes;
        this.proc = proc;
    }

    /** Whether its owner has put the agent into it. */
    Result look(final Subject process) {
        return hasAgent(ProcessFiles.of(proc, process.tgid()))
                ? new Result.Present()
                : new Result.NotYet("no agent is in it: start the JVM with -javaagent:DIR/" + JAR);
    }

    Result load(final Subject process) {
        final Result result = tryToLoad(process);
        return result instanceof Result.Present || processes.runs(process.tgid(), process.startNs())
                ? result
                : new Result.Ended();
    }

    private Result tryToLoad(final Subject process) {
        final Path folder = ProcessFiles.of(proc, process.tgid());
        try {
            if (hasAgent(folder)) {
                return new Result.Present();
            }
            final Set<String> kinds = kinds(folder);
            if (kinds.contains(OPENJ9)) {
                return new Result.Refused(
                        "OpenJ9 attaches in a way that is not supported: start it with -javaagent:DIR/" + JAR);
            }
            if (words(folder).contains("-XX:+DisableAttachMechanism")) {
                return new Result.Refused(
                        "the JVM runs with -XX:+DisableAttachMechanism: remove it, or add -javaagent:DIR/" + JAR);
            }
            final List<String> status = Files.readAllLines(folder.resolve("status"), StandardCharsets.ISO_8859_1);
            if ((Long.parseUnsignedLong(last(status, "SigCgt:"), 16) >> (SIGQUIT - 1) & 1) == 0) {
                return new Result.NotYet(
                        "the JVM does not handle SIGQUIT, as with -Xrs: remove that, or add -javaagent:DIR/" + JAR);
            }
            if (kinds.contains(JDK_8) && !last(status, "Uid:").equals("0")) {
                return new Result.Refused(
                        "JDK 8 takes an agent from its own user only, and not from root: start it with -javaagent:DIR/"
                                + JAR);
            }
            return load(process, folder, last(status, "NStgid:"));
        } catch (final AccessDeniedException e) {
            LOG.info("no agent in {}: {}", process.tgid(), e.getMessage());
            return new Result.Refused(
                    "the sensor lacks the capability DAC_OVERRIDE, which it has where a policy has javaTls: Attach");
        } catch (final FileSystemException e) {
            LOG.info("no agent in {}: {}", process.tgid(), e.getMessage());
            return new Result.Refused(
                    "the JVM's /tmp cannot be written to: mount an emptyDir there, or start it with -javaagent:DIR/"
                            + JAR);
        } catch (final IOException e) {
            LOG.info("no agent in {}: {}", process.tgid(), e.getMessage());
            return new Result.Refused("the JVM did not answer: start it with -javaagent:DIR/" + JAR);
        }
    }

    /** Which of the libraries that tell kinds of JVMs apart it has mapped. */
    private static Set<String> kinds(final Path folder) {
        final Set<String> kinds = new HashSet<>();
        ProcessFiles.codeMappings(
                folder,
                (_, _, path) -> Stream.of(OPENJ9, JDK_8).filter(path::contains).forEach(kinds::add));
        return kinds;
    }

    /** The words of its command line, and of the variables from which a JVM takes more. */
    private static String words(final Path folder) throws IOException {
        return Files.readString(folder.resolve("cmdline"), StandardCharsets.ISO_8859_1)
                + Files.readString(folder.resolve("environ"), StandardCharsets.ISO_8859_1);
    }

    /** The last word of a line of {@code /proc/PID/status}: for NStgid the number in the innermost namespace. */
    private static String last(final List<String> status, final String name) throws IOException {
        for (final String line : status) {
            if (line.startsWith(name)) {
                return line.substring(Math.max(line.lastIndexOf('\t'), line.lastIndexOf(' ')) + 1);
            }
        }
        throw new IOException("/proc/PID/status has no " + name);
    }

    /** HotSpot keeps a jar open that is on its boot class path. */
    private static boolean hasAgent(final Path folder) {
        try (Stream<Path> open = Files.list(folder.resolve("fd"))) {
            return open.anyMatch(fd -> {
                try {
                    return Files.readSymbolicLink(fd).toString().contains("/" + JAR);
                } catch (final IOException _) {
                    return false; // closed meanwhile
                }
            });
        } catch (final IOException e) {
            LOG.debug("{} has ended: {}", folder, e.getMessage());
            return false;
        }
    }

    private Result load(final Subject process, final Path folder, final String pid) throws IOException {
        final int root = LibC.open(folder.resolve("root").toString(), LibC.O_PATH | LibC.O_DIRECTORY);
        try {
            if (!processes.runs(process.tgid(), process.startNs())) { // else the root is of another
                return new Result.Ended();
            }
            final int tmp = LibC.openBelow(root, "tmp", LibC.O_PATH | LibC.O_DIRECTORY);
            try {
                return load(process, tmp, pid);
            } finally {
                LibC.close(tmp);
            }
        } finally {
            LibC.close(root);
        }
    }

    private Result load(final Subject process, final int tmp, final String pid) throws IOException {
        final Path folder = Path.of("/proc/self/fd/" + tmp);
        final String socket = ".java_pid" + pid;
        if (!Files.exists(folder.resolve(socket), LinkOption.NOFOLLOW_LINKS)
                && !listens(process, folder, socket, pid)) {
            return new Result.NotYet("the JVM did not begin to listen: start it with -javaagent:DIR/" + JAR);
        }
        final String own = ".fourthlog-" + Long.toUnsignedString(System.nanoTime(), 36);
        Files.createDirectory(folder.resolve(own));
        try {
            final Result result = load(tmp, socket, own);
            return result instanceof Result.Present && !hasAgent(ProcessFiles.of(proc, process.tgid()))
                    ? new Result.NotYet(LOADED_NOTHING)
                    : result;
        } finally {
            Files.delete(folder.resolve(own));
        }
    }

    /** Gives the JVM the jar in a directory of the sensor's, for as long as it takes it to open it. */
    private Result load(final int tmp, final String socket, final String own) throws IOException {
        final int fd = LibC.openBelow(tmp, own, LibC.O_PATH | LibC.O_DIRECTORY | O_NOFOLLOW);
        final Path copy = Path.of("/proc/self/fd/" + fd, JAR);
        try (InputStream jar = JvmAttach.class.getResourceAsStream(JAR)) {
            if (jar == null) {
                return new Result.Refused("this build of the sensor has no agent: build it with make build");
            }
            Files.copy(jar, copy);
            return reply(ask(tmp, socket, "/tmp/" + own + "/" + JAR));
        } catch (final ConnectException e) {
            Files.deleteIfExists(Path.of("/proc/self/fd/" + tmp, socket)); // of a JVM that had the number before
            return new Result.NotYet("the JVM does not listen any more: start it with -javaagent:DIR/" + JAR);
        } finally {
            Files.deleteIfExists(copy);
            LibC.close(fd);
        }
    }

    /** Has the JVM make its socket. */
    private boolean listens(final Subject process, final Path folder, final String socket, final String pid)
            throws IOException {
        final Path trigger = folder.resolve(".attach_pid" + pid);
        try {
            Files.createFile(trigger);
        } catch (final FileAlreadyExistsException _) { // of one that tried before, whoever that was
            Files.delete(trigger);
            Files.createFile(trigger);
        }
        try {
            for (int tries = 0; tries < SIGNALS; tries++) { // a JVM that has just begun may miss the first
                if (!(processes.signal(process.tgid(), process.startNs(), SIGQUIT)
                        instanceof TerminateResult.Terminated)) {
                    return false;
                }
                if (appears(folder.resolve(socket))) {
                    return true;
                }
            }
            return false;
        } finally {
            Files.deleteIfExists(trigger);
        }
    }

    private boolean appears(final Path socket) {
        final long deadline = System.nanoTime() + PATIENCE.toNanos() / SIGNALS;
        while (!Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
            if (closed || System.nanoTime() > deadline) {
                return false;
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
        return true;
    }

    /** What the JVM answers to the request to load the agent. */
    private String ask(final int tmp, final String socket, final String jar) throws IOException {
        final int fd = LibC.openBelow(tmp, socket, LibC.O_PATH | O_NOFOLLOW); // connected to is what was opened
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
                Selector selector = Selector.open()) {
            if (!Files.readAttributes(Path.of("/proc/self/fd/" + fd), "isOther").containsValue(true)) {
                throw new IOException(socket + " is no socket");
            }
            channel.configureBlocking(false); // a queue that is full is an error, and not to be waited for
            channel.connect(UnixDomainSocketAddress.of("/proc/self/fd/" + fd));
            final String request = "1\0load\0instrument\0false\0" + jar + "=\0";
            final ByteBuffer bytes = ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.register(selector, SelectionKey.OP_READ);
            final ByteBuffer reply = ByteBuffer.allocate(MAX_REPLY);
            final long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (reply.hasRemaining()) {
                selector.select(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
                selector.selectedKeys().clear();
                if (channel.read(reply) < 0) {
                    break;
                }
                if (closed || System.nanoTime() > deadline) {
                    throw new IOException("the JVM has not answered in time");
                }
            }
            return new String(reply.array(), 0, reply.position(), StandardCharsets.ISO_8859_1);
        } finally {
            LibC.close(fd);
        }
    }

    /** {@code 0\nreturn code: 0\n}, or for JDK 8 {@code 0\n0\n}, if it is loaded; a JVM that has just begun fails, with -1. */
    private static Result reply(final String reply) {
        final String[] lines = reply.split("\n", -1);
        if (lines[0].equals("0") && lines.length > 1 && (lines[1].equals("0") || lines[1].equals("return code: 0"))) {
            return new Result.Present();
        }
        LOG.debug("a JVM answered: {}", reply.replace('\n', ' ').strip());
        return new Result.NotYet("the JVM does not load agents, as without the module java.instrument or with"
                + " -XX:-EnableDynamicAgentLoading: start it with -javaagent:DIR/" + JAR);
    }

    void close() {
        closed = true;
    }
}
