package io.fourthlog.redaction;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What may persist of a text part.
 *
 * @param sensitivity tags such as {@code PII:email}; {@code unknown:WHY} when the content could not be classified and was dropped
 * @param bytes length of the content
 * @param lines lines of the content: its newlines, plus one if it does not end in one; 0 when empty
 * @param tokens what a model's tokenizer makes of the content, by {@link TokenEstimate}
 * @param fingerprint hashes; all null when the content was dropped
 */
public record Redacted(SortedSet<String> sensitivity, long bytes, long lines, long tokens, Fingerprint fingerprint) {

    public Redacted {
        sensitivity = sensitivity.isEmpty()
                ? Collections.emptySortedSet()
                : Collections.unmodifiableSortedSet(new TreeSet<>(sensitivity));
    }

    /** Whether the content could not be classified, so that nothing of it persists. */
    public boolean dropped() {
        return fingerprint.keyedHash() == null;
    }

    /** What the tags say in words, such as {@code contained secret-like pattern}; for readers, and the same for every tag of a family. */
    public SortedSet<String> semanticTags() {
        SortedSet<String> words = new TreeSet<>();
        for (String tag : sensitivity) {
            words.add(
                    switch (tag.substring(0, tag.indexOf(':') + 1)) {
                        case "secret:" -> "contained secret-like pattern";
                        case "PII:" -> "contained personal data";
                        case "PCI:" -> "contained payment card data";
                        case "PHI:" -> "contained health data";
                        case "unknown:" -> "could not be classified";
                        default -> "contained " + tag;
                    });
        }
        return words;
    }
}
