package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fourthlog.sensor.binary.ElfFile;
import io.fourthlog.sensor.kernel.AttachedFiles.Identity;
import io.fourthlog.sensor.kernel.ProcessFiles.FileKey;
import io.fourthlog.sensor.kernel.Unheard.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a library that nobody uses any more loses its probes. */
final class AttachedFilesTest {
    private static final Path LIBRARY = Path.of("/usr/lib/x86_64-linux-gnu/libssl.so.3");
    private static final long CGROUP = 7;

    @TempDir
    private Path folder;

    private Programs programs;
    private AttachedFiles files;

    @BeforeEach
    void load() throws KernelUnavailableException {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        programs = Programs.load(UprobeLinks.SESSION);
        files = new AttachedFiles(programs);
    }

    @AfterEach
    void close() {
        if (programs != null) {
            files.close();
            programs.close();
        }
    }

    @Test
    void aFileIsReleasedWhenItIsFoundUnusedASecondTime() throws IOException {
        final File file = attach("one");
        assertThat(unused()).containsExactly(file.key());
        assertThat(files.releaseOne()).isFalse();
        assertThat(unused()).containsExactly(file.key());
        assertThat(files.releaseOne()).isTrue();
        assertThat(files.has(file.identity(), file.key())).isFalse();
    }

    @Test
    void aFileThatIsUsedAgainKeepsItsProbes() throws IOException {
        final File file = attach("one");
        for (int i = 0; i < 3; i++) {
            assertThat(unused()).containsExactly(file.key());
            assertThat(files.has(file.identity(), file.key())).isTrue();
            assertThat(files.releaseOne()).isFalse();
        }
        for (int i = 0; i < 3; i++) {
            assertThat(unused()).containsExactly(file.key());
            assertThat(files.used(Set.of((Long) file.key().inode()), _ -> false))
                    .isEmpty();
            assertThat(files.releaseOne()).isFalse();
        }
    }

    @Test
    void filesAreReleasedOneByOne() throws IOException {
        attach("one");
        attach("two");
        unused();
        unused();
        assertThat(files.releaseOne()).isTrue();
        assertThat(files.size()).isOne();
        assertThat(files.releaseOne()).isTrue();
        assertThat(files.releaseOne()).isFalse();
    }

    @Test
    void aFileThatNobodyUsesMakesRoomForOneThatIsUsed() throws IOException {
        for (int i = 0; i < AttachedFiles.MOST_OF_ONE; i++) {
            attach("library " + i);
        }
        assertThat(files.full(CGROUP)).isEqualTo(AttachedFiles.MOST_OF_ONE);
        assertThat(files.full(CGROUP + 1)).isZero();
        unused();
        assertThat(files.full(CGROUP)).isZero();
        assertThat(files.size()).isEqualTo(AttachedFiles.MOST_OF_ONE - 1);
    }

    private Set<FileKey> unused() {
        return files.used(Set.of(), _ -> false);
    }

    private record File(Identity identity, FileKey key) {}

    private File attach(final String name) throws IOException {
        final Path file = Files.copy(LIBRARY, folder.resolve(name));
        final FileKey key = ProcessFiles.key(file);
        try (ElfFile elf = ElfFile.open(file)) {
            final Identity identity = Identity.of(file, key, elf.buildId());
            files.attach(identity, key, new Subject(1, 0, 0, CGROUP, 0), file, new TlsSearch().in(elf, key));
            return new File(identity, key);
        }
    }
}
