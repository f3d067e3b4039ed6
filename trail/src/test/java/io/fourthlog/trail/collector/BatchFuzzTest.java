package io.fourthlog.trail.collector;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fourthlog.testing.BriefFuzzing;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What somebody pushes: it is refused with a reason, or it is a batch. Known inputs, and some made of them, run in every build. */
class BatchFuzzTest {

    @Test
    void noTargetBreaksOnWhatIsMadeOfItsSeeds() throws IOException {
        BriefFuzzing.run(this, 2_000);
    }

    @FuzzTest
    void batch(byte[] bytes) throws IOException {
        try {
            final Batch batch = Batch.read(new ByteArrayInputStream(bytes), Duration.ofHours(1));
            assertThat(batch.first()).isNotNegative();
            assertThat(batch.entries()).allSatisfy(entry -> assertThat(entry).isNotEmpty());
        } catch (RefusedException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }
}
