package io.fourthlog.redaction.detect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class SecretRulesTest {

    private static final DetectorSet ALL = new DetectorSet(Detectors.builtIn());

    static Stream<SecretRules.Rule> rules() {
        return SecretRules.all().stream();
    }

    @ParameterizedTest
    @MethodSource("rules")
    void whatHasTheFormatIsFound(SecretRules.Rule rule) {
        for (long seed = 0; seed < 20; seed++) {
            String token = rule.format().sample(new Random(seed));

            assertThat(tags(assigned(rule, token))).as(token).contains(rule.tag());
            assertThat(tags("export X_" + assigned(rule, token) + "\nnext: line"))
                    .as(token)
                    .contains(rule.tag());
        }
    }

    @ParameterizedTest
    @MethodSource("rules")
    void aStandInIsNotFound(SecretRules.Rule rule) {
        String token = rule.format().sample(new Random(7)).replaceAll("[A-Za-z0-9](?=[A-Za-z0-9]{0,3}$)", "x");

        assertThat(tags(assigned(rule, "x".repeat(token.length())))).doesNotContain(rule.tag());
        assertThat(tags(assigned(rule, "<your token here>"))).doesNotContain(rule.tag());
    }

    @ParameterizedTest
    @MethodSource("rules")
    void aTokenOfThatFamilyIsFoundAcrossALineBreak(SecretRules.Rule rule) {
        if (!rule.words().isEmpty()) {
            return; // what is assigned is on one line
        }
        String token = rule.format().sample(new Random(3));
        int middle = token.length() - 4; // inside the last run, which is not complete there

        if (rule.format().toString().matches(".*\\{\\d+}")) {
            assertThat(tags(token.substring(0, middle) + "\\\n    " + token.substring(middle) + "\n"))
                    .as(token)
                    .contains(rule.tag());
        }
    }

    @Test
    void thereAreTwoHundredFamiliesAndMore() {
        assertThat(SecretRules.all()).hasSizeGreaterThan(230);
        assertThat(ALL.tableBytes()).isLessThan(3 << 19);
    }

    private static String assigned(SecretRules.Rule rule, String token) {
        return rule.words().isEmpty() ? token : rule.words().getFirst() + "_key: \"" + token + '"';
    }

    private static List<String> tags(String text) {
        byte[] bytes = text.getBytes(UTF_8);
        Scanner scanner = new Scanner(ALL);
        Collector collector = new Collector(ALL);
        scanner.begin(null);
        scanner.feed(bytes, 0, bytes.length, collector);
        scanner.end(collector);
        return collector.all().stream().map(Occurrence::tag).toList();
    }
}
