package io.fourthlog.redaction;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What kind of work a prompt asks for, coarsely: a linear model over hashed words and pairs of words (multinomial naive Bayes with
 * complement weights), trained from {@code prompt-classes.txt}, which is the documented taxonomy with examples of each class, and from the
 * examples that a profile brings. Immutable and shared.
 */
final class PromptClass {

    /** What is of no class. */
    static final String OTHER = "other";

    private static final String RESOURCE = "prompt-classes.txt";
    private static final int BUCKETS = 1 << 13;
    private static final int LOOKED_AT = 1_000; // bytes from each end of a prompt, where it says what is wanted
    private static final int MIN_FEATURES = 4;
    private static final double SMOOTHING = 0.01;
    private static final int UNIT = 1 << 12; // 4,000 weights, logarithms and so below 131, are within an int

    private static final List<Example> EXAMPLES = builtInExamples();
    private static final PromptClass BUILT_IN = train(EXAMPLES);

    private final List<Example> examples;
    private final List<String> names;
    private final short[] rows = new short[BUCKETS]; // of a bucket in the weights; 0 if it has none
    private final int width; // longs of a row
    private final long[] weights; // by row, two classes a long, in units of 1/UNIT: those of a word are neighbours

    private PromptClass(List<Example> examples, List<String> names, float[][] weightsOfBuckets) {
        this.examples = examples;
        this.names = names;
        short row = 0;
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            rows[bucket] = weightsOfBuckets[bucket].length == 0 ? 0 : ++row;
        }
        width = (names.size() + 1) / 2;
        weights = new long[(row + 1) * width];
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            float[] ofClasses = weightsOfBuckets[bucket];
            for (int i = 0; i < ofClasses.length; i++) {
                weights[rows[bucket] * width + i / 2] +=
                        (long) Math.round(ofClasses[i] * UNIT) << (i % 2 * Integer.SIZE);
            }
        }
    }

    /** A prompt and its class. */
    record Example(String name, String prompt) {}

    static PromptClass builtIn() {
        return BUILT_IN;
    }

    /** The built-in taxonomy with classes of a profile's own. */
    static PromptClass with(List<ProfileSource.PromptClass> own) {
        return own.isEmpty()
                ? BUILT_IN
                : train(Stream.concat(EXAMPLES.stream(), own.stream().flatMap(PromptClass::examples))
                        .toList());
    }

    /** The examples of a profile's class; few of them, again and again, so that it has the weight of a built-in one. */
    private static Stream<Example> examples(ProfileSource.PromptClass own) {
        int usual = EXAMPLES.size() / BUILT_IN.names.size();
        return Stream.generate(() -> own.examples().stream())
                .limit(Math.max(1, usual / own.examples().size()))
                .flatMap(prompts -> prompts.map(prompt -> new Example(own.name(), prompt)));
    }

    /** Whether a text has words enough to be told. */
    static boolean isEnough(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return BUILT_IN.score(bytes, 0, bytes.length, new long[BUILT_IN.width]) >= MIN_FEATURES;
    }

    Optional<String> of(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return of(bytes, bytes.length);
    }

    List<String> names() {
        return names;
    }

    /** What it was trained with, each once. */
    List<Example> examples() {
        return examples;
    }

    /** The class of a prompt, empty when it has too few words to tell. */
    Optional<String> of(byte[] text, int length) {
        long[] scores = new long[width];
        int features = score(text, 0, Math.min(length, LOOKED_AT), scores);
        if (length > LOOKED_AT) {
            features += score(text, Math.max(LOOKED_AT, length - LOOKED_AT), length, scores);
        }
        if (features < MIN_FEATURES) {
            return Optional.empty();
        }
        int best = 0;
        for (int i = 1; i < names.size(); i++) {
            best = score(scores, i) > score(scores, best) ? i : best;
        }
        return score(scores, best) <= 0 ? Optional.of(OTHER) : Optional.of(names.get(best));
    }

    /** Of sums of two, of which the lower one may have borrowed from the other. */
    private static int score(long[] scores, int name) {
        long two = scores[name / 2];
        return name % 2 == 0 ? (int) two : (int) ((two - (int) two) >> Integer.SIZE);
    }

    private int score(byte[] text, int from, int to, long[] scores) {
        int features = 0;
        int previous = 0;
        Words words = new Words(text, from, to);
        while (words.next()) {
            add(bucket(words.hash), scores);
            add(bucket(pair(previous, words.hash)), scores);
            previous = words.hash;
            features++;
        }
        return features;
    }

    private void add(int bucket, long[] scores) {
        int row = rows[bucket];
        if (row == 0) {
            return;
        }
        int first = row * width;
        for (int i = 0; i < width; i++) {
            scores[i] += weights[first + i];
        }
    }

    private static int bucket(int hash) {
        return (hash >>> 8) & (BUCKETS - 1);
    }

    /** Learns how much more often each word and pair is in a class than in the others. */
    static PromptClass train(List<Example> examples) {
        List<String> names = examples.stream().map(Example::name).distinct().toList();
        double[][] counts = new double[names.size()][BUCKETS];
        double[] all = new double[BUCKETS];
        double[] totals = new double[names.size()];
        double total = 0;
        for (Example example : examples) {
            byte[] text = example.prompt().getBytes(StandardCharsets.UTF_8);
            int name = names.indexOf(example.name());
            int previous = 0;
            Words words = new Words(text, 0, text.length);
            while (words.next()) {
                for (int hash : new int[] {words.hash, pair(previous, words.hash)}) {
                    int bucket = bucket(hash);
                    counts[name][bucket]++;
                    all[bucket]++;
                    totals[name]++;
                    total++;
                }
                previous = words.hash;
            }
        }
        float[][] weights = new float[BUCKETS][0];
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            if (all[bucket] > 0) {
                weights[bucket] = new float[names.size()];
                for (int i = 0; i < names.size(); i++) {
                    double inside = (counts[i][bucket] + SMOOTHING) / (totals[i] + SMOOTHING * BUCKETS);
                    double outside =
                            (all[bucket] - counts[i][bucket] + SMOOTHING) / (total - totals[i] + SMOOTHING * BUCKETS);
                    weights[bucket][i] = (float) Math.log(inside / outside);
                }
            }
        }
        return new PromptClass(examples.stream().distinct().toList(), names, weights);
    }

    /** The words of a text, one after the other, as the FNV-1a of each in lower case, without a plural s. */
    private static final class Words {
        private final byte[] text;
        private final int to;
        private int at;
        private int hash; // of the word

        Words(byte[] text, int from, int to) {
            this.text = text;
            this.at = from;
            this.to = to;
        }

        boolean next() {
            int first = at;
            while (first < to && !isLetter(text[first])) {
                first++;
            }
            int end = first;
            int whole = 0x811C9DC5;
            int singular = whole;
            while (end < to && isLetter(text[end])) {
                singular = whole;
                whole = (whole ^ (text[end] | 0x20)) * 0x01000193;
                end++;
            }
            hash = end - first > 3 && (text[end - 1] | 0x20) == 's' ? singular : whole;
            at = end;
            return first < end;
        }

        private static boolean isLetter(byte b) {
            return b < 0 || ((b | 0x20) >= 'a' && (b | 0x20) <= 'z');
        }
    }

    private static int pair(int first, int second) {
        return ((first * 31) ^ second) * 0x9E3779B1;
    }

    private static List<Example> builtInExamples() {
        try (InputStream in = PromptClass.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("not in the jar: " + RESOURCE);
            }
            return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(RESOURCE, e);
        }
    }

    /** Reads the notation of the file: a line {@code [class]}, then a prompt a line. */
    static List<Example> parse(String file) {
        List<Example> examples = new ArrayList<>();
        String name = "";
        for (String line : file.lines().toList()) {
            if (line.startsWith("[")) {
                name = line.substring(1, line.indexOf(']'));
            } else if (!line.isBlank() && !line.startsWith("#")) {
                examples.add(new Example(name, line));
            }
        }
        return examples;
    }
}
