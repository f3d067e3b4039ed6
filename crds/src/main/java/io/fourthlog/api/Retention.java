package io.fourthlog.api;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A length of retention as people write it: {@code 90d}, {@code 6mo}, {@code 5y}. For comparison a month has 31 days and twelve
 * months or a year have 366, so that what is kept "a year" is never shorter than any calendar year.
 *
 * @param text a positive whole number and a unit
 */
public record Retention(@JsonValue String text) implements Comparable<Retention> {

    private static final Pattern SYNTAX = Pattern.compile("([1-9][0-9]{0,4})(d|mo|y)");

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public Retention {
        if (!SYNTAX.matcher(text).matches()) {
            throw new IllegalArgumentException("\"" + text + "\" is not a retention: write 90d, 6mo or 5y");
        }
    }

    public int days() {
        Matcher parts = SYNTAX.matcher(text);
        parts.matches();
        int count = Integer.parseInt(parts.group(1));
        return switch (parts.group(2)) {
            case "y" -> count * 366;
            case "mo" -> count / 12 * 366 + count % 12 * 31;
            default -> count;
        };
    }

    @Override
    public int compareTo(Retention other) {
        return Integer.compare(days(), other.days());
    }

    @Override
    public String toString() {
        return text;
    }
}
