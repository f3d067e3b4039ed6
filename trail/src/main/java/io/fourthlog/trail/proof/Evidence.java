package io.fourthlog.trail.proof;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.fourthlog.trail.UsageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that proves something to whoever has public keys, and nothing else of ours. Its first words say which kind it is. */
public sealed interface Evidence permits EvidenceBundle, Equivocation {

    /** The most bytes that a file of evidence has. */
    int MAX_FILE = 64 << 20;

    /** The bytes of its file. */
    default byte[] bytes() {
        try {
            return (Json.MAPPER.writeValueAsString(this) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("strings, numbers and lists can be written", e);
        }
    }

    /**
     * Reads a file, and believes nothing in it.
     *
     * @throws UsageException when it is none
     */
    static Evidence read(Path file) throws UsageException {
        try (InputStream in = Files.newInputStream(file)) {
            final byte[] json = in.readNBytes(MAX_FILE + 1);
            if (json.length > MAX_FILE) {
                throw new UsageException(
                        file + " is larger than an evidence bundle can be, " + (MAX_FILE >> 20) + " MiB");
            }
            return parse(json);
        } catch (JsonProcessingException e) {
            throw new UsageException(
                    file + " is not an evidence bundle: " + e.getOriginalMessage() + " at line "
                            + (e.getLocation() == null ? 0 : e.getLocation().getLineNr()),
                    e);
        } catch (IOException e) {
            throw new UsageException("cannot read " + file + ": " + e, e);
        }
    }

    private static Evidence parse(byte[] utf8) throws IOException {
        final String json;
        try {
            json = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IOException("it is not UTF-8", e);
        }
        final Class<? extends Evidence> kind =
                Json.format(json).equals(Equivocation.FORMAT) ? Equivocation.class : EvidenceBundle.class;
        final Evidence evidence = Json.MAPPER.readValue(json, kind);
        if (evidence == null) {
            throw new IOException("it is null");
        }
        return evidence;
    }

    /** How evidence is written: members are those of the records, in snake_case, and nothing is made of what is not there. */
    final class Json {

        private static final JsonMapper MAPPER = JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .enable(SerializationFeature.INDENT_OUTPUT)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .withCoercionConfig(
                        LogicalType.Textual,
                        config -> config.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                                .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                                .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
                .build();

        private Json() {}

        /** The member of that name; empty when there is none. */
        private static String format(String json) throws IOException {
            try (JsonParser parser = MAPPER.createParser(json)) {
                if (parser.nextToken() == JsonToken.START_OBJECT) {
                    while (parser.nextToken() == JsonToken.FIELD_NAME) {
                        final boolean found = parser.currentName().equals("format");
                        parser.nextToken();
                        if (found) {
                            return parser.getText();
                        }
                        parser.skipChildren();
                    }
                }
                return "";
            }
        }
    }
}
