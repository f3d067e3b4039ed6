package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RingsTest {
    private static final int SMALL = 256 << 10;
    private static final int LARGE = 16 << 20;
    private static final int ONLY = 4 << 20;
    private static final Duration REST = Duration.ofMillis(50);
    private static final int MANY = 12; // messages of 8,000 bytes: they fit into the small ring, and are much for it

    /** The numbers of messages, in the order in which they were told. */
    private static class Numbers extends Observed {
        private static final Pattern NUMBER = Pattern.compile("\\{\"n\":(\\d+),.*");
        final List<Integer> told = new ArrayList<>();

        @Override
        public void stdio(
                final KernelProcess process,
                final long channel,
                final long endInode,
                final long position,
                final MemorySegment data) {
            super.stdio(process, channel, endInode, position, data);
            final Matcher number =
                    NUMBER.matcher(new String(data.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8));
            assertThat(number.matches()).isTrue();
            told.add(Integer.valueOf(number.group(1)));
        }
    }

    @Test
    void aRingIsReplacedWhenMuchComesAndWhenLittleDoesAndNothingIsLostOrChangesItsOrder()
            throws IOException, KernelUnavailableException {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        final KernelOptions defaults = KernelOptions.defaults();
        final KernelOptions options = new KernelOptions(SMALL, LARGE, defaults.proc(), defaults.cgroups());
        final Numbers seen = new Numbers();
        try (Sandbox sandbox = new Sandbox("rings");
                Kernel kernel =
                        Kernel.open(options, UprobeLinks.SESSION, AttachManager.SWEEP, REST, AttachManager.PATIENCE)) {
            kernel.track(sandbox.pod());
            // One message after the other, to two pipes in turn: as many as the line that it reads says.
            final Process process = sandbox.start("/usr/bin/python3", "-c", """
                    import os, sys
                    pipes = [os.pipe(), os.pipe()]
                    n = 0
                    for line in sys.stdin:
                      for _ in range(int(line)):
                        r, w = pipes[n % 2]
                        os.write(w, (b'{"n":%d,' % n).ljust(8000, b'x'))
                        os.read(r, 8000)
                        n += 1
                    """);
            assertThat(kernel.counters().ringBytes()).isEqualTo(SMALL);
            int asked = 0;
            try (BufferedWriter in = process.outputWriter()) {
                for (final int wanted : new int[] {LARGE, SMALL, LARGE, SMALL, LARGE}) {
                    while (kernel.counters().ringBytes() != wanted) {
                        final int more = wanted == LARGE ? MANY : 1;
                        in.write(more + "\n");
                        in.flush();
                        asked += more;
                        final int all = asked;
                        seen.until(kernel, all + " messages", () -> seen.told.size() >= all);
                    }
                }
            }
            seen.untilEnd(kernel, process);
            assertThat(seen.lostRecords).isZero();
            assertThat(seen.told)
                    .containsExactlyElementsOf(IntStream.range(0, asked).boxed().toList());
        }
    }

    @Test
    void readingEndsThoughMoreComesAllTheTime() throws IOException, KernelUnavailableException {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        try (Sandbox sandbox = new Sandbox("more");
                Kernel kernel = Kernel.open(KernelOptions.defaults())) {
            kernel.track(sandbox.pod());
            final Process process = sandbox.start("/usr/bin/python3", "-c", """
                    import os, sys
                    r, w = os.pipe()
                    for n, line in enumerate(sys.stdin):
                      os.write(w, b'{"n":%d,}' % n)
                      os.read(r, 100)
                      print('written', flush=True)
                    """);
            final BufferedWriter in = process.outputWriter();
            final Numbers seen = new Numbers() {
                @Override
                public void stdio(
                        final KernelProcess writer,
                        final long channel,
                        final long endInode,
                        final long position,
                        final MemorySegment data) {
                    super.stdio(writer, channel, endInode, position, data);
                    write(process, in); // one more for each
                }
            };
            write(process, in);
            kernel.poll(Duration.ZERO, seen);
            assertThat(seen.told).containsExactly(0);
            kernel.poll(Duration.ZERO, seen);
            assertThat(seen.told).containsExactly(0, 1);
        }
    }

    /** Writes more messages than there is room for, then runs the rest. */
    private static Process fill(final Sandbox sandbox, final String then) throws IOException {
        return sandbox.start("/usr/bin/python3", "-c", """
                import os
                r, w = os.pipe()
                for n in range(1000):
                  os.write(w, (b'{"n":%d,' % n).ljust(8000, b'x'))
                  os.read(r, 8000)
                for n in range(100): # and what is left of it
                  os.write(w, b'{}')
                  os.read(r, 8000)
                """ + then);
    }

    private static KernelOptions oneRing() {
        final KernelOptions defaults = KernelOptions.defaults();
        return new KernelOptions(ONLY, defaults.proc(), defaults.cgroups());
    }

    @Test
    void whoFillsTheRingLeavesRoomForOthers() throws IOException, KernelUnavailableException, InterruptedException {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        try (Sandbox loud = new Sandbox("loud");
                Sandbox quiet = new Sandbox("quiet");
                Kernel kernel = Kernel.open(oneRing())) {
            kernel.track(loud.pod());
            kernel.track(quiet.pod());
            assertThat(fill(loud, "").waitFor()).isZero();
            final Process heard =
                    quiet.start("/usr/bin/python3", "-c", "import os; os.write(os.pipe()[1], b'{\"n\":-1,}')");
            assertThat(heard.waitFor()).isZero();
            final Observed seen = new Observed();
            seen.untilEnd(kernel, heard);
            assertThat(seen.stdio.values())
                    .extracting(Observed.Stream::text)
                    .anyMatch(text -> text.startsWith("{\"n\":0,"))
                    .contains("{\"n\":-1,}");
            assertThat(seen.lostRecords).isPositive();
        }
    }

    @Test
    void nobodyOpensAFileUnjudgedByFillingTheRing(@TempDir final Path folder)
            throws IOException, KernelUnavailableException, InterruptedException {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        final Path secret = Files.writeString(folder.resolve("secret"), "s3cret");
        try (Sandbox sandbox = new Sandbox("held");
                Kernel kernel = Kernel.open(oneRing())) {
            kernel.track(sandbox.pod());
            kernel.hold(List.of(secret.toString()));
            final Process denied =
                    fill(sandbox, "print('full', flush=True)\nprint(open('" + secret + "').read(), flush=True)\n");
            assertThat(denied.inputReader().readLine()).isEqualTo("full");
            final Observed judge = Observed.judge(kernel, secret);
            while (denied.isAlive() && !isStopped(denied)) {
                Thread.onSpinWait();
            }
            judge.until(kernel, "its end", () -> !denied.isAlive());
            assertThat(denied.inputReader().readLine()).isNull();
            assertThat(denied.waitFor()).isEqualTo(128 + 9);
            assertThat(judge.lostRecords).isPositive();
        }
    }

    private static boolean isStopped(final Process process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/stat")).contains(") T ");
        } catch (final IOException e) {
            return false; // it has ended
        }
    }

    private static void write(final Process process, final BufferedWriter in) {
        try {
            in.write("\n");
            in.flush();
            assertThat(process.inputReader().readLine()).isEqualTo("written");
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
