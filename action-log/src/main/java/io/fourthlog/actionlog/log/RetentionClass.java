package io.fourthlog.actionlog.log;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What all events of a log have in common: the tier that they are kept under, and for how long. It stands in the log's name, which
 * every key of the log signs, so nobody can shorten it afterwards: {@code cluster.namespace.node@pci-12mo}.
 *
 * @param name {@code TIER-PERIOD}, such as {@code pci-12mo}: lower-case letters, digits and hyphens
 */
public record RetentionClass(String name) {

    /** What separates a sensor's name from the class. */
    public static final char SEPARATOR = '@';

    private static final int MAX_LENGTH = 48;
    private static final int MAX_TIER = 40;
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]*-([1-9][0-9]{0,4})(d|mo|y)");

    public RetentionClass {
        if (name.length() > MAX_LENGTH || !NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("\"" + name + "\" is not a retention class: it looks like pci-12mo");
        }
    }

    /** The class of a tier's events with this period. */
    public static RetentionClass of(String tier, String period) {
        final String safe = tier.replaceAll("[^a-z0-9-]", "-");
        return new RetentionClass(safe.substring(0, Math.min(safe.length(), MAX_TIER)) + "-" + period);
    }

    /** The class that a log's name states. */
    public static Optional<RetentionClass> ofLog(String origin) {
        final int at = origin.indexOf(SEPARATOR);
        final String name = origin.substring(at + 1);
        return at > 0 && name.length() <= MAX_LENGTH && NAME.matcher(name).matches()
                ? Optional.of(new RetentionClass(name))
                : Optional.empty();
    }

    /** The tier, as {@link #of} writes it. */
    public String tier() {
        return name.substring(0, name.lastIndexOf('-'));
    }

    /** For how many days an event is kept at least; a month has 31 and twelve months or a year 366. */
    public int days() {
        final Matcher parts = NAME.matcher(name);
        parts.matches();
        final int count = Integer.parseInt(parts.group(1));
        return switch (parts.group(2)) {
            case "y" -> count * 366;
            case "mo" -> count / 12 * 366 + count % 12 * 31;
            default -> count;
        };
    }

    @Override
    public String toString() {
        return name;
    }
}
