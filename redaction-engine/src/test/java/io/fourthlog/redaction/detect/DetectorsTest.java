package io.fourthlog.redaction.detect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DetectorsTest {

    private static final DetectorSet ALL = new DetectorSet(Detectors.builtIn());

    @ParameterizedTest
    @MethodSource
    void anExampleIsFound(String tag, String text) {
        assertThat(scan(text)).extracting(Occurrence::tag).contains(tag);
    }

    static Stream<Arguments> anExampleIsFound() {
        return texts(Documentation::examples);
    }

    @ParameterizedTest
    @MethodSource
    void aCounterExampleIsNotFound(String tag, String text) {
        assertThat(scan(text)).extracting(Occurrence::tag).doesNotContain(tag);
    }

    static Stream<Arguments> aCounterExampleIsNotFound() {
        return texts(Documentation::counterExamples);
    }

    @ParameterizedTest
    @MethodSource("anExampleIsFound")
    void anExampleIsFoundWhereverItStands(String tag, String text) {
        String before = "é ".repeat(100);
        int shift = before.getBytes(UTF_8).length;
        List<Occurrence> alone = scan(text);

        assertThat(scan(before + text + " end"))
                .isEqualTo(alone.stream()
                        .map(o -> new Occurrence(o.tag(), o.start() + shift, o.end() + shift))
                        .toList());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "f47ac10b-58cc-4372-a567-0e02b2c3d479",
                "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
                "2026-11-24T01:56:00.123456Z",
                "1764028800 1764028800123 1764028800123456789",
                "order 4000-1234-5678 of 2026-11-24",
                "ISBN 978-0-306-40615-7",
                "#a1b2c3 rgba(12, 34, 56, 0.789)",
                "v1.22.333-rc.4+build.5678",
                "public_key monkey keybindings tokenizer secretary",
                "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "12:34:56.789 00:00:00:00:00:00 255.255.255.0 v1.2.3.4",
                "function(e,t){return e.a1234567890123456(t)}",
                "0x4111111111111111",
                "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
            })
    void whatLooksAlikeIsNotFlagged(String text) {
        assertThat(scan(text)).isEmpty();
    }

    @Test
    void offsetsAreThoseOfTheToken() {
        String key = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6";

        assertThat(scan("a=" + key + ";b=jane@example.com;c=5555 5555 5555 4444 12/27"))
                .containsExactly(
                        new Occurrence("secret:github", 2, 42),
                        new Occurrence("PII:email", 45, 61),
                        new Occurrence("PCI:pan", 64, 83));
    }

    @Test
    void everyOccurrenceIsFoundOnce() {
        assertThat(scan("a@b.io,c@d.io a@b.io")).hasSize(3);
        assertThat(scan("4111-1111-1111-1111 4111-1111-1111-1111")).hasSize(2);
    }

    @Test
    void bytesThatAreNotTextAreNoProblem() {
        byte[] bytes = new byte[1 << 16];
        new java.util.Random(1).nextBytes(bytes);
        List<Occurrence> found = new ArrayList<>();
        sweep(bytes, found);

        assertThat(found).allSatisfy(o -> assertThat(o.end()).isGreaterThan(o.start()));
    }

    private static List<Occurrence> scan(String text) {
        byte[] bytes = text.getBytes(UTF_8);
        List<Occurrence> found = new ArrayList<>();
        sweep(bytes, found);
        return found;
    }

    private static void sweep(byte[] bytes, List<Occurrence> found) {
        Scanner scanner = new Scanner(ALL);
        Collector collector = new Collector(ALL);
        scanner.begin(null);
        scanner.feed(bytes, 0, bytes.length, collector);
        scanner.end(collector);
        found.addAll(collector.distinct());
    }

    private static Stream<Arguments> texts(java.util.function.Function<Documentation, List<String>> which) {
        return Detectors.builtIn().stream()
                .map(Detector::documentation)
                .flatMap(doc -> which.apply(doc).stream().map(text -> Arguments.of(doc.tag(), text)));
    }
}
