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
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@code log.json} says about the log beside it: its keys, from the first to the present one, and how each handed over to the
 * next. It is a convenience for readers, not a root of trust: whoever can write the log can write this as well. Who trusts one
 * of the keys can follow the chain from there.
 *
 * <pre>{"origin":"cluster.namespace.node","vkeys":["cluster.namespace.node+0123abcd+…"],"successions":["…"]}</pre>
 *
 * @param origin the log's name
 * @param keys the keys that its checkpoints were signed with, in their order; at least one
 * @param successions notes, one less than there are keys; the member is left out while there is none
 */
record LogIdentity(String origin, List<VerifierKey> keys, List<KeySuccession> successions) {

    static final int MAX_LENGTH = 2 << 20; // bytes; a new key every day for thirteen years

    private static final JsonFactory JSON = new JsonFactory();

    LogIdentity {
        keys = List.copyOf(keys);
        successions = List.copyOf(successions);
    }

    static LogIdentity of(VerifierKey key) {
        return new LogIdentity(key.name(), List.of(key), List.of());
    }

    /** The key that signs now. */
    VerifierKey current() {
        return keys.getLast();
    }

    /** With the key that its present one hands over to. */
    LogIdentity with(KeySuccession succession) {
        final List<VerifierKey> allKeys = new ArrayList<>(keys);
        allKeys.add(succession.next());
        final List<KeySuccession> all = new ArrayList<>(successions);
        all.add(succession);
        return new LogIdentity(origin, allKeys, all);
    }

    /** With all of these that go on from its present key, in their order; others are passed over. */
    LogIdentity following(List<KeySuccession> offered) {
        LogIdentity identity = this;
        for (final KeySuccession succession : offered) {
            if (succession.isBy(identity.current())
                    && (identity.successions.isEmpty()
                            || succession.index()
                                    > identity.successions.getLast().index())) {
                identity = identity.with(succession);
            }
        }
        return identity;
    }

    /** Whether every key from {@code first} on was handed over to by the one before, and later than that one. */
    boolean isChainFrom(int first) {
        for (int i = first; i < successions.size(); i++) {
            if (!successions.get(i).isBy(keys.get(i))
                    || !successions.get(i).next().equals(keys.get(i + 1))
                    || (i > first
                            && successions.get(i).index()
                                    <= successions.get(i - 1).index())) {
                return false;
            }
        }
        return true;
    }

    /** Whether it is this log with, perhaps, later keys. */
    boolean continues(LogIdentity earlier) {
        return origin.equals(earlier.origin)
                && keys.size() >= earlier.keys.size()
                && keys.subList(0, earlier.keys.size()).equals(earlier.keys)
                && successions.subList(0, earlier.successions.size()).equals(earlier.successions)
                && isChainFrom(earlier.successions.size());
    }

    /** The key that signed a checkpoint, if it is one that had not handed over by then. */
    Optional<VerifierKey> signerOf(Checkpoint checkpoint) {
        for (int i = keys.size() - 1; i >= 0; i--) {
            final boolean inOffice = i == successions.size()
                    || checkpoint.size() <= successions.get(i).index() + 1;
            if (inOffice && checkpoint.note().verify(List.of(keys.get(i))).holds()) {
                return Optional.of(keys.get(i));
            }
        }
        return Optional.empty();
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
            final List<VerifierKey> keys = new ArrayList<>();
            for (final String vkey : strings(json)) {
                keys.add(VerifierKey.parse(vkey));
            }
            final List<KeySuccession> successions = new ArrayList<>();
            if (keys.size() != 1) {
                expect(json, JsonToken.FIELD_NAME, "successions");
                for (final String note : strings(json)) {
                    successions.add(KeySuccession.parse(Note.parse(note)));
                }
            }
            if (keys.size() != successions.size() + 1) {
                throw new LogFormatException("log.json has " + keys.size() + " keys and " + successions.size()
                        + " successions: each key but the first takes one");
            }
            identity = new LogIdentity(origin, keys, successions);
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

    private static List<String> strings(JsonParser json) throws IOException {
        expect(json, JsonToken.START_ARRAY, null);
        final List<String> strings = new ArrayList<>();
        while (json.nextToken() == JsonToken.VALUE_STRING) {
            strings.add(json.getText());
        }
        return strings;
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
            if (!successions.isEmpty()) {
                json.writeArrayFieldStart("successions");
                for (final KeySuccession succession : successions) {
                    json.writeString(succession.at().note().toString());
                }
                json.writeEndArray();
            }
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
