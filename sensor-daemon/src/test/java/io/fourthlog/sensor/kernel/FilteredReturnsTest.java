package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;

/** What a filter of system calls sees, with one of a thread's own. */
final class FilteredReturnsTest {
    private static final long NR_GETPGRP = 111;

    @Test
    void aSystemCallThatIsFilteredIsSeenAndGoesOn() throws LibC.Errno {
        final long[] group = new long[1];
        assertThat(FilteredReturns.isFiltered(NR_GETPGRP, () -> group[0] = group()))
                .isTrue();
        assertThat(group[0]).isEqualTo(group());
        assertThat(FilteredReturns.isFiltered(NR_GETPGRP, () -> {})).isFalse();
    }

    @Test
    void onlyKernelsThatMayFilterReturnsAreTried() {
        for (final String release : new String[] {"6.6.30", "6.10.1", "6.14.0-rc2", "6.18.44", "6.110.0", "5.14.0"}) {
            assertThatCode(() -> FilteredReturns.refuse(release, () -> {
                        throw new AssertionError(release);
                    }))
                    .doesNotThrowAnyException();
        }
    }

    /** With the probe in place, on a kernel that shows returns to no filter. */
    @Test
    void aKernelThatCallsItselfOneOfThoseIsTried() throws KernelUnavailableException {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        try (Programs programs = Programs.load(UprobeLinks.SESSION)) {
            assertThatCode(() -> AttachedFiles.rehearse(programs, "6.12.0-test"))
                    .doesNotThrowAnyException();
        }
    }

    private static long group() {
        try {
            return LibC.syscall("getpgrp", NR_GETPGRP, 0, 0, 0, 0);
        } catch (final LibC.Errno e) {
            throw new UncheckedIOException(e);
        }
    }
}
