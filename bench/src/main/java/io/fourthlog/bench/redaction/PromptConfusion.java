package io.fourthlog.bench.redaction;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fourthlog.redaction.Hmac;
import io.fourthlog.redaction.Plaintext;
import io.fourthlog.redaction.Profile;
import io.fourthlog.redaction.RedactionEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Prints the confusion of prompt classes on prompts that the model was not trained on: {@code [class]}, then a prompt a line. */
final class PromptConfusion {

    private PromptConfusion() {}

    public static void main(String[] args) throws IOException {
        RedactionEngine engine =
                RedactionEngine.create(Profile.builtin(), Hmac.of("bench", new byte[Hmac.MIN_KEY_LENGTH]));
        Map<String, Map<String, Integer>> confusion = new TreeMap<>();
        String expected = "";
        int right = 0;
        int all = 0;
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            if (line.startsWith("[")) {
                expected = line.substring(1, line.indexOf(']'));
            } else if (!line.isBlank() && !line.startsWith("#")) {
                byte[] bytes = line.getBytes(UTF_8);
                try (Plaintext prompt = Plaintext.copyOf(bytes, 0, bytes.length)) {
                    String found = engine.redact(prompt).promptClass().orElse("none");
                    confusion.computeIfAbsent(expected, key -> new TreeMap<>()).merge(found, 1, Integer::sum);
                    right += found.equals(expected) ? 1 : 0;
                    all++;
                }
            }
        }
        System.out.println("prompt classes: expected ← found (how often)");
        confusion.forEach((name, found) -> System.out.printf(Locale.ROOT, "%-28s %s%n", name, found));
        System.out.printf(Locale.ROOT, "%d of %d right%n", right, all);
        Files.write(
                Path.of(args[1]),
                List.of(String.format(Locale.ROOT, "redaction.prompt_class.accuracy %.4f", (double) right / all)));
    }
}
