package io.fourthlog.sensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replaces keys as kubelet does: by a link to another folder. */
final class HmacFilesTest {

    @TempDir
    private Path folder = Path.of("");

    private Path mount(String id, int secret) throws IOException {
        final Path data = Files.createTempDirectory(folder, "..2026");
        final byte[] key = new byte[32];
        Arrays.fill(key, (byte) secret);
        Files.writeString(data.resolve("key-id"), id + "\n");
        Files.write(data.resolve("key"), key);
        final Path link = Files.createSymbolicLink(folder.resolve("..data_tmp"), data.getFileName());
        Files.move(link, folder.resolve("..data"), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return folder;
    }

    @Test
    void aKeyThatReplacesAnotherIsInUseFromThenOn() throws Exception {
        final HmacFiles files = new HmacFiles(mount("k1", 1));
        assertThat(files.replaced()).isEmpty();

        mount("k2", 2);
        assertThat(files.replaced())
                .hasValueSatisfying(key -> assertThat(key.keyId()).isEqualTo("k2"));
        assertThat(files.replaced()).isEmpty();
        assertThat(files.current().keyId()).isEqualTo("k2");
    }

    @Test
    void whatCannotBeUsedLeavesTheKeyInUse() throws Exception {
        final HmacFiles files = new HmacFiles(mount("k1", 1));
        final String hash = files.current().keyedHash(new byte[1], 0, 1);

        mount("k1", 2); // under the same id
        assertThat(files.replaced()).isEmpty();
        mount("not an id", 2);
        assertThat(files.replaced()).isEmpty();
        Files.delete(folder.resolve("..data").toRealPath().resolve("key"));
        assertThat(files.replaced()).isEmpty();
        assertThat(files.current().keyedHash(new byte[1], 0, 1)).isEqualTo(hash);

        mount("k2", 2);
        assertThat(files.replaced()).isPresent();
    }

    @Test
    void withoutAKeyThereIsNoStart() {
        assertThatThrownBy(() -> new HmacFiles(folder))
                .isInstanceOf(SetupException.class)
                .hasMessageContaining("mount the Secret fourthlog-hmac at " + folder);
    }
}
