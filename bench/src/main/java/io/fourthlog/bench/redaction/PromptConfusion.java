package io.fourthlog.bench.redaction;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fourthlog.redaction.Hmac;
import io.fourthlog.redaction.LateClass;
import io.fourthlog.redaction.Plaintext;
import io.fourthlog.redaction.Profile;
import io.fourthlog.redaction.ProfileCompiler;
import io.fourthlog.redaction.ProfileSource;
import io.fourthlog.redaction.PromptEmbeddings;
import io.fourthlog.redaction.RedactionEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Prints the confusion of prompt classes on prompts that the models were not trained on ({@code [class]}, then a prompt a line): of the
 * linear model, and of the sentence model where that is on the class path.
 */
final class PromptConfusion {

    private static final long MOST = 120_000_000_000L; // ns until the sentence model has to be there, or to answer

    private final Map<String, Map<String, Integer>> confusion = new TreeMap<>();
    private int right;
    private int all;

    private PromptConfusion() {}

    public static void main(String[] args) throws IOException {
        RedactionEngine engine = RedactionEngine.create(profile(), Hmac.of("bench", new byte[Hmac.MIN_KEY_LENGTH]));
        PromptConfusion linear = new PromptConfusion();
        PromptConfusion minilm = new PromptConfusion();
        waitFor(PromptEmbeddings.shared()::ready);
        String expected = "";
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            if (line.startsWith("[")) {
                expected = line.substring(1, line.indexOf(']'));
            } else if (!line.isBlank() && !line.startsWith("#")) {
                byte[] bytes = line.getBytes(UTF_8);
                try (Plaintext prompt = Plaintext.copyOf(bytes, 0, bytes.length)) {
                    linear.add(expected, engine.classify(prompt).orElse("none"));
                    LateClass late = engine.classifyLater(prompt).orElseThrow();
                    waitFor(() -> late.now().isPresent());
                    minilm.add(expected, late.now().orElseThrow());
                }
            }
        }
        List<String> figures = new ArrayList<>();
        figures.add(linear.print("linear", "redaction.prompt_class.accuracy"));
        figures.add(minilm.print("minilm", "redaction.prompt_class.minilm.accuracy"));
        Files.write(Path.of(args[1]), figures);
    }

    private static void waitFor(java.util.function.BooleanSupplier condition) {
        long end = System.nanoTime() + MOST;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("the sentence model does not answer");
            }
            LockSupport.parkNanos(100_000);
        }
    }

    private static Profile profile() {
        ProfileSource defaults = ProfileSource.defaults("bench");
        return switch (ProfileCompiler.compile(new ProfileSource(
                "bench",
                defaults.enable(),
                defaults.disable(),
                defaults.custom(),
                defaults.allow(),
                defaults.shape(),
                true,
                false,
                List.of(),
                true))) {
            case ProfileCompiler.Result.Compiled(Profile profile) -> profile;
            case ProfileCompiler.Result.Refused refused -> throw new IllegalStateException("" + refused.errors());
        };
    }

    private void add(String expected, String found) {
        confusion.computeIfAbsent(expected, key -> new TreeMap<>()).merge(found, 1, Integer::sum);
        right += found.equals(expected) ? 1 : 0;
        all++;
    }

    private String print(String model, String figure) {
        System.out.println("prompt classes by " + model + ": expected ← found (how often)");
        confusion.forEach((name, found) -> System.out.printf(Locale.ROOT, "%-28s %s%n", name, found));
        System.out.printf(Locale.ROOT, "%d of %d right%n%n", right, all);
        return String.format(Locale.ROOT, "%s %.4f", figure, (double) right / all);
    }
}
