package io.fourthlog.redaction;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.EncodingType;
import io.fourthlog.redaction.Tokenizer.Encoding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the counts to those of jtokkit, which takes Strings. */
class TokenizerTest {

    private static final Map<Encoding, Tokenizer> OURS = new EnumMap<>(Encoding.class);
    private static final Map<Encoding, com.knuddels.jtokkit.api.Encoding> THEIRS = new EnumMap<>(Encoding.class);

    static {
        try {
            for (Encoding encoding : Encoding.values()) {
                OURS.put(encoding, new Tokenizer(encoding, encoding.vocabulary()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var registry = Encodings.newDefaultEncodingRegistry();
        THEIRS.put(Encoding.CL100K, registry.getEncoding(EncodingType.CL100K_BASE));
        THEIRS.put(Encoding.O200K, registry.getEncoding(EncodingType.O200K_BASE));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../README.md",
                "../docs/schema/event.schema.json",
                "src/main/java/io/fourthlog/redaction/RedactionEngine.java",
                "src/main/resources/io/fourthlog/redaction/detect/given-names.txt"
            })
    void aFileHasAsManyTokensAsTheLibraryCounts(String file) throws IOException {
        agree(Files.readString(Path.of(file)));
    }

    @Property(tries = 2_000)
    void anyTextHasAsManyTokensAsTheLibraryCounts(@ForAll("texts") String text) {
        agree(text);
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.of(
                        " ",
                        "  ",
                        "\n",
                        "\r\n",
                        "\t",
                        "\u00a0",
                        "'",
                        "'s",
                        "'LL",
                        "'ve",
                        "'x",
                        "a",
                        "B",
                        "word",
                        "WORD",
                        "Word",
                        "é",
                        "É",
                        "ß",
                        "ǅ",
                        "ʰ",
                        "水",
                        "한국어",
                        "ا",
                        "ख",
                        "\u0301",
                        "\u093f",
                        "1",
                        "12",
                        "123",
                        "٣",
                        "½",
                        "Ⅷ",
                        ".",
                        "!?",
                        "//",
                        "/",
                        "{\"",
                        "_",
                        "-",
                        "😀",
                        "\u200d",
                        "€",
                        "<|endoftext|>",
                        "\u2028")
                .list()
                .ofMaxSize(30)
                .map(parts -> String.join("", parts));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "                                                                                  x",
                " \n \n  \n   x \r\n\r\n\t",
                "\u3000\u3000\n\u3000\u3000水",
                "水AAAA aAaA'LLx ÀÉÎ'S ʰABC ǅabc",
                "e\u0301e\u0301 \u0301\u0301a \u0301A",
                "==========================================================================",
                "'''''s 's't 'rE'vEx'",
                "0.000 007 42 1,000,000 3.14159 -5 12½ 1٣2",
                "0123456789 ½⅓¼ ٣٤٥٦ ⅧⅨ x1y22z333",
                "https://example.com/a//b?c=d&e=%20//\n//\n",
                "AKIAIOSFODNN7EXAMPLE 3f9a77bc-0d1e-4c55-9b0a-4f6a1c0d9e8f",
                "👩‍👩‍👧‍👦 🇩🇪 \ud83d\ude00\ud83d\ude00"
            })
    void aTextThatIsHardToCutHasAsManyTokensAsTheLibraryCounts(String text) {
        agree(text);
    }

    @Property(tries = 500)
    void anyCharactersHaveAsManyTokensAsTheLibraryCounts(@ForAll @StringLength(max = 60) String text) {
        agree(new String(text.getBytes(UTF_8), UTF_8)); // without half surrogates
    }

    @ParameterizedTest
    @ValueSource(strings = {"C080", "E08080", "EDA080", "F0808080", "F4908080", "C3", "E282", "80", "61F0"})
    void whatOnlyLooksLikeUtf8IsNotCounted(String bytes) {
        assertThat(count(Encoding.CL100K, HexFormat.of().parseHex(bytes))).isEqualTo(Tokenizer.NOT_COUNTED);
    }

    @Test
    void whatIsNotUtf8OrOneEndlessWordIsNotCounted() {
        assertThat(count(Encoding.O200K, new byte[] {'a', (byte) 0xFF})).isEqualTo(Tokenizer.NOT_COUNTED);
        assertThat(count(Encoding.O200K, "a".repeat(600).getBytes(UTF_8))).isEqualTo(Tokenizer.NOT_COUNTED);
        assertThat(count(Encoding.O200K, new byte[0])).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "gpt-4o-mini-2024-07-18, O200K",
        "openai/gpt-5, O200K",
        "o3-mini, O200K",
        "gpt-4.1-nano, O200K",
        "gpt-4.1, O200K",
        "gpt-5:latest, O200K",
        "gpt-4, CL100K",
        "gpt-4-turbo, CL100K",
        "gpt-45,",
        "gpt-4omega,",
        "gpt-3.5-turbo, CL100K",
        "text-embedding-3-small, CL100K",
        "claude-sonnet-4,",
        "o3000,",
        "llama-3,"
    })
    void aModelsNameTellsItsVocabulary(String model, Encoding encoding) {
        assertThat(Encoding.of(model).orElse(null)).isEqualTo(encoding);
    }

    private static void agree(String text) {
        for (Encoding encoding : Encoding.values()) {
            assertThat(count(encoding, text.getBytes(UTF_8)))
                    .as("%s of %s", encoding, text.length() > 200 ? "a file" : text)
                    .isEqualTo(requireNonNull(THEIRS.get(encoding)).countTokensOrdinary(text));
        }
    }

    private static long count(Encoding encoding, byte[] text) {
        int before = 3; // what is around it may not matter
        byte[] padded = new byte[before + text.length + TokenRanks.PADDING];
        Arrays.fill(padded, (byte) 'x');
        System.arraycopy(text, 0, padded, before, text.length);
        return requireNonNull(OURS.get(encoding)).count(padded, before, before + text.length);
    }
}
