package io.fourthlog.redaction.detect;

import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Tells from the name of a resource alone (a path, a URL, a host) whether it usually holds credentials or is inside the private
 * network. Works on bytes, since names come out of tool parameters as well.
 */
public final class ResourceNames {

    /** A file or folder that usually holds credentials. */
    public static final int FILESYSTEM_SENSITIVE = 1;

    /** An address inside the machine, the cluster or the private network. */
    public static final int NETWORK_INTERNAL = 2;

    /** Folders, with everything in them; each ends before a separator or the end of the name. */
    private static final String[] FOLDERS = {
        "/etc/secrets", "/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/sudoers.d", "/etc/ssl/private",
        "/etc/kubernetes", "/var/run/secrets", "/run/secrets", "/var/lib/kubelet", "/proc/kcore", "/dev/mem"
    };

    /** Files and folders, wherever they are. */
    private static final String[][] SEGMENTS = byLength(
            ".ssh",
            ".aws",
            ".gnupg",
            ".kube",
            ".docker",
            ".azure",
            ".netrc",
            "_netrc",
            ".npmrc",
            ".pypirc",
            ".pgpass",
            ".my.cnf",
            ".git-credentials",
            ".htpasswd",
            ".vault-token",
            ".bash_history",
            ".zsh_history",
            ".psql_history",
            "id_rsa",
            "id_dsa",
            "id_ecdsa",
            "id_ed25519",
            "credentials",
            "credentials.json",
            "application_default_credentials.json",
            "secrets",
            "secrets.json",
            "secrets.yaml",
            "secrets.yml",
            "kubeconfig",
            "master.key");

    private static final String[] EXTENSIONS = {".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk"};

    /** Where files with such extensions are public. */
    private static final String[][] PUBLIC_SEGMENTS =
            byLength("certs", "ca-certificates", "cacert.pem", "ca.pem", "ca-bundle.pem");

    private static final String[] INTERNAL_DOMAINS = {
        ".localhost", ".local", ".internal", ".svc", ".lan", ".intranet", ".corp", ".home.arpa"
    };

    /** How names of members end whose value is a path, a URL or a host. */
    private static final String[] RESOURCE_MEMBERS = {
        "path",
        "file",
        "filename",
        "dir",
        "directory",
        "folder",
        "url",
        "uri",
        "host",
        "hostname",
        "endpoint",
        "address",
        "server",
        "cwd"
    };

    private ResourceNames() {}

    /** Whether a member of this name, such as {@code file_path} or {@code baseUrl}, has the name of a resource as its value. */
    public static boolean namesResource(byte[] member, int from, int to) {
        return isAnyOf(member, from, to, RESOURCE_MEMBERS) || endsWithAny(member, from, to, RESOURCE_MEMBERS);
    }

    /** Classes of the one name that a range is. */
    public static int classify(byte[] name, int from, int to) {
        int scheme = indexOf(name, from, to, "://");
        if (scheme < 0) {
            int path = isSensitivePath(name, from, to) ? FILESYSTEM_SENSITIVE : 0;
            boolean host = from < to && name[from] != '/' && isInternalHost(name, from, hostEnd(name, from, to), false);
            return path | (host ? NETWORK_INTERNAL : 0);
        }
        int authority = scheme + 3;
        if (Bytes.equalsIgnoreCase(name, from, scheme, "file")) {
            return isSensitivePath(name, authority, to) ? FILESYSTEM_SENSITIVE : 0;
        }
        return isInternalHost(name, authority, hostEnd(name, authority, to), true) ? NETWORK_INTERNAL : 0;
    }

    /** Classes of the names that a text has in it, such as a command line. */
    public static int classifyWords(byte[] text, int from, int to) {
        int classes = 0;
        int word = from;
        for (int i = from; i <= to; i++) {
            if (i == to || endsWord(text[i])) {
                if (looksLikeName(text, word, i)) {
                    classes |= classify(text, word, i);
                }
                word = i + 1;
            }
        }
        return classes;
    }

    private static boolean endsWord(byte b) {
        return switch (b) {
            case '"', '\'', '`', '=', ',', ';', '(', ')', '<', '>', '|', '&', '{', '}' -> true;
            default -> Bytes.is(b, Bytes.SPACE);
        };
    }

    private static boolean looksLikeName(byte[] text, int from, int to) {
        if (to - from < 2) {
            return false;
        }
        boolean drive = Bytes.is(text[from], Bytes.LETTER)
                && text[from + 1] == ':'
                && Bytes.has(text, from, to, from + 2, '\\');
        return drive || text[from] == '~' || text[from] == '.' || indexOf(text, from, to, "/") >= 0;
    }

    private static boolean isSensitivePath(byte[] name, int from, int to) {
        int end = to;
        while (end > from + 1 && isSeparator(name[end - 1])) {
            end--;
        }
        for (String folder : FOLDERS) {
            if (Bytes.startsWith(name, from, end, folder)
                    && (from + folder.length() == end || isSeparator(name[from + folder.length()]))) {
                return true;
            }
        }
        boolean published = false;
        int segment = from;
        for (int i = from; i <= end; i++) {
            if (i == end || isSeparator(name[i])) {
                if (isAnyOf(name, segment, i, SEGMENTS) || isEnvironmentFile(name, segment, i)) {
                    return true;
                }
                published |= isAnyOf(name, segment, i, PUBLIC_SEGMENTS);
                segment = i + 1;
            }
        }
        return (!published && endsWithAny(name, from, end, EXTENSIONS)) || isProcessSecret(name, from, end);
    }

    private static boolean isEnvironmentFile(byte[] name, int from, int to) {
        return Bytes.equalsIgnoreCase(name, from, to, ".env")
                || (Bytes.startsWith(name, from, to, ".env.")
                        && !endsWith(name, from, to, ".example")
                        && !endsWith(name, from, to, ".sample")
                        && !endsWith(name, from, to, ".template"));
    }

    private static boolean isProcessSecret(byte[] name, int from, int to) {
        return Bytes.startsWith(name, from, to, "/proc/")
                && (endsWith(name, from, to, "/environ") || endsWith(name, from, to, "/mem"));
    }

    private static boolean isSeparator(byte b) {
        return b == '/' || b == '\\';
    }

    /** Index after a host and a port. */
    private static int hostEnd(byte[] name, int from, int to) {
        int i = from;
        while (i < to && !isSeparator(name[i]) && name[i] != '?' && name[i] != '#') {
            i++;
        }
        return i;
    }

    private static boolean isInternalHost(byte[] name, int from, int to, boolean surelyHost) {
        int start = from;
        for (int i = from; i < to; i++) {
            start = name[i] == '@' ? i + 1 : start;
        }
        if (Bytes.has(name, start, to, start, '[')) {
            int bracket = indexOf(name, start, to, "]");
            return isInternalV6(name, start + 1, bracket < 0 ? to : bracket);
        }
        int colon = indexOf(name, start, to, ":");
        if (colon >= 0 && indexOf(name, colon + 1, to, ":") >= 0) {
            return isInternalV6(name, start, to);
        }
        int end = colon < 0 ? to : colon;
        while (end > start && name[end - 1] == '.') {
            end--;
        }
        long v4 = v4(name, start, end);
        if (v4 >= 0) {
            return isInternalV4(v4);
        }
        boolean single = surelyHost && end > start && indexOf(name, start, end, ".") < 0;
        return single
                || Bytes.equalsIgnoreCase(name, start, end, "localhost")
                || endsWithAny(name, start, end, INTERNAL_DOMAINS);
    }

    /** The address as a number, or -1 if it is not four decimal numbers. */
    private static long v4(byte[] name, int from, int to) {
        long address = 0;
        int parts = 0;
        int at = from;
        while (at < to && parts < 4) {
            int end = Bytes.runEnd(name, at, Math.min(to, at + 3), Bytes.DIGIT);
            int part = 0;
            for (int i = at; i < end; i++) {
                part = part * 10 + (name[i] - '0');
            }
            boolean separated = parts == 3 ? end == to : Bytes.has(name, from, to, end, '.');
            if (end == at || part > 255 || !separated) {
                return -1;
            }
            address = address << 8 | part;
            parts++;
            at = end + 1;
        }
        return parts == 4 ? address : -1;
    }

    /** RFC 1918, RFC 6598, loopback, link-local (the metadata service of most clouds) and this host. */
    private static boolean isInternalV4(long address) {
        int first = (int) (address >> 24);
        int second = (int) (address >> 16) & 0xFF;
        return first == 0
                || first == 10
                || first == 127
                || (first == 100 && second >= 64 && second < 128)
                || (first == 169 && second == 254)
                || (first == 172 && second >= 16 && second < 32)
                || (first == 192 && second == 168);
    }

    /** Loopback, unique local (RFC 4193), link-local, and internal IPv4 addresses that are mapped. */
    private static boolean isInternalV6(byte[] name, int from, int to) {
        if (Bytes.equalsIgnoreCase(name, from, to, "::1") || Bytes.equalsIgnoreCase(name, from, to, "::")) {
            return true;
        }
        if (to - from > 7 && Bytes.equalsIgnoreCase(name, from, from + 7, "::ffff:")) {
            long v4 = v4(name, from + 7, to);
            return v4 >= 0 && isInternalV4(v4);
        }
        if (to - from < 4 || !Bytes.has(name, from, to, from + 4, ':')) {
            return false;
        }
        return Bytes.equalsIgnoreCase(name, from, from + 2, "fc")
                || Bytes.equalsIgnoreCase(name, from, from + 2, "fd")
                || Bytes.equalsIgnoreCase(name, from, from + 3, "fe8");
    }

    private static String[][] byLength(String... words) {
        int longest = Stream.of(words).mapToInt(String::length).max().orElse(0);
        return IntStream.rangeClosed(0, longest)
                .mapToObj(length ->
                        Stream.of(words).filter(word -> word.length() == length).toArray(String[]::new))
                .toArray(String[][]::new);
    }

    private static boolean isAnyOf(byte[] name, int from, int to, String[][] byLength) {
        return to - from < byLength.length && isAnyOf(name, from, to, byLength[to - from]);
    }

    private static boolean isAnyOf(byte[] name, int from, int to, String[] words) {
        for (String word : words) {
            if (Bytes.equalsIgnoreCase(name, from, to, word)) {
                return true;
            }
        }
        return false;
    }

    private static boolean endsWithAny(byte[] name, int from, int to, String[] endings) {
        for (String ending : endings) {
            if (endsWith(name, from, to, ending)) {
                return true;
            }
        }
        return false;
    }

    private static boolean endsWith(byte[] name, int from, int to, String ending) {
        return to - from > ending.length() && Bytes.equalsIgnoreCase(name, to - ending.length(), to, ending);
    }

    private static int indexOf(byte[] name, int from, int to, String literal) {
        for (int i = from; i + literal.length() <= to; i++) {
            if (Bytes.startsWith(name, i, to, literal)) {
                return i;
            }
        }
        return -1;
    }
}
