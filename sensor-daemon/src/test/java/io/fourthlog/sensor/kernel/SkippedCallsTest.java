package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** System calls for which the kernel did not run the program. */
final class SkippedCallsTest {
    @Test
    void theKernelsCountIsRead() {
        assertThat(Programs.skipped(
                        List.of("prog_type:\t26", "run_cnt:\t5", "recursion_misses:\t73", "verified_insns:\t9")))
                .isEqualTo(73);
        assertThat(Programs.skipped(List.of("prog_type:\t26"))).isZero();
    }

    @Test
    void aProgramSaysHowManyWereSkipped() throws KernelUnavailableException {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        try (Programs programs = Programs.load(UprobeLinks.SESSION)) {
            assertThat(programs.skipped()).isNotNegative();
        }
    }
}
