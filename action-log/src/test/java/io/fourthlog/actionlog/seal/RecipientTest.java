package io.fourthlog.actionlog.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fourthlog.actionlog.event.SubjectKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RecipientTest {

    @TempDir
    private Path folder;

    private Recipient recipient;
    private final SubjectKey key = SubjectKey.generate();

    @BeforeEach
    void open() throws IOException {
        recipient = Recipient.open(folder.resolve("recipient.key"));
    }

    @Test
    void whatIsWrappedForARecipientItUnwraps() throws Exception {
        final String wrapped = Recipient.wrap(key, recipient.publicKey());

        assertThat(recipient.unwrap(key.id(), wrapped).bytes()).isEqualTo(key.bytes());
        assertThat(Recipient.wrap(key, recipient.publicKey())).isNotEqualTo(wrapped);
    }

    @Test
    void theKeyFileIsReadAgainAndIsItsOwnersOnly() throws Exception {
        final Path file = folder.resolve("recipient.key");
        final String wrapped = Recipient.wrap(key, recipient.publicKey());

        final Recipient again = Recipient.open(file);

        assertThat(again.publicKey()).isEqualTo(recipient.publicKey());
        assertThat(again.unwrap(key.id(), wrapped).bytes()).isEqualTo(key.bytes());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void nobodyElseUnwrapsItAndNotUnderAnotherId() throws Exception {
        final String wrapped = Recipient.wrap(key, recipient.publicKey());
        final Recipient other = Recipient.open(folder.resolve("other.key"));

        assertThatThrownBy(() -> other.unwrap(key.id(), wrapped)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> recipient.unwrap(SubjectKey.generate().id(), wrapped))
                .isInstanceOf(IOException.class);
    }

    @Test
    void whatWasAlteredOrCutIsRefused() {
        final byte[] wrapped = Base64.getDecoder().decode(Recipient.wrap(key, recipient.publicKey()));
        for (int i = 0; i < wrapped.length; i++) {
            final byte[] altered = wrapped.clone();
            altered[i] ^= 1;
            assertThatThrownBy(
                            () -> recipient.unwrap(key.id(), Base64.getEncoder().encodeToString(altered)))
                    .as("byte " + i)
                    .isInstanceOf(IOException.class);
        }
        for (final String nonsense : List.of("", "AAAA", "not base64!")) {
            assertThatThrownBy(() -> recipient.unwrap(key.id(), nonsense)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aFileThatIsNoKeyIsNamed() throws Exception {
        for (final String content : List.of("", "AAAA", "not base64!", "A".repeat(2_000))) {
            final Path file = Files.writeString(folder.resolve("broken.key"), content);
            assertThatThrownBy(() -> Recipient.open(file))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("broken.key");
        }
    }

    @Test
    void aKeyDoesNotPrintItself() {
        assertThat(key.toString())
                .contains(key.id())
                .doesNotContain(Base64.getEncoder().encodeToString(key.bytes()));
    }
}
