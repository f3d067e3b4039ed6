package io.fourthlog.policy;

import static io.fourthlog.policy.Given.toolOf;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class TraceStateTest {

    private static final String A = "a".repeat(32);
    private static final String B = "b".repeat(32);
    private static final String C = "c".repeat(32);

    @Test
    void theTraceThatWasSilentForLongestIsShedAndCounted() {
        final TraceState state = new TraceState(2, 8);

        state.observe(toolOf(A, "one"));
        state.observe(toolOf(B, "two"));
        state.observe(toolOf(A, "three"));
        state.observe(toolOf(C, "four"));

        assertThat(state.view(A).tools()).containsExactly("one", "three");
        assertThat(state.view(B)).isEqualTo(TraceView.EMPTY);
        assertThat(state.shedTraces()).isEqualTo(1);
    }

    @Test
    void aTraceKeepsItsFirstValuesAndCountsTheRest() {
        final TraceState state = new TraceState(2, 2);

        state.observe(toolOf(A, "one", "secret:github"));
        state.observe(toolOf(A, "two", "secret:github"));
        state.observe(toolOf(A, "three", "secret:github"));

        assertThat(state.view(A).tools()).containsExactly("one", "two");
        assertThat(state.view(A).sensitivity()).containsExactly("secret:github");
        assertThat(state.shedValues()).isEqualTo(1);
    }
}
