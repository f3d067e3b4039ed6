package io.fourthlog.bench.redaction;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds the floors of accuracy on the labelled corpus. */
final class AccuracyTest {

    private static Accuracy.Report report;

    @BeforeAll
    static void score() throws IOException, InterruptedException {
        Process generator = new ProcessBuilder("python3", "accuracy/generate.py")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String corpus = new String(generator.getInputStream().readAllBytes(), UTF_8);
        assertThat(generator.waitFor()).isZero();
        assertThat(corpus.lines()).hasSizeGreaterThan(3_000);
        report = Accuracy.score(corpus);
    }

    @ParameterizedTest
    @CsvSource({
        "card, 0.99, 1",
        "iban, 0.99, 1",
        "email, 0.99, 1",
        "ssn, 0.99, 1",
        "ip, 0.99, 1",
        "phone, 0.90, 0.90",
        "national-id, 0.95, 0.95"
    })
    void aLabelIsFoundAsOftenAsItHasToBe(String label, double precision, double recall) {
        Accuracy.Score score = report.scores().getOrDefault(label, new Accuracy.Score(1, 0, 1));

        assertThat(score.precision()).as("precision, %s", report.misses()).isGreaterThanOrEqualTo(precision);
        assertThat(score.recall()).as("recall, %s", report.misses()).isGreaterThanOrEqualTo(recall);
    }

    @Test
    void secretsAreFoundAndFewOtherThingsAreTakenForThem() {
        assertThat(report.scores()
                        .getOrDefault("secret", new Accuracy.Score(1, 0, 1))
                        .f(1))
                .isGreaterThanOrEqualTo(0.95);
        assertThat(report.flaggedNegatives()).isLessThanOrEqualTo(0.03);
        assertThat(report.pii().f(2)).isGreaterThanOrEqualTo(0.90);
    }

    @Test
    void disguisesHideLittle() {
        assertThat((double) report.hiddenFound() / report.hidden()).isGreaterThanOrEqualTo(0.95);
    }
}
