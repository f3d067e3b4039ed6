package io.fourthlog.sensor.action;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Names files as the record does, so that two spellings of one path are one resource. */
public final class Resources {
    /** Another name for the root or a folder of a process; a policy must not be got round by it. */
    private static final Pattern PROC_ROOT =
            Pattern.compile("/proc/(?:self|thread-self|\\d+)(?:/task/\\d+)?/root(?=/|$)");

    /**
     * The folder in which kubelet writes one version of a projected volume; the names that people use are links into it, and
     * it has a new name after each change (atomic_writer.go of k8s.io/kubernetes).
     */
    private static final Pattern VOLUME_VERSION =
            Pattern.compile("/\\.\\.\\d{4}_\\d\\d_\\d\\d_\\d\\d_\\d\\d_\\d\\d\\.\\d+(?=/|$)");

    private static final String UNRESERVED = "-._~/!$&'()*+,;=:@"; // with letters and digits, RFC 3986 path characters

    private Resources() {}

    /**
     * The path without {@code .}, {@code ..}, {@code /proc/self/root} and the versions of projected volumes; what is not a path
     * stays as it is.
     */
    public static String normalize(final String path) {
        String clean;
        try {
            clean = Path.of(path).normalize().toString();
        } catch (final InvalidPathException _) {
            return path;
        }
        while (clean.startsWith(
                "/proc/")) { // few paths do, and none but a volume's has a name that begins with two dots
            final Matcher root = PROC_ROOT.matcher(clean);
            if (!root.lookingAt()) {
                break;
            }
            clean = clean.substring(root.end());
        }
        if (clean.contains("/..")) {
            clean = VOLUME_VERSION.matcher(clean).replaceAll("");
        }
        return clean.isEmpty() ? "/" : clean;
    }

    private static String authority(final @Nullable String host, final int port) {
        if (host == null) {
            return "";
        }
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + (port == 0 ? "" : ":" + port);
    }

    /** {@code tcp://10.0.0.7:9092}: a server of which no more is known. */
    public static String serverUri(final String scheme, final String host, final int port) {
        return scheme + "://" + authority(host, port);
    }

    /** {@code postgres://alice@10.0.0.7}: a user of a database's. */
    public static String userUri(final String scheme, final String user, final @Nullable String host, final int port) {
        final StringBuilder uri = new StringBuilder(scheme).append("://");
        escape(user, "/:@", uri);
        return uri.append('@').append(authority(host, port)).toString();
    }

    /**
     * {@code postgres://10.0.0.7/crm/customers}: of a database or of a table in it.
     *
     * @param host {@code null} if it is on this machine, behind a path
     * @param port 0 for the one that the scheme has by itself
     * @param names of the database and the table, as far as they are known; a dot that is part of a table's name is {@code %2E}
     */
    public static String databaseUri(
            final String scheme, final @Nullable String host, final int port, final List<String> names) {
        final StringBuilder uri = new StringBuilder(scheme).append("://").append(authority(host, port));
        for (final String name : names) {
            uri.append('/');
            escape(name, "/", uri);
        }
        return uri.toString()
                .replace("%252E", "%2E"); // of a dot inside of a name, which the statement's reader has escaped
    }

    /** {@code file:///etc/hosts}; a path that is not absolute has no authority: {@code file:hosts}. */
    public static String fileUri(final String path) {
        final StringBuilder uri =
                new StringBuilder(path.length() + 8).append(path.startsWith("/") ? "file://" : "file:");
        escape(path, "", uri);
        return uri.toString();
    }

    /** @param reserved what is escaped as well */
    private static void escape(final String text, final String reserved, final StringBuilder to) {
        for (final byte b : text.getBytes(StandardCharsets.UTF_8)) {
            final char c = (char) (b & 0xff);
            if ((c < 0x80 && Character.isLetterOrDigit(c)) || (UNRESERVED.indexOf(c) >= 0 && reserved.indexOf(c) < 0)) {
                to.append(c);
            } else {
                to.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
            }
        }
    }
}
