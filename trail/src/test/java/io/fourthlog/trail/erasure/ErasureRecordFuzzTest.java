package io.fourthlog.trail.erasure;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fourthlog.actionlog.log.LogFormatException;
import io.fourthlog.actionlog.log.Note;
import io.fourthlog.testing.BriefFuzzing;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** A note that claims to be the record of an erasure. Known inputs, and some made of them, run in every build. */
class ErasureRecordFuzzTest {

    @Test
    void noTargetBreaksOnWhatIsMadeOfItsSeeds() throws IOException {
        BriefFuzzing.run(this, 2_000);
    }

    @FuzzTest
    void erasure(byte[] bytes) {
        try {
            final ErasureRecord record = ErasureRecord.parse(Note.parse(bytes));
            assertThat(ErasureRecord.isLine(record.reason())).isTrue();
            assertThat(record.text()).endsWith("\n");
        } catch (LogFormatException | ErasureRecord.NoRecordException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }
}
