package io.fourthlog.trail.folder;

import io.fourthlog.actionlog.log.RetentionClass;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a sensor's log, {@code CLUSTER.NAMESPACE.NODE} or {@code CLUSTER.NAMESPACE.NODE@CLASS}: cluster and namespace are DNS
 * labels, the node may have dots, and the class says how long the events are kept. It is safe as the name of a folder.
 */
public record LogName(String name) implements Comparable<LogName> {

    private static final int MAX_LENGTH = 255; // bytes in a file name
    private static final String LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
    private static final Pattern PATTERN =
            Pattern.compile(LABEL + "\\." + LABEL + "(?:\\." + LABEL + ")+" + "(?:@(.+))?");

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
        final Matcher matcher = PATTERN.matcher(name);
        return name.length() <= MAX_LENGTH
                && matcher.matches()
                && (matcher.group(1) == null || RetentionClass.ofLog(name).isPresent());
    }

    /** The name of the sensor. */
    public String sensor() {
        return sensorOf(name);
    }

    /** The name of the sensor of a log with this name. */
    public static String sensorOf(String log) {
        final int at = log.indexOf(RetentionClass.SEPARATOR);
        return at < 0 ? log : log.substring(0, at);
    }

    /** How long the events are kept; logs of before there were classes have none. */
    public Optional<RetentionClass> retentionClass() {
        return RetentionClass.ofLog(name);
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
