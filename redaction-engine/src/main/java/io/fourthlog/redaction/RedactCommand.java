package io.fourthlog.redaction;

import io.fourthlog.redaction.json.JsonReader;
import io.fourthlog.redaction.json.JsonReader.Token;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * {@code fourthlog redact}: reads JSON Lines {@code {"id", "text"}} from standard input and writes for each
 * {@code {"id","findings":[{"tag","start","end"}],"sensitivity":[…],"shape":{…},"prompt_class":…}} to standard output, with UTF-16
 * offsets into the text; for trying what a profile finds. Exit code 0 when there is no finding, 1 when there is one, 2 for bad usage or a
 * line that is not one, which is named on standard error and does not stop the others.
 */
public final class RedactCommand {

    private static final int MAX_LINE = 64 << 20; // bytes
    private static final byte[] ID = "id".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TEXT = "text".getBytes(StandardCharsets.US_ASCII);
    private static final String USAGE = """
            Usage: fourthlog redact [--preview] < LINES

            Reads JSON Lines {"id":"…","text":"…"} and writes what the built-in profile finds in each text:
            {"id":"…","findings":[{"tag":"PII:email","start":0,"end":16}],"sensitivity":["PII:email"],"shape":{…}}
            Offsets count UTF-16 units. Texts are not kept and not written, except with

              --preview   a masked copy of each text, in "preview"

            Exit code: 0 no finding, 1 a finding, 2 bad usage or input.
            """;

    private final RedactionEngine engine;
    private final boolean preview;
    private final PrintStream errors;
    private final JsonReader reader = new JsonReader();
    private boolean found;
    private boolean bad;

    private RedactCommand(RedactionEngine engine, boolean preview, PrintStream errors) {
        this.engine = engine;
        this.preview = preview;
        this.errors = errors;
    }

    public static void main(String[] arguments) throws IOException {
        System.exit(run(arguments, System.in, System.out, System.err));
    }

    /**
     * Runs the command.
     *
     * @return the exit code
     * @throws IOException when a stream fails
     */
    public static int run(String[] arguments, InputStream in, OutputStream out, PrintStream errors) throws IOException {
        List<String> options = List.of(arguments);
        if (options.contains("--help") || options.contains("-h")) {
            out.write(USAGE.getBytes(StandardCharsets.UTF_8));
            return 0;
        }
        for (String option : options) {
            if (!option.equals("--preview")) {
                errors.println("fourthlog redact: unknown option '" + option + "'");
                errors.print(USAGE);
                return 2;
            }
        }
        byte[] key =
                new byte[Hmac.MIN_KEY_LENGTH]; // of names of members that are hashed in shapes; good for this run only
        new SecureRandom().nextBytes(key);
        RedactionEngine engine = RedactionEngine.create(Profile.builtin(), Hmac.of("none", key));
        RedactCommand command = new RedactCommand(engine, !options.isEmpty(), errors);
        OutputStream buffered = new BufferedOutputStream(out, 1 << 16);
        command.lines(new BufferedInputStream(in, 1 << 16), buffered);
        buffered.flush();
        return command.bad ? 2 : command.found ? 1 : 0;
    }

    private void lines(InputStream in, OutputStream out) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int number = 1;
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b == '\n') {
                line(line.toByteArray(), number++, out);
                line.reset();
            } else if (line.size() < MAX_LINE) {
                line.write(b);
            }
        }
        if (line.size() > 0) {
            line(line.toByteArray(), number, out);
        }
    }

    private void line(byte[] bytes, int number, OutputStream out) throws IOException {
        if (isBlank(bytes)) {
            return;
        }
        String id = null;
        byte[] text = null;
        String problem = bytes.length >= MAX_LINE ? "longer than " + MAX_LINE + " bytes" : null;
        reader.reset(bytes, 0, bytes.length);
        Token token = reader.next();
        if (problem == null && token != Token.OBJECT_START) {
            problem = token.isFailure() ? failure() : "expected an object";
        }
        while (problem == null && (token = reader.next()) == Token.FIELD_NAME) {
            boolean isId = reader.fieldNameEquals(ID);
            boolean isText = reader.fieldNameEquals(TEXT);
            if (isId || isText) {
                token = reader.next();
                if (isText && token == Token.STRING) {
                    text = content();
                } else if (isId && (token == Token.STRING || token == Token.NUMBER)) {
                    id = new String(bytes, reader.start(), reader.end() - reader.start(), StandardCharsets.UTF_8);
                    id = token == Token.STRING ? '"' + id + '"' : id;
                } else {
                    problem = isText ? "\"text\" is not a string" : "\"id\" is not a string or a number";
                }
            } else {
                reader.skipValue();
            }
        }
        if (problem == null && (token.isFailure() || reader.next() != Token.END)) {
            problem = failure();
        }
        if (problem == null && text == null) {
            problem = "no \"text\": expected {\"id\":\"…\",\"text\":\"…\"}";
        }
        Arrays.fill(bytes, (byte) 0);
        if (problem != null || text == null) {
            bad = true;
            errors.println("fourthlog redact: line " + number + ": " + problem);
            return;
        }
        try (Plaintext plaintext = Plaintext.copyOf(text, 0, text.length)) {
            out.write(result(id, plaintext).getBytes(StandardCharsets.UTF_8));
        } finally {
            Arrays.fill(text, (byte) 0);
        }
    }

    private static boolean isBlank(byte[] line) {
        for (byte b : line) {
            if (b != ' ' && b != '\t' && b != '\r') {
                return false;
            }
        }
        return true;
    }

    private String failure() {
        return reader.token().isFailure()
                ? "not JSON: " + reader.problem() + " at byte " + reader.problemOffset()
                : "something follows the object";
    }

    private byte[] content() {
        byte[] unescaped = new byte[reader.end() - reader.start()];
        int length = reader.unescape(unescaped, 0);
        byte[] exact = Arrays.copyOf(unescaped, length);
        Arrays.fill(unescaped, (byte) 0);
        return exact;
    }

    private String result(@Nullable String id, Plaintext text) {
        Findings findings = engine.findings(text, Findings.Unit.UTF16);
        Redacted redacted = engine.redact(text);
        found |= !redacted.sensitivity().isEmpty();
        StringBuilder out = new StringBuilder("{");
        if (id != null) {
            out.append("\"id\":").append(id).append(',');
        }
        out.append("\"findings\":[");
        list(
                findings.list(),
                finding -> out.append("{\"tag\":\"")
                        .append(finding.tag())
                        .append("\",\"start\":")
                        .append(finding.start())
                        .append(",\"end\":")
                        .append(finding.end())
                        .append('}'),
                out);
        out.append("],\"sensitivity\":[");
        list(redacted.sensitivity(), tag -> out.append('"').append(tag).append('"'), out);
        out.append("],\"shape\":").append(engine.shape(text)).append(",\"prompt_class\":");
        Optional<String> named = redacted.dropped() ? Optional.empty() : engine.classify(text);
        named.ifPresentOrElse(promptClass -> out.append('"').append(promptClass).append('"'), () -> out.append("null"));
        if (preview) {
            out.append(",\"preview\":");
            Shape.quote(engine.masked(text), out);
        }
        return out.append("}\n").toString();
    }

    private static <T> void list(Iterable<T> elements, Consumer<T> write, StringBuilder out) {
        boolean first = true;
        for (T element : elements) {
            if (!first) {
                out.append(',');
            }
            first = false;
            write.accept(element);
        }
    }
}
