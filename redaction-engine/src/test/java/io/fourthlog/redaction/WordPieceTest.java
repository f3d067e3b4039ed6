package io.fourthlog.redaction;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The expected tokens are those of the examples of BERT's own tests (tokenization_test.py), and of its rules. */
class WordPieceTest {

    private static final List<String> VOCABULARY = List.of(
            "[UNK]", "[CLS]", "[SEP]", "want", "##want", "##ed", "wa", "un", "runn", "##ing", ",", "hello", "!", "how",
            "are", "you", "?", "cafe", "水", "漢", "'", "naive", "ß", "п", "##р");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "UNwanted,running | un ##want ##ed , runn ##ing",
                " \\tHeLLo!how  \\n Are yoU?  | hello ! how are you ?",
                "unwanted running | un ##want ##ed runn ##ing",
                "unwantedX running | [UNK] runn ##ing",
                "CAFÉ naïve | cafe naive",
                "漢水 | 漢 水",
                "wanted'ß | want ##ed ' ß",
                "ПР | п ##р",
                "want\u200Bed\uFFFD | want ##ed"
            })
    void aTextIsCutAsBertCutsIt(String text, String tokens) {
        assertThat(encode(text.translateEscapes().getBytes(UTF_8), 64)).isEqualTo("[CLS] " + tokens + " [SEP]");
    }

    @Test
    void aWordOfMoreThanAHundredCharactersIsUnknown() {
        assertThat(encode("want".repeat(25).getBytes(UTF_8), 64)).startsWith("[CLS] want ##want ");
        assertThat(encode("want".repeat(26).getBytes(UTF_8), 64)).isEqualTo("[CLS] [UNK] [SEP]");
    }

    @Test
    void aLongTextIsCutOff() {
        assertThat(encode("hello ".repeat(100).getBytes(UTF_8), 5)).isEqualTo("[CLS] hello hello hello [SEP]");
        assertThat(encode(new byte[0], 5)).isEqualTo("[CLS] [SEP]");
    }

    @Property
    void anyBytesHaveTokens(@ForAll byte[] bytes) {
        assertThat(encode(bytes, 8)).startsWith("[CLS] ").endsWith("[SEP]");
    }

    private static String encode(byte[] text, int max) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ids = arena.allocate(ValueLayout.JAVA_LONG, max);
            int count = new WordPiece(VOCABULARY).encode(text, text.length, ids, max);
            List<String> tokens = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                tokens.add(VOCABULARY.get((int) ids.getAtIndex(ValueLayout.JAVA_LONG, i)));
            }
            return String.join(" ", tokens);
        }
    }
}
