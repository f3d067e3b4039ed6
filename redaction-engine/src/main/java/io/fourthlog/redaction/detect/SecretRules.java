package io.fourthlog.redaction.detect;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The families of {@code secrets.rules}, which is data beside this class. */
final class SecretRules {

    private static final String RESOURCE = "secrets.rules";

    /** A line of the file. */
    record Rule(String tag, List<String> words, TokenFormat format, String source) {

        Detector detector() {
            Documentation documentation =
                    Documentation.of(tag).summary(summary()).source(source);
            return words.isEmpty()
                    ? new FormattedToken(documentation, format)
                    : new AssignedToken(documentation, words, format);
        }

        private String summary() {
            String described = "`" + format.describe() + "`";
            return words.isEmpty()
                    ? described
                    : described + " assigned to a name with " + String.join(", ", words) + " in it";
        }
    }

    private SecretRules() {}

    static List<Rule> all() {
        List<Rule> rules = new ArrayList<>();
        int line = 0;
        for (String text : lines()) {
            line++;
            if (text.isBlank() || text.startsWith("#")) {
                continue;
            }
            String[] columns = text.split(" \\| ", -1);
            if (columns.length != 4) {
                throw new IllegalStateException(RESOURCE + ":" + line + ": four columns, not " + columns.length);
            }
            List<String> words = columns[1].equals("token")
                    ? List.of()
                    : List.of(columns[1].substring("assign ".length()).split(",", -1));
            rules.add(new Rule(columns[0], words, TokenFormat.parse(columns[2]), columns[3]));
        }
        return rules;
    }

    private static List<String> lines() {
        try (InputStream in = SecretRules.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("not in the jar: " + RESOURCE);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(RESOURCE, e);
        }
    }
}
