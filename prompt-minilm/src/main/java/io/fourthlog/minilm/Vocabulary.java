package io.fourthlog.minilm;

import io.fourthlog.redaction.json.JsonReader;
import io.fourthlog.redaction.json.JsonReader.Token;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** The tokens of a model by id, from {@code model.vocab} of a tokenizer.json (Hugging Face tokenizers). */
final class Vocabulary {

    private static final int MOST = 1 << 20; // ids; BERT has 30,522

    private final byte[] json;
    private final JsonReader reader = new JsonReader();
    private String[] tokens = new String[1 << 15];
    private int size;

    private Vocabulary(byte[] json) {
        this.json = json;
        reader.reset(json, 0, json.length);
    }

    static List<String> read(byte[] json) throws IOException {
        Vocabulary vocabulary = new Vocabulary(json);
        vocabulary.enter("model");
        vocabulary.enter("vocab");
        vocabulary.enterObject();
        while (vocabulary.next() == Token.FIELD_NAME) {
            String token = vocabulary.string();
            vocabulary.next();
            vocabulary.add(token, vocabulary.text());
        }
        for (int id = 0; id < vocabulary.size; id++) {
            if (vocabulary.tokens[id] == null) {
                throw new IOException("no token has the id " + id);
            }
        }
        return List.of(Arrays.copyOf(vocabulary.tokens, vocabulary.size));
    }

    /** Goes to a member of the object that comes next. */
    private void enter(String member) throws IOException {
        enterObject();
        byte[] name = member.getBytes(StandardCharsets.UTF_8);
        while (next() == Token.FIELD_NAME) {
            if (reader.fieldNameEquals(name)) {
                return;
            }
            reader.skipValue();
        }
        throw new IOException("no member \"" + member + "\"");
    }

    private void enterObject() throws IOException {
        if (next() != Token.OBJECT_START) {
            throw new IOException("no object at byte " + reader.start());
        }
    }

    private void add(String token, String number) throws IOException {
        int id = number.matches("[0-9]{1,7}") ? Integer.parseInt(number) : MOST;
        if (id >= MOST) {
            throw new IOException("the id of \"" + token + "\" is none: " + number);
        }
        if (id >= tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(id + 1, 2 * tokens.length));
        }
        tokens[id] = token;
        size = Math.max(size, id + 1);
    }

    private Token next() throws IOException {
        Token token = reader.next();
        if (token.isFailure()) {
            throw new IOException("not JSON: " + reader.problem() + " at byte " + reader.problemOffset());
        }
        return token;
    }

    private String text() {
        return new String(json, reader.start(), reader.end() - reader.start(), StandardCharsets.UTF_8);
    }

    private String string() {
        byte[] unescaped = new byte[reader.end() - reader.start()];
        return new String(unescaped, 0, reader.unescape(unescaped, 0), StandardCharsets.UTF_8);
    }
}
