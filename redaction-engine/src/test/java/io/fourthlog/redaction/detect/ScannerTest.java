package io.fourthlog.redaction.detect;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class ScannerTest {

    private static final DetectorSet ALL = new DetectorSet(Detectors.builtIn());

    /** Objects and arrays together, by what making one allocates. */
    @Test
    void aStreamHasLessThanAKibibyteOfItsOwn() {
        Scanner scanner = new Scanner(ALL);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        scanner.stream(); // loads what is loaded once

        long before = threads.getCurrentThreadAllocatedBytes();
        Scanner stream = scanner.stream();
        long after = threads.getCurrentThreadAllocatedBytes();

        assertThat(after - before).isBetween(1L, 1023L);
        assertThat(stream.position()).isZero();
    }

    @ParameterizedTest
    @MethodSource
    void aDisguiseHidesNothing(int disguise, String tag, String text) {
        String hidden = VeiledText.DISGUISES.get(disguise).apply(text);

        assertThat(scan("some text before: " + hidden + " and after", 0))
                .extracting(Occurrence::tag)
                .contains(tag);
    }

    static Stream<Arguments> aDisguiseHidesNothing() {
        return IntStream.range(0, VeiledText.DISGUISES.size())
                .boxed()
                .flatMap(disguise -> Stream.of(
                        Arguments.of(disguise, "secret:github", "key ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6"),
                        Arguments.of(disguise, "PCI:pan", "card 4111 1111 1111 1111"),
                        Arguments.of(disguise, "PII:email", "jane.doe@example.com")));
    }

    /** Every place where a text of a few hundred bytes can be cut in two. */
    @ParameterizedTest
    @MethodSource
    void theSameIsFoundHoweverTheTextIsCutInTwo(byte[] text) {
        List<Occurrence> whole = scan(text, text.length, text.length);
        for (int cut = 1; cut < text.length; cut++) {
            assertThat(scan(text, cut, text.length)).as("cut at %d", cut).isEqualTo(whole);
        }
    }

    static Stream<byte[]> theSameIsFoundHoweverTheTextIsCutInTwo() {
        return Stream.concat(
                VeiledText.DISGUISES.stream()
                        .map(disguise -> ("x".repeat(40) + " "
                                        + disguise.apply(
                                                "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6 of j@example.com"))
                                .getBytes(UTF_8)),
                IntStream.range(0, 20).mapToObj(VeiledText::random));
    }

    @Property
    void theSameIsFoundInPiecesOfAnyLength(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 2000) int first,
            @ForAll @IntRange(min = 1, max = 300) int rest) {
        byte[] text = VeiledText.random(seed);

        assertThat(scan(text, first, rest)).isEqualTo(scan(text, text.length, text.length));
    }

    @Property
    void aStreamFindsWhatTheWholeTextHas(@ForAll long seed, @ForAll @IntRange(min = 1, max = 100) int piece) {
        byte[] text = VeiledText.random(seed);
        Scanner scanner = new Scanner(ALL).stream();
        Collector collector = new Collector(ALL);
        scanner.begin(null);
        for (int at = 0; at < text.length; at += piece) {
            scanner.feed(text, at, Math.min(text.length, at + piece), collector);
        }
        scanner.end(collector);

        assertThat(collector.all()).isEqualTo(scan(text, text.length, text.length));
    }

    @Test
    void aTextThatIsLongerThanEveryBufferIsReadToItsEnd() {
        String filler = "The quick brown fox jumps over the lazy dog. ".repeat(2000);
        String key = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6";
        String text = key + ' ' + filler + key + ' ' + filler + key;

        assertThat(scan(text, 0))
                .extracting(Occurrence::start)
                .containsExactly(0L, 41L + filler.length(), 82L + 2L * filler.length());
    }

    @Test
    void aSecretIsFoundAnywhereInALongEncodedDocument() {
        String line = "Nothing to see in this line of the document. ";
        for (int before = 0; before < 40; before += 3) {
            String document =
                    line.repeat(before) + "key ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6 " + line.repeat(20);
            String encoded = Base64.getEncoder().encodeToString(document.getBytes(UTF_8));
            String wrapped = Base64.getMimeEncoder().encodeToString(document.getBytes(UTF_8));

            assertThat(scan("data:text/plain;base64," + encoded, 0))
                    .extracting(Occurrence::tag)
                    .contains("secret:github");
            assertThat(scan("Content:\r\n\r\n" + wrapped, 0))
                    .extracting(Occurrence::tag)
                    .contains("secret:github");
        }
    }

    @Test
    void aTokenIsFoundBehindAnyByteThatIsNoLetterOrDigitWhereverItStands() {
        String key = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6";
        for (String before : List.of("\u00f8", "\u00c1", "\u0012", ".", "\n")) { // of Latin-1, and control characters
            for (int shift = 0; shift < 4; shift++) {
                byte[] text = (" ".repeat(shift) + before + key).getBytes(ISO_8859_1);

                assertThat(scan(text, text.length, text.length))
                        .extracting(Occurrence::tag)
                        .contains("secret:github");
            }
        }
    }

    /** From the least that a secret can be, base64 of sixteen bytes, wherever it stands in the words that are read at once. */
    @Test
    void encodedTextIsFoundWhereverItBegins() {
        for (String secret :
                List.of("a@bc.example.com", "jane@example.com", "jane.doe@example.com", "AKIA" + "Q3EGRZ6YWK7T2LMN")) {
            for (Base64.Encoder encoder :
                    List.of(Base64.getEncoder(), Base64.getUrlEncoder().withoutPadding())) {
                String encoded = encoder.encodeToString(secret.getBytes(UTF_8));
                for (int shift = 0; shift < 2 * Long.BYTES; shift++) {
                    String text = "-".repeat(shift) + " \"" + encoded + "\", next";

                    assertThat(scan(text, 0)).as(text).isNotEmpty();
                }
            }
        }
    }

    @Test
    void whatIsEncodedThreeTimesIsTooDeep() {
        String text = "key ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6";
        for (int i = 0; i < 3; i++) {
            text = Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
        }

        assertThat(scan(text, 0)).isEmpty();
    }

    private static List<Occurrence> scan(String text, int from) {
        byte[] bytes = text.getBytes(UTF_8);
        return scan(bytes, bytes.length - from, bytes.length);
    }

    /** A scan in pieces: one of a length, then others of another. */
    private static List<Occurrence> scan(byte[] text, int first, int rest) {
        Scanner scanner = new Scanner(ALL);
        Collector collector = new Collector(ALL);
        scanner.begin(null);
        int at = 0;
        for (int length = first; at < text.length; length = rest) {
            int end = Math.min(text.length, at + length);
            scanner.feed(text, at, end, collector);
            at = end;
        }
        scanner.end(collector);
        return collector.all();
    }
}
