package io.fourthlog.sensor.action;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

    /** {@code file:///etc/hosts}; a path that is not absolute has no authority: {@code file:hosts}. */
    public static String fileUri(final String path) {
        final StringBuilder uri =
                new StringBuilder(path.length() + 8).append(path.startsWith("/") ? "file://" : "file:");
        for (final byte b : path.getBytes(StandardCharsets.UTF_8)) {
            final char c = (char) (b & 0xff);
            if ((c < 0x80 && Character.isLetterOrDigit(c)) || UNRESERVED.indexOf(c) >= 0) {
                uri.append(c);
            } else {
                uri.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
            }
        }
        return uri.toString();
    }
}
