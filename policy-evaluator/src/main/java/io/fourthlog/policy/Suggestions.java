package io.fourthlog.policy;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the name that a writer probably meant: the nearest by edits, if it is near enough. */
public final class Suggestions {

    private static final int LETTERS_PER_EDIT = 3; // one edit in three letters is still the same word

    private Suggestions() {}

    static Optional<String> nearest(String written, Collection<String> names) {
        final int allowed = Math.max(1, written.length() / LETTERS_PER_EDIT);
        return names.stream()
                .filter(name -> edits(written, name) <= allowed)
                .min(Comparator.comparingInt((String name) -> edits(written, name))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** {@code ; did you mean "NAME"?}, or nothing if no name is near enough. */
    public static String didYouMean(String written, Collection<String> names) {
        return nearest(written, names)
                .map(name -> "; did you mean \"" + name + "\"?")
                .orElse("");
    }

    /** Damerau and Levenshtein's distance, in its restricted form: insert, delete, replace, swap neighbours. */
    private static int edits(String a, String b) {
        int[] beforeLast = new int[b.length() + 1];
        int[] last = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            last[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            final int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                final int replace = last[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replace, 1 + Math.min(last[j], row[j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
                }
            }
            beforeLast = last;
            last = row;
        }
        return last[b.length()];
    }
}
