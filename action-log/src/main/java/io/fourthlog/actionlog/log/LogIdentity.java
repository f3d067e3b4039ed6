package io.fourthlog.actionlog.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code log.json} says about the log beside it. It is a convenience for readers, not a root of trust: whoever can
 * write the log can write this as well.
 *
 * <pre>{"origin":"cluster.namespace.node","vkeys":["cluster.namespace.node+0123abcd+…"]}</pre>
 *
 * @param origin the log's name
 * @param keys the keys that its checkpoints are signed with
 */
record LogIdentity(String origin, List<VerifierKey> keys) {

    private static final JsonFactory JSON = new JsonFactory();

    LogIdentity {
        keys = List.copyOf(keys);
    }

    static LogIdentity of(VerifierKey key) {
        return new LogIdentity(key.name(), List.of(key));
    }

    /** Reads the bytes that {@link #bytes} writes, and refuses all others. */
    static LogIdentity parse(byte[] bytes) throws LogFormatException {
        final LogIdentity identity;
        try (JsonParser json = JSON.createParser(bytes)) {
            expect(json, JsonToken.START_OBJECT, null);
            expect(json, JsonToken.FIELD_NAME, "origin");
            expect(json, JsonToken.VALUE_STRING, null);
            final String origin = json.getText();
            expect(json, JsonToken.FIELD_NAME, "vkeys");
            expect(json, JsonToken.START_ARRAY, null);
            final List<VerifierKey> keys = new ArrayList<>();
            while (json.nextToken() == JsonToken.VALUE_STRING) {
                keys.add(VerifierKey.parse(json.getText()));
            }
            identity = new LogIdentity(origin, keys);
        } catch (LogFormatException e) {
            throw e;
        } catch (IOException e) {
            throw new LogFormatException("log.json is not JSON: " + e.getMessage());
        }
        if (!Arrays.equals(identity.bytes(), bytes)) {
            throw new LogFormatException("log.json is not as it was written");
        }
        return identity;
    }

    byte[] bytes() {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("origin", origin);
            json.writeArrayFieldStart("vkeys");
            for (final VerifierKey key : keys) {
                json.writeString(key.toString());
            }
            json.writeEndArray();
            json.writeEndObject();
            json.writeRaw('\n');
        } catch (IOException e) {
            throw new IllegalStateException("a generator into memory does no output", e);
        }
        return out.toByteArray();
    }

    private static void expect(JsonParser json, JsonToken token, @Nullable String name) throws IOException {
        if (json.nextToken() != token || (name != null && !name.equals(json.currentName()))) {
            throw new LogFormatException("log.json looks like {\"origin\":…,\"vkeys\":[…]}");
        }
    }
}
