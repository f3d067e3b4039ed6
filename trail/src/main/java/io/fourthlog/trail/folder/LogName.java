package io.fourthlog.trail.folder;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of a sensor's log, {@code CLUSTER.NAMESPACE.NODE}: cluster and namespace are DNS labels, and the node may have
 * dots. It is safe as the name of a folder.
 */
public record LogName(String name) implements Comparable<LogName> {

    private static final int MAX_LENGTH = 255; // bytes in a file name
    private static final String LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
    private static final Pattern PATTERN = Pattern.compile(LABEL + "\\." + LABEL + "(?:\\." + LABEL + ")+");

    public LogName {
        if (!isName(name)) {
            throw new IllegalArgumentException("not a log's name: " + name);
        }
    }

    /** The name, if it is one. */
    public static Optional<LogName> parse(String name) {
        return isName(name) ? Optional.of(new LogName(name)) : Optional.empty();
    }

    private static boolean isName(String name) {
        return name.length() <= MAX_LENGTH && PATTERN.matcher(name).matches();
    }

    /** The audited namespace. */
    public String namespace() {
        return name.split("\\.", 3)[1];
    }

    @Override
    public int compareTo(LogName other) {
        return name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return name;
    }
}
