package io.fourthlog.redaction.json;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.fourthlog.redaction.json.JsonReader.Token;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.jspecify.annotations.Nullable;

/** Holds the reader against Jackson, on documents that are valid and on documents that were damaged. */
final class JsonReaderPropertyTest {

    private static final String SYNTAX = "{}[]:,\"\\0123456789.eE+- \n\ttfnu";
    private static final JsonFactory JACKSON = new JsonFactory();

    @Property
    void aValidDocumentReadsAsJacksonReadsIt(@ForAll long seed) {
        byte[] document = RandomJson.document(seed).getBytes(UTF_8);

        assertThat(read(document)).isEqualTo(readWithJackson(document)).doesNotContainNull();
    }

    @Property(tries = 5_000)
    void aDamagedDocumentIsRefusedWhenJacksonRefusesIt(@ForAll long seed) {
        Random random = new Random(seed);
        byte[] document = damage(RandomJson.document(seed).getBytes(UTF_8), random);

        assertThat(read(document)).isEqualTo(readWithJackson(document));
    }

    @Property
    void everyBeginningOfADocumentIsTruncatedAndNotMalformed(@ForAll long seed) {
        byte[] document = ("[" + RandomJson.document(seed) + "]").getBytes(UTF_8);
        JsonReader reader = new JsonReader();
        for (int length = 0; length < document.length; length++) {
            assertThat(last(reader.reset(document, 0, length))).isEqualTo(Token.TRUNCATED);
            assertThat(reader.problemOffset()).isEqualTo(length);
        }
    }

    @Property
    void whatIsMalformedStaysMalformedWhateverFollows(@ForAll long seed) {
        Random random = new Random(seed);
        byte[] document = damage(RandomJson.document(seed).getBytes(UTF_8), random);
        JsonReader reader = new JsonReader();
        boolean malformed = false;
        for (int length = 0; length <= document.length; length++) {
            boolean now = last(reader.reset(document, 0, length)) == Token.MALFORMED;
            assertThat(now || !malformed).as("prefix of %d bytes", length).isTrue();
            malformed = now;
        }
    }

    @Property
    void skippingAValueEndsWhereReadingItEnds(@ForAll long seed) {
        byte[] document = ("[" + RandomJson.document(seed) + ",1]").getBytes(UTF_8);
        JsonReader reader = new JsonReader().reset(document, 0, document.length);
        reader.next();
        reader.next();
        reader.skipValue();

        assertThat(reader.depth()).isEqualTo(1);
        assertThat(reader.next()).isEqualTo(Token.NUMBER);
        assertThat(reader.longValue()).isEqualTo(1);
    }

    @Property
    void longsAreRead(@ForAll long value) {
        JsonReader reader = number(Long.toString(value));

        assertThat(reader.isLong()).isTrue();
        assertThat(reader.longValue()).isEqualTo(value);
    }

    @Property
    void doublesAreTheNearestOnes(@ForAll long bits, @ForAll @DoubleRange(min = -1e6, max = 1e6) double plain) {
        double any = Double.longBitsToDouble(bits);
        for (double value : new double[] {Double.isFinite(any) ? any : 0, plain}) {
            String literal = Double.toString(value);
            assertThat(number(literal).doubleValue()).isEqualTo(value);
            String longer = new java.math.BigDecimal(value).toPlainString();
            assertThat(number(longer).doubleValue()).isEqualTo(value);
            assertThat(number(longer + (longer.contains(".") ? "" : ".") + "0001")
                            .doubleValue())
                    .isEqualTo(Double.parseDouble(longer + (longer.contains(".") ? "" : ".") + "0001"));
        }
    }

    private static JsonReader number(String literal) {
        byte[] bytes = literal.getBytes(UTF_8);
        JsonReader reader = new JsonReader().reset(bytes, 0, bytes.length);
        assertThat(reader.next()).isEqualTo(Token.NUMBER);
        return reader;
    }

    private static Token last(JsonReader reader) {
        Token token = reader.next();
        while (!token.isLast()) {
            token = reader.next();
        }
        return token;
    }

    private static byte[] damage(byte[] document, Random random) {
        byte[] damaged = document;
        for (int i = 1 + random.nextInt(2); i > 0 && damaged.length > 0; i--) {
            int at = random.nextInt(damaged.length);
            damaged = damaged.clone();
            switch (random.nextInt(4)) {
                case 0 -> damaged[at] = (byte) random.nextInt(256);
                case 1 -> damaged[at] = (byte) SYNTAX.charAt(random.nextInt(SYNTAX.length()));
                case 2 -> damaged = Arrays.copyOf(damaged, at);
                default -> {
                    System.arraycopy(damaged, at + 1, damaged, at, damaged.length - at - 1);
                    damaged = Arrays.copyOf(damaged, damaged.length - 1);
                }
            }
        }
        return damaged;
    }

    /** Tokens with their contents, and null last when the document was refused. */
    private static List<@Nullable String> read(byte[] document) {
        List<@Nullable String> tokens = new ArrayList<>();
        JsonReader reader = new JsonReader().reset(document, 0, document.length);
        for (Token token = reader.next(); !token.isLast(); token = reader.next()) {
            tokens.add(token + contentOf(reader));
        }
        return reader.token().isFailure() ? refused() : tokens;
    }

    private static String contentOf(JsonReader reader) {
        return switch (reader.token()) {
            case FIELD_NAME, STRING -> {
                byte[] content = new byte[reader.end() - reader.start()];
                int length = reader.unescape(content, 0);
                byte[] exact = Arrays.copyOf(content, length);
                assertThat(reader.contentEquals(exact)).isTrue();
                assertThat(reader.contentEquals(Arrays.copyOf(exact, length + 1)))
                        .isFalse();
                yield new String(exact, UTF_8);
            }
            case NUMBER -> Double.toString(reader.doubleValue());
            default -> "";
        };
    }

    private static List<@Nullable String> readWithJackson(byte[] document) {
        if (new String(document, ISO_8859_1).indexOf('\0') >= 0) { // allowed nowhere; Jackson takes it for UTF-16
            return refused();
        }
        List<@Nullable String> tokens = new ArrayList<>();
        // Jackson's parser of bytes does not check UTF-8, and its parser of characters takes U+6C34 for a hexadecimal
        // 4.
        try (JsonParser parser = JACKSON.createParser(document)) {
            UTF_8.newDecoder().decode(ByteBuffer.wrap(document));
            int depth = 0;
            int values = 0;
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                values += depth == 0 ? 1 : 0;
                tokens.add(ofJackson(token) + contentOf(parser, token));
            }
            return values == 1 ? tokens : refused();
        } catch (CharacterCodingException | JsonProcessingException e) {
            return refused();
        } catch (IOException e) {
            throw new AssertionError("a string cannot fail to be read", e);
        }
    }

    private static String contentOf(JsonParser parser, JsonToken token) throws IOException {
        return switch (token) {
            case FIELD_NAME, VALUE_STRING -> withoutLoneSurrogates(parser.getText());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> Double.toString(Double.parseDouble(parser.getText()));
            default -> "";
        };
    }

    private static Token ofJackson(JsonToken token) {
        return switch (token) {
            case START_OBJECT -> Token.OBJECT_START;
            case END_OBJECT -> Token.OBJECT_END;
            case START_ARRAY -> Token.ARRAY_START;
            case END_ARRAY -> Token.ARRAY_END;
            case FIELD_NAME -> Token.FIELD_NAME;
            case VALUE_STRING -> Token.STRING;
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> Token.NUMBER;
            case VALUE_TRUE -> Token.TRUE;
            case VALUE_FALSE -> Token.FALSE;
            case VALUE_NULL -> Token.NULL;
            case NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT -> throw new AssertionError(token);
        };
    }

    private static String withoutLoneSurrogates(String text) {
        StringBuilder replaced = new StringBuilder();
        text.codePoints()
                .map(c -> c <= Character.MAX_VALUE && Character.isSurrogate((char) c) ? 0xFFFD : c)
                .forEach(replaced::appendCodePoint);
        return replaced.toString();
    }

    private static List<@Nullable String> refused() {
        List<@Nullable String> refused = new ArrayList<>();
        refused.add(null);
        return refused;
    }
}
