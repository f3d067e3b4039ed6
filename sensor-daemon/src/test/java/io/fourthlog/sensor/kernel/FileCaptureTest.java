package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files that real programs open, and how much of them; needs root. */
final class FileCaptureTest extends KernelFixture {
    @Test
    void bytesOfAFileAreThoseThatWereReadHoweverItIsOpen() throws IOException {
        final Path file = Files.writeString(folder.resolve("data"), "x".repeat(10_000));
        final Path copy = folder.resolve("copy");
        // dash opens it, passes it on as standard input, and cat reads it; head reads a part; dd writes
        final Process process = sandbox.shell("cat < " + file + " > " + copy + "; head -c 100 " + file
                + " > /dev/null; dd if=" + file + " of=/dev/null bs=1000 count=3 status=none");
        seen.untilEnd(kernel, process);
        final long read = seen.closed.stream()
                .filter(close -> close.path().equals(file.toString()))
                .mapToLong(Observed.Close::read)
                .sum();
        assertThat(read).isBetween(10_000L + 100 + 3000, 10_000L + 10_000 + 3000); // head reads a block
        assertThat(seen.closed.stream()
                        .filter(close -> close.path().equals(copy.toString()))
                        .mapToLong(Observed.Close::written)
                        .sum())
                .isEqualTo(10_000);
        assertThat(seen.opened.stream().map(Observed.Open::sequence)).doesNotHaveDuplicates();
        assertThat(seen.closed.stream().map(Observed.Close::sequence)).doesNotHaveDuplicates();
    }

    @Test
    void whoHasVeryManyDescriptorsHidesNoFileOfOthers() throws IOException, InterruptedException {
        final Path many = Files.writeString(folder.resolve("many"), "many");
        final Path other = Files.writeString(folder.resolve("other"), "other");
        final Process hoarder = sandbox.start("/usr/bin/python3", "-c", """
                import os, resource, sys
                limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
                each, left = min(limit, 60000) - 100, 270000
                while left > 0:
                  left -= each
                  r, w = os.pipe()
                  if os.fork() == 0:
                    f = os.open('MANY', os.O_RDONLY)
                    for i in range(each): os.dup(f)
                    os.write(w, b'x')
                    sys.stdin.read()
                    os._exit(0)
                  os.read(r, 1)
                print('full', flush=True)
                try:
                  while True: os.wait()
                except ChildProcessError: pass
                """.replace("MANY", many.toString()));
        assertThat(hoarder.inputReader().readLine()).isEqualTo("full");
        seen.untilEnd(kernel, sandbox.shell("cat " + other));
        hoarder.getOutputStream().close();
        seen.untilEnd(kernel, hoarder);
        seen.untilEnd(kernel, sandbox.shell("cat " + other));
        assertThat(seen.closed.stream().filter(file -> file.path().equals(other.toString())))
                .hasSize(2)
                .allSatisfy(file -> assertThat(file.read()).isEqualTo(5));
    }

    @Test
    void descriptorsOfOneOpeningAreOneAccess() throws IOException {
        final Path file = Files.writeString(folder.resolve("data"), "x".repeat(600));
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import fcntl, os
                a = os.open('%s', os.O_RDONLY)
                b = os.dup(a)
                os.dup2(a, 50)
                c = fcntl.fcntl(a, fcntl.F_DUPFD_CLOEXEC, 60)
                os.read(a, 100); os.close(a)
                os.read(b, 100); os.dup2(b, 50)
                os.read(50, 100); os.close(b); os.close(50)
                os.read(c, 100); os.close(c)
                """.formatted(file));
        seen.untilEnd(kernel, process);
        assertThat(seen.opened)
                .filteredOn(open -> open.path().equals(file.toString()))
                .hasSize(1);
        assertThat(seen.closed)
                .filteredOn(close -> close.path().equals(file.toString()))
                .singleElement()
                .satisfies(close -> assertThat(close.read()).isEqualTo(400));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PROT_READ", "PROT_READ | mmap.PROT_EXEC"})
    void whatIsMappedIntoMemoryIsMissingFromTheCount(final String protection) throws IOException {
        final Path file = Files.writeString(folder.resolve("data"), "x".repeat(10_000));
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import mmap, os
                f = os.open('%s', os.O_RDONLY)
                os.read(f, 10)
                m = mmap.mmap(f, 0, prot=mmap.%s)
                os.close(f)
                m.find(b'y')
                """.formatted(file, protection));
        seen.untilEnd(kernel, process);
        assertThat(seen.closed)
                .filteredOn(close -> close.path().equals(file.toString()))
                .singleElement() // mmap keeps a descriptor of its own
                .satisfies(close -> {
                    assertThat(close.read()).isEqualTo(10);
                    assertThat(close.mapped()).isEqualTo(10_000);
                });
    }

    @Test
    void aFileIsNamedAsItIsAndNotAsItWasAskedFor() throws IOException {
        final Path file = Files.writeString(folder.resolve("secret"), "s");
        final Path link = Files.createSymbolicLink(folder.resolve("harmless"), file);
        final Process process =
                sandbox.shell("cd " + folder + " && cat harmless ./../" + folder.getFileName() + "/secret");
        seen.untilEnd(kernel, process);
        assertThat(seen.opened.stream().map(Observed.Open::path))
                .filteredOn(path -> path.startsWith(folder.toString()))
                .containsExactly(file.toString(), file.toString())
                .doesNotContain(link.toString());
    }

    @Test
    void aFileIsNamedFromTheRootOfAllWhateverRootItsProcessHas() throws IOException {
        final Path file = Files.writeString(folder.resolve("secret"), "s");
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import os
                os.chroot('%s')
                open('/secret').read()
                """.formatted(folder));
        seen.untilEnd(kernel, process);
        assertThat(seen.opened.stream().map(Observed.Open::path))
                .contains(file.toString())
                .doesNotContain("/secret");
    }

    @Test
    void aFileThatIsMountedNowhereIsNamedAsInItsFileSystem() throws IOException {
        final Path file = Files.writeString(folder.resolve("secret"), "s");
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import ctypes, os
                libc = ctypes.CDLL(None, use_errno=True)
                tree = libc.syscall(428, -100, b'%s', 1) # open_tree(AT_FDCWD, path, OPEN_TREE_CLONE)
                assert tree >= 0, os.strerror(ctypes.get_errno())
                fd = os.open(f'/proc/self/fd/{tree}', os.O_RDONLY)
                os.read(fd, 10)
                """.formatted(file));
        seen.untilEnd(kernel, process);
        assertThat(Sandbox.output(process)).isEmpty();
        assertThat(seen.closed).anySatisfy(close -> {
            assertThat(file.toString()).endsWith(close.path()); // without the mount point of its file system
            assertThat(close.path()).endsWith(folder.getFileName() + "/secret");
            assertThat(close.read()).isEqualTo(1);
        });
    }

    @Test
    void aFileThatIsOpenAtTheEndIsClosedBeforeTheProcessExits() throws IOException {
        final Path file = Files.writeString(folder.resolve("data"), "x".repeat(500));
        final Process process = sandbox.shell("exec 7<" + file + "; read line <&7; kill -9 $$");
        seen.untilEnd(kernel, process);
        assertThat(seen.closed).anyMatch(close -> close.path().equals(file.toString()) && close.read() > 0);
        assertThat(seen.order.lastIndexOf(process.pid() + " closed " + file))
                .isGreaterThanOrEqualTo(0)
                .isLessThan(seen.order.indexOf(process.pid() + " exit"));
    }
}
