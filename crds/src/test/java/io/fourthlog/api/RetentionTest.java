package io.fourthlog.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RetentionTest {

    @Test
    void aYearIsNeverShorterThanACalendarYear() {
        assertThat(new Retention("1y")).isGreaterThan(new Retention("365d"));
        assertThat(new Retention("12mo")).isEqualByComparingTo(new Retention("1y"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0d", "90", "-1d", "1.5y", "90D", "999999d"})
    void whatIsNotARetentionIsRefusedWithExamples(String text) {
        assertThatThrownBy(() -> new Retention(text)).hasMessageContaining("write 90d, 6mo or 5y");
    }
}
