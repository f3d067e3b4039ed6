package io.fourthlog.fingerprint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class WinnowingTest {

    private static final byte[] KEY = "0123456789abcdef0123456789abcdef".getBytes(UTF_8);
    private static final Winnowing WINNOWING = new Winnowing(KEY);
    private static final Winnowing OTHER = new Winnowing("fedcba9876543210fedcba9876543210".getBytes(UTF_8));

    @Property
    void anExcerptOfTheGuaranteedLengthIsAlwaysNoticed(
            @ForAll long seed, @ForAll @IntRange(min = 0, max = 4000) int at) {
        String leaked = prose(seed, 8000);
        String excerpt =
                leaked.substring(at, at + Winnowing.guarantee(8000) + 2); // a space at either end may be trimmed
        String document = prose(seed + 1, 500) + " " + excerpt.replace(" ", "\n   ") + " " + prose(seed + 2, 500);

        assertThat(Winnowing.guarantee(8000)).isEqualTo(47);
        assertThat(match(leaked, document).matched()).isPositive();
        assertThat(match(document, leaked).matched()).isPositive();
    }

    @Test
    void aWholeDocumentMatchesWholly() {
        String text = prose(1, 3000);
        Winnowing.Match match = match(text, text.replace(' ', '\n'));

        assertThat(match.matched()).isEqualTo(match.recorded()).isBetween(250, 500);
    }

    @Test
    void strangersDoNotMatch() {
        assertThat(match(prose(1, 20_000), prose(2, 20_000)).matched()).isZero();
    }

    @Test
    void withoutTheKeyNothingMatches() {
        String text = prose(1, 3000);
        assertThat(document(OTHER, text).match(winnow(text)).matched()).isZero();
    }

    @Test
    void aFingerprintDoesNotGrowWithTheText() {
        for (int length = 1 << 12; length <= 1 << 22; length <<= 2) {
            assertThat(Base64.getUrlDecoder().decode(winnow(prose(3, length))).length)
                    .as("%d bytes", length)
                    .isBetween(400 * Long.BYTES, 1200 * Long.BYTES);
        }
    }

    @Test
    void aTextThatRepeatsItselfHasFewHashes() {
        assertThat(Base64.getUrlDecoder().decode(winnow("a".repeat(100_000)))).hasSize(Long.BYTES);
    }

    /** However they are computed. A hash of a run may never change, as recorded events hold it; which runs are selected may. */
    @ParameterizedTest
    @CsvSource({
        "48, bb02edd0b80f70a0",
        "63, 7c8ed05fa65daba2",
        "1000, a4f9470bd825f818",
        "8000, cba68801e17f00c0",
        "8800, d9f2140ada2d650e",
        "100000, 7c1b5e48cfc9ca24",
        "1048576, 1fe037be4a222b68"
    })
    void fingerprintsStayWhatTheyAre(int length, String start) throws NoSuchAlgorithmException {
        byte[] digest = MessageDigest.getInstance("SHA-256")
                .digest(winnow(prose(length, length)).getBytes(UTF_8));

        assertThat(HexFormat.of().formatHex(digest)).startsWith(start);
    }

    /** Up to windows of 128, over the edges of blocks, and with runs that are equal. */
    @Property(tries = 300)
    void fingerprintsAreWhatTheirDefinitionSays(
            @ForAll long seed,
            @ForAll @IntRange(min = 47, max = 40_000) int length,
            @ForAll @IntRange(min = 1, max = 3000) int period) {
        byte[] text = prose(seed, length).getBytes(UTF_8);
        for (int i = period; seed % 3 == 0 && i < length; i++) {
            text[i] = text[i - period];
        }

        assertThat(WINNOWING.fingerprint(text, length)).isEqualTo(PlainWinnowing.fingerprint(KEY, text, length));
    }

    @ParameterizedTest
    @ValueSource(ints = {47, 48, 1054, 1055, 1056, 1085, 2079, 2110, 8704, 8705, 17_408, 17_409, 34_816, 140_000})
    void edgesOfBlocksAndWindowsAreNoExceptions(int length) {
        byte[] text = prose(length, length).getBytes(UTF_8);

        assertThat(WINNOWING.fingerprint(text, length)).isEqualTo(PlainWinnowing.fingerprint(KEY, text, length));
    }

    @Test
    void aWinnowThatIsNotOneIsRefused() {
        assertThatThrownBy(() -> document(WINNOWING, "x").match("AAAA")).isInstanceOf(IllegalArgumentException.class);
    }

    /** Test vectors of the SipHash authors: key 00…0f, message 00, 01, 02, …. */
    @ParameterizedTest
    @CsvSource({"0, 726fdb47dd0e0e31", "8, 93f5f5799a932462", "16, 3f2acc7f57c29bdb"})
    void sipHashIsThatOfItsAuthors(int length, String hash) {
        byte[] key = HexFormat.of().parseHex("000102030405060708090a0b0c0d0e0f");

        long[] places = {0};
        new SipHash(key).hash(key, places, 1, length);
        assertThat(places).containsExactly(Long.parseUnsignedLong(hash, 16));
        assertThat(PlainWinnowing.sipHash(key, key, 0, length)).isEqualTo(places[0]);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 63, 64, 65, 200})
    void manyRangesAreHashedAsOne(int count) {
        byte[] text = prose(count, 1000).getBytes(UTF_8);
        long[] places = LongStream.range(0, count).map(i -> i * 4).toArray();
        new SipHash(KEY).hash(text, places, count, 32);

        assertThat(places)
                .containsExactly(LongStream.range(0, count)
                        .map(i -> PlainWinnowing.sipHash(KEY, text, (int) i * 4, 32))
                        .toArray());
    }

    private static Winnowing.Match match(String recorded, String document) {
        return document(WINNOWING, document).match(winnow(recorded));
    }

    private static Winnowing.Document document(Winnowing winnowing, String text) {
        byte[] normalized = new byte[text.length()];
        return winnowing.document(normalized, Normalizer.normalize(text.getBytes(UTF_8), text.length(), normalized));
    }

    private static String winnow(String text) {
        byte[] normalized = new byte[text.length()];
        int length = Normalizer.normalize(text.getBytes(UTF_8), text.length(), normalized);
        return requireNonNull(WINNOWING.fingerprint(normalized, length));
    }

    /** Words from a small vocabulary, so many bytes of them, with single spaces. */
    private static String prose(long seed, int length) {
        Random random = new Random(seed);
        String words = random.ints(length / 4 + 1, 0, 5000)
                .mapToObj(word -> Integer.toString(word * 7919 + 36 * 36 * 36, 36))
                .collect(Collectors.joining(" "));
        return words.substring(0, length);
    }
}
