package io.fourthlog.trail;

import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Globs over workload ids, in which {@code *} is any text and {@code ?} one character. */
public final class Globs {

    private Globs() {}

    /** What fits a glob; compiled once for many. */
    public static Predicate<String> matcher(String glob) {
        final StringBuilder regex = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            switch (glob.charAt(i)) {
                case '*' -> regex.append(".*");
                case '?' -> regex.append('.');
                default -> regex.append(Pattern.quote(glob.substring(i, i + 1)));
            }
        }
        return Pattern.compile(regex.toString(), Pattern.DOTALL).asMatchPredicate();
    }
}
