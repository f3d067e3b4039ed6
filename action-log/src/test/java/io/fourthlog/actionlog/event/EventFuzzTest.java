package io.fourthlog.actionlog.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fourthlog.testing.BriefFuzzing;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/**
 * Bytes that claim to be an event: they are refused with a place and a reason, or they have one canonical form. Known
 * inputs, and some made of them, run in every build; {@code make fuzz} looks for new ones.
 */
class EventFuzzTest {

    @Test
    void noTargetBreaksOnWhatIsMadeOfItsSeeds() throws IOException {
        BriefFuzzing.run(this, 5_000);
    }

    @FuzzTest
    void event(final byte[] bytes) throws EventFormatException {
        final Event event;
        try {
            event = EventCodec.decode(bytes);
        } catch (EventFormatException e) {
            assertThat(e.getMessage()).isNotBlank();
            return;
        }
        final byte[] canonical = EventCodec.encode(event);
        assertThat(EventCodec.decode(canonical)).isEqualTo(event);
        assertThat(EventCodec.encode(EventCodec.decode(canonical))).isEqualTo(canonical);
    }

    @FuzzTest
    void sealed(final byte[] bytes) {
        try {
            SealedEvent.parse(bytes).open(new SubjectKey("0".repeat(32), new byte[SubjectKey.LENGTH]));
        } catch (EventFormatException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }
}
