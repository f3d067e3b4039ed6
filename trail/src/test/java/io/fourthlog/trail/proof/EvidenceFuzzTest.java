package io.fourthlog.trail.proof;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fourthlog.testing.BriefFuzzing;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.timestamp.Timestamp;
import io.fourthlog.trail.timestamp.Token;
import io.fourthlog.trail.timestamp.TokenException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What somebody else says is evidence: it is refused with the reader's own exception, or judged. Known inputs, and some made of them, run in every
 * build; {@code make fuzz} looks for new ones.
 */
class EvidenceFuzzTest {

    private static final byte[] STAMPED = "what was stamped".getBytes(UTF_8); // by the token that is known

    @TempDir
    private static Path folder = Path.of("");

    @FuzzTest
    void bundle(byte[] bytes) throws IOException {
        final Path file = Files.write(folder.resolve("bundle.json"), bytes);
        try {
            switch (Evidence.read(file)) {
                case EvidenceBundle bundle ->
                    assertThat(BundleVerifier.verify(bundle, List.of(), List.of(), Optional.empty())
                                    .events())
                            .hasSizeLessThanOrEqualTo(bundle.events().size());
                case Equivocation caught ->
                    assertThat(caught.verify(List.of()).pinned()).isFalse();
            }
        } catch (UsageException e) {
            assertThat(e).hasMessageContaining(file.toString());
        }
    }

    @Test
    void noTargetBreaksOnWhatIsMadeOfItsSeeds() throws IOException {
        BriefFuzzing.run(this, 1_000);
    }

    @FuzzTest
    void timestamp(byte[] bytes) {
        try {
            final Timestamp timestamp = Timestamp.parse(bytes);
            assertThat(Timestamp.parse(timestamp.bytes())).isEqualTo(timestamp);
            Token.verify(timestamp.der(), timestamp.statement().getBytes(UTF_8), List.of());
        } catch (TokenException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    @FuzzTest
    void token(byte[] bytes) {
        try {
            assertThat(Token.verify(bytes, STAMPED, List.of()).trusted()).isFalse();
        } catch (TokenException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }
}
