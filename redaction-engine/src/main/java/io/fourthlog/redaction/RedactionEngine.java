package io.fourthlog.redaction;

import io.fourthlog.redaction.detect.OffsetMap;
import io.fourthlog.redaction.detect.Swar;
import io.fourthlog.redaction.json.JsonReader.Token;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Turns content into what may persist of it. Content comes from the sensor's decoders as {@link Plaintext}; tags, shapes and
 * hashes go into events. The caller closes the Plaintext.
 *
 * <p>Fails closed: when a detector throws or a budget runs out, the content is dropped and its sensitivity is
 * {@code unknown:WHY}. Confined to one thread at a time; engines of one {@link Profile} share its tables.
 */
public final class RedactionEngine {

    private static final String UNKNOWN = "unknown:";
    private static final Set<String> FOUND_BY_DICTIONARY =
            Set.of("PII:address", "PII:person", "PHI:diagnosis", "PHI:medication");
    private static final int CUT = 300; // bytes; a shorter occurrence was seen to its end

    private final Profile profile;
    private final Classifier classifier;
    private final Fingerprinter fingerprinter;
    private final ShapeMaker shapes;
    private final CanonicalHash canonicalHash;
    private final TagCollector tags;
    private final JsonTree tree = new JsonTree();
    private final RedactedTexts texts = new RedactedTexts();
    private final @Nullable PromptEmbeddings embeddings;

    private RedactionEngine(Profile profile, Hmac hmac, @Nullable PromptEmbeddings embeddings) {
        this.profile = profile;
        this.embeddings = embeddings;
        this.classifier = new Classifier(profile);
        this.fingerprinter = new Fingerprinter(profile, hmac);
        this.shapes = new ShapeMaker(profile, classifier, hmac);
        this.canonicalHash = new CanonicalHash(hmac);
        this.tags = new TagCollector(profile);
    }

    /** An engine for one thread. */
    public static RedactionEngine create(Profile profile, Hmac hmac) {
        return create(profile, hmac, profile.embeddings() ? PromptEmbeddings.shared() : null);
    }

    static RedactionEngine create(Profile profile, Hmac hmac, @Nullable PromptEmbeddings embeddings) {
        return new RedactionEngine(profile, hmac, embeddings);
    }

    /**
     * Redacts a text part.
     *
     * @throws IllegalStateException if the text is closed
     */
    public Redacted redact(Plaintext text) {
        byte[] bytes = text.bytes();
        int length = text.length();
        try {
            String keyedHash = fingerprinter.keyedHash(bytes, length);
            Redacted redacted = texts.get(keyedHash);
            if (redacted == null) {
                SortedSet<String> sensitivity = tags(bytes, length);
                Fingerprint fingerprint = fingerprinter.of(bytes, length, !sensitivity.isEmpty(), keyedHash);
                redacted = new Redacted(
                        sensitivity, length, lines(bytes, length), TokenEstimate.of(bytes, length), fingerprint);
                texts.add(keyedHash, redacted);
            }
            return redacted;
        } catch (RuntimeException e) {
            return new Redacted(
                    unknown(e),
                    length,
                    lines(bytes, length),
                    TokenEstimate.of(bytes, length),
                    Fingerprint.dropped(length));
        }
    }

    /**
     * The tags of a text, or of a part of one, of which nothing else persists.
     *
     * @throws IllegalStateException if the text is closed
     */
    public SortedSet<String> sensitivity(Plaintext text) {
        byte[] bytes = text.bytes();
        try {
            return tags(bytes, text.length());
        } catch (RuntimeException e) {
            return unknown(e);
        }
    }

    /**
     * Redacts a JSON value. Names and values are looked at as they read, unescaped.
     *
     * @throws IllegalStateException if the text is closed
     */
    public RedactedJson redactJson(Plaintext json) {
        byte[] bytes = json.bytes();
        try {
            Token last = tree.read(bytes, json.length());
            SortedSet<String> sensitivity = new TreeSet<>();
            if (last != Token.END) {
                sensitivity.addAll(tags(bytes, json.length()));
                sensitivity.add(UNKNOWN + reason(last));
                return new RedactedJson(null, sensitivity, null, "not JSON: " + tree.problem());
            }
            classifier.begin();
            Shape shape = shapes.of(tree, sensitivity);
            return new RedactedJson(shape.toJson(), sensitivity, canonicalHash.of(tree), null);
        } catch (RuntimeException e) {
            SortedSet<String> unknown = unknown(e);
            String reason = unknown.first();
            unknown.addAll(sensitivity(json)); // as of what is not JSON
            return new RedactedJson(null, unknown, null, "dropped: " + reason);
        } finally {
            tree.clear();
        }
    }

    /**
     * Where the text carries which tags; for trying a profile.
     *
     * @throws IllegalStateException if the text is closed
     */
    public Findings findings(Plaintext text, Findings.Unit unit) {
        byte[] bytes = text.bytes();
        List<Finding> found = new ArrayList<>();
        try {
            classifier.begin();
            OffsetMap offsets = new OffsetMap();
            classifier.scan(bytes, 0, 0, text.length(), offsets, new Classifier.Sink() {
                @Override
                public boolean wants(int tag) {
                    return true;
                }

                @Override
                public void found(int tag, long start, long end, boolean custom) {
                    int first = (int) (custom ? start : offsets.start(start));
                    int last = (int) (custom ? end : offsets.end(end));
                    int whole = custom ? last : wholeEnd(bytes, text.length(), first, last);
                    found.add(new Finding(profile.tags().get(tag), first, whole));
                }
            });
        } catch (RuntimeException e) {
            return new Findings(List.of(), unknown(e).first());
        }
        List<Finding> distinct = withoutOverlaps(found);
        return new Findings(
                switch (unit) {
                    case BYTES -> distinct;
                    case UTF16 -> inUtf16(bytes, text.length(), distinct);
                },
                null);
    }

    /** End of an occurrence that a detector was not shown the end of: of PEM armour, or of the run of what is neither space nor quote. */
    private static int wholeEnd(byte[] text, int length, int start, int end) {
        int limit = end;
        if (end - start < CUT) {
            return end;
        }
        boolean armour = text[start] == '-';
        while (limit < length) {
            byte b = text[limit];
            boolean ends = armour ? b == '-' || b == '"' : b <= ' ' || b == '"' || b == '\'';
            if (ends) {
                break;
            }
            limit++;
        }
        while (armour && limit < length && text[limit] > ' ') {
            limit++; // -----END PRIVATE
        }
        while (armour && limit < length && text[limit] != '\n' && text[limit] != '"' && text[limit] != '\\') {
            limit++;
        }
        return limit;
    }

    /** In order of position; of overlapping findings of one tag, the first and longest. */
    private static List<Finding> withoutOverlaps(List<Finding> found) {
        found.sort(Comparator.comparingInt(Finding::start)
                .thenComparing(Comparator.comparingInt(Finding::end).reversed())
                .thenComparing(Finding::tag));
        List<Finding> kept = new ArrayList<>();
        Map<String, Integer> ends = new HashMap<>();
        for (Finding finding : found) {
            if (finding.start() >= ends.getOrDefault(finding.tag(), 0)) {
                kept.add(finding);
                ends.put(finding.tag(), finding.end());
            }
        }
        return kept;
    }

    /**
     * The shape of a content: of a JSON value that of {@link #redactJson}, of anything else its media type, length and lines.
     *
     * @return RFC 8785 JSON
     * @throws IllegalStateException if the text is closed
     */
    public String shape(Plaintext text) {
        byte[] bytes = text.bytes();
        int start = 0;
        while (start < text.length() && bytes[start] <= ' ' && bytes[start] >= 0) {
            start++;
        }
        if (start < text.length() && (bytes[start] == '{' || bytes[start] == '[')) {
            String shape = redactJson(text).shape();
            if (shape != null) {
                return shape;
            }
        }
        return TextShape.of(bytes, text.length(), lines(bytes, text.length()));
    }

    /**
     * The text with {@code [TAG]} in place of everything that was found. What was missed is in it: it is content, and to be treated as that.
     *
     * @return {@code [unknown:WHY]} when the content could not be classified
     * @throws IllegalStateException if the text is closed
     */
    public String masked(Plaintext text) {
        Findings findings = findings(text, Findings.Unit.BYTES);
        return findings.unknown() == null
                ? Masked.of(text.bytes(), text.length(), findings.list(), mostMasked(text.length(), findings.list()))
                : "[" + findings.unknown() + "]";
    }

    /** Bytes that a masked text can have: placeholders are longer than some of what they stand for. */
    private static int mostMasked(int length, List<Finding> findings) {
        return length
                + findings.stream()
                        .mapToInt(found -> found.tag().length() + "[]".length())
                        .sum();
    }

    /**
     * The preview of a text, where the profile has them. The whole text is looked through, so that nothing is cut before it is found; no
     * text is shown where a finding says that others like it may have been missed.
     *
     * @throws IllegalStateException if the text is closed
     */
    public Optional<Preview> preview(Plaintext text) {
        if (!profile.previews()) {
            return Optional.empty();
        }
        Findings findings = findings(text, Findings.Unit.BYTES);
        if (findings.unknown() != null) {
            return Optional.of(Preview.withheld("it could not be classified: " + findings.unknown()));
        }
        return Optional.of(findings.list().stream()
                .map(Finding::tag)
                .filter(FOUND_BY_DICTIONARY::contains)
                .findFirst()
                .map(tag -> Preview.withheld("it holds " + tag + ", of which there may be more than was found"))
                .orElseGet(
                        () -> Preview.of(Masked.of(text.bytes(), text.length(), findings.list(), Preview.MAX_BYTES))));
    }

    /**
     * The class of a prompt: the profile's coarse category of the work that it asks for. Empty when it has too few words to tell.
     *
     * @throws IllegalStateException if the text is closed
     */
    public Optional<String> classify(Plaintext prompt) {
        return profile.promptClass().of(prompt.bytes(), prompt.length());
    }

    /**
     * Asks the sentence model for the class of a prompt, where the profile has one and it has time. {@link #classify} holds until that comes.
     *
     * @throws IllegalStateException if the text is closed
     */
    public Optional<LateClass> classifyLater(Plaintext prompt) {
        return embeddings == null
                ? Optional.empty()
                : embeddings.take(prompt.bytes(), prompt.length(), profile.promptClass());
    }

    private SortedSet<String> tags(byte[] bytes, int length) {
        tags.begin();
        classifier.begin();
        classifier.scan(bytes, 0, 0, length, null, tags);
        return new TreeSet<>(tags.found());
    }

    private static List<Finding> inUtf16(byte[] bytes, int length, List<Finding> findings) {
        int[] offsets = new int[length + 1]; // by byte: UTF-16 units before it
        for (int i = 0; i < length; i++) {
            int lead = bytes[i] & 0xFF;
            boolean continuation = lead >= 0x80 && lead < 0xC0;
            offsets[i + 1] = offsets[i] + (continuation ? 0 : lead >= 0xF0 ? 2 : 1);
        }
        return findings.stream()
                .map(found -> new Finding(found.tag(), offsets[found.start()], offsets[found.end()]))
                .toList();
    }

    private static long lines(byte[] bytes, int length) {
        long lines = 0;
        int i = 0;
        for (; i <= length - Long.BYTES; i += Long.BYTES) {
            lines += Long.bitCount(Swar.equal((long) Swar.WORD.get(bytes, i), '\n'));
        }
        for (; i < length; i++) {
            lines += bytes[i] == '\n' ? 1 : 0;
        }
        return length > 0 && bytes[length - 1] != '\n' ? lines + 1 : lines;
    }

    /** Why content was dropped. Names the class of an exception and not its message, which may have content in it. */
    private static SortedSet<String> unknown(RuntimeException e) {
        SortedSet<String> unknown = new TreeSet<>();
        unknown.add(UNKNOWN
                + switch (e) {
                    case Budget.Exceeded _ -> "over-budget";
                    default -> "failed-" + e.getClass().getSimpleName();
                });
        return unknown;
    }

    private static String reason(Token failure) {
        return switch (failure) {
            case TRUNCATED -> "truncated-json";
            case TOO_DEEP -> "too-deep-json";
            case MALFORMED -> "malformed-json";
            default -> throw new IllegalArgumentException("no failure: " + failure);
        };
    }
}
