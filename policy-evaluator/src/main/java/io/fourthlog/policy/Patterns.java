package io.fourthlog.policy;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * What {@code glob}, {@code cidr}, {@code host} and {@code tagMatches} match with. Patterns are literals in rules and made
 * once; a bad one is refused with the reason.
 */
final class Patterns {

    /** A pattern that cannot be. */
    static final class BadPattern extends Exception {
        BadPattern(String reason) {
            super(reason);
        }
    }

    /** Makes one pattern. */
    @FunctionalInterface
    interface Maker {
        Predicate<String> make(String pattern) throws BadPattern;
    }

    /**
     * What a rule holds a text to.
     *
     * @param instructions of the regular expressions that it takes; 0 if it takes none
     */
    record Any(Predicate<String> pattern, int instructions) {
        boolean test(Frame frame, String text) {
            return (instructions == 0 || frame.search(text, instructions)) && pattern.test(text);
        }
    }

    /** @param ofUnknown whether only {@code unknown:WHY} can match */
    record AnyTag(Any any, boolean ofUnknown) {}

    /** A pattern that takes a regular expression, which is to match all of the text. */
    private record Whole(Pattern regex) implements Predicate<String> {
        @Override
        public boolean test(String text) {
            return regex.matches(text);
        }
    }

    private Patterns() {}

    /** One pattern, or any of a list; whole names in it are looked up together. */
    static Any any(Object patterns, Maker maker, Predicate<String> plain, Function<String, String> fold)
            throws BadPattern {
        if (patterns instanceof String one) {
            final Predicate<String> pattern = maker.make(one);
            return new Any(pattern, instructions(pattern));
        }
        final Set<String> names = new HashSet<>();
        Predicate<String> any = value -> false;
        int instructions = 0;
        for (final Object each : (List<?>) patterns) {
            final String pattern = (String) each;
            if (plain.test(pattern)) {
                names.add(fold.apply(pattern));
            } else {
                final Predicate<String> made = maker.make(pattern);
                instructions += instructions(made);
                any = any.or(made);
            }
        }
        if (names.isEmpty()) {
            return new Any(any, instructions);
        }
        final Predicate<String> named = value -> names.contains(fold.apply(value));
        return new Any(named.or(any), instructions);
    }

    private static int instructions(Predicate<String> pattern) {
        return pattern instanceof Whole whole ? whole.regex().programSize() : 0;
    }

    /** {@code *} stands for anything but a slash, {@code **} for anything, {@code ?} for one character but a slash, {@code {a,b}} for either. */
    static Predicate<String> glob(String glob) throws BadPattern {
        final int star = glob.indexOf("**");
        if (star >= 0 && star == glob.length() - 2 && isPlain(glob.substring(0, star))) {
            final String prefix = glob.substring(0, star);
            return value -> value.startsWith(prefix);
        }
        return isPlain(glob) ? glob::equals : new Whole(compiled(globToRegex(glob)));
    }

    static boolean isPlain(String glob) {
        return glob.chars().noneMatch(c -> "*?{}\\".indexOf(c) >= 0);
    }

    /** What every name that matches begins with. */
    static String literalPrefix(String glob) {
        int end = 0;
        while (end < glob.length() && "*?{}\\".indexOf(glob.charAt(end)) < 0) {
            end++;
        }
        return glob.substring(0, end);
    }

    private static String globToRegex(String glob) throws BadPattern {
        final StringBuilder regex = new StringBuilder("(?s)");
        boolean braces = false;
        for (int i = 0; i < glob.length(); i++) {
            final char c = glob.charAt(i);
            switch (c) {
                case '*' -> {
                    final boolean deep = i + 1 < glob.length() && glob.charAt(i + 1) == '*';
                    regex.append(deep ? ".*" : "[^/]*");
                    i += deep ? 1 : 0;
                }
                case '?' -> regex.append("[^/]");
                case '{' -> {
                    if (braces) {
                        throw new BadPattern("glob \"" + glob + "\" has { inside of {");
                    }
                    braces = true;
                    regex.append("(?:");
                }
                case '}' -> {
                    regex.append(braces ? ")" : "\\}");
                    braces = false;
                }
                case '\\' -> {
                    if (++i == glob.length()) {
                        throw new BadPattern("glob \"" + glob + "\" ends with a backslash");
                    }
                    regex.append(Pattern.quote(glob.substring(i, i + 1)));
                }
                case ',' -> regex.append(braces ? "|" : ",");
                default -> regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        if (braces) {
            throw new BadPattern("glob \"" + glob + "\" has no } for its {");
        }
        return regex.toString();
    }

    /** A tag, in which {@code *} stands for anything: {@code secret:*}. */
    static Predicate<String> tag(String pattern) throws BadPattern {
        final int star = pattern.indexOf('*');
        if (star < 0) {
            return pattern::equals;
        }
        if (star == pattern.length() - 1) {
            final String prefix = pattern.substring(0, star);
            return tag -> tag.startsWith(prefix);
        }
        final StringBuilder regex = new StringBuilder("(?s)");
        for (int i = 0; i < pattern.length(); i++) {
            final char c = pattern.charAt(i);
            regex.append(c == '*' ? ".*" : Pattern.quote(String.valueOf(c)));
        }
        return new Whole(compiled(regex.toString()));
    }

    /** A name of a host, or {@code *.NAME} for all below it; without regard to case and to a dot at the end. */
    static Predicate<String> host(String pattern) throws BadPattern {
        final String name = fold(pattern);
        if (name.startsWith("*.") && name.indexOf('*', 1) < 0) {
            final String suffix = name.substring(1);
            return host -> endsWithIgnoringCase(host, suffix);
        }
        if (name.isEmpty() || name.indexOf('*') >= 0) {
            throw new BadPattern("host \"" + pattern + "\" is neither a name nor *.NAME");
        }
        return host -> endsWithIgnoringCase(host, name) && length(host) == name.length();
    }

    static String fold(String host) {
        return host.substring(0, length(host)).toLowerCase(Locale.ROOT);
    }

    private static boolean endsWithIgnoringCase(String host, String suffix) {
        final int from = length(host) - suffix.length();
        return from >= 0 && host.regionMatches(true, from, suffix, 0, suffix.length());
    }

    /** Without the dot of the root. */
    private static int length(String host) {
        return host.endsWith(".") ? host.length() - 1 : host.length();
    }

    /** A block of addresses, {@code 10.0.0.0/8} or {@code fd00::/8}, or one address; what is no address is in no block. */
    static Predicate<String> cidr(String block) throws BadPattern {
        final int slash = block.indexOf('/');
        final byte[] network;
        final int bits;
        try {
            network = InetAddress.ofLiteral(slash < 0 ? block : block.substring(0, slash))
                    .getAddress();
            bits = slash < 0 ? network.length * Byte.SIZE : Integer.parseInt(block.substring(slash + 1));
        } catch (IllegalArgumentException e) {
            throw new BadPattern("\"" + block + "\" is no block of addresses, as 10.0.0.0/8 is");
        }
        if (bits < 0 || bits > network.length * Byte.SIZE) {
            throw new BadPattern("\"" + block + "\" has a prefix that is longer than the address");
        }
        if (Arrays.mismatch(network, masked(network, bits)) >= 0) {
            throw new BadPattern("\"" + block + "\" has bits set behind its prefix");
        }
        return address -> contains(network, bits, address);
    }

    private static boolean contains(byte[] network, int bits, String address) {
        if (address.isEmpty()) {
            return false;
        }
        final byte[] bytes;
        try {
            bytes = InetAddress.ofLiteral(address).getAddress(); // an IPv4-mapped IPv6 address becomes the IPv4 one
        } catch (IllegalArgumentException e) {
            return false;
        }
        return bytes.length == network.length && Arrays.equals(network, masked(bytes, bits));
    }

    private static byte[] masked(byte[] address, int bits) {
        final byte[] masked = address.clone();
        for (int i = 0; i < masked.length; i++) {
            final int kept = Math.clamp(bits - i * Byte.SIZE, 0, Byte.SIZE);
            masked[i] &= (byte) (0xff << (Byte.SIZE - kept));
        }
        return masked;
    }

    /** @throws BadPattern when it is not RE2, or makes too large a program */
    static Pattern compiled(String regex) throws BadPattern {
        try {
            final Pattern pattern = Pattern.compile(regex);
            if (pattern.programSize() > Budget.REGEX) {
                throw new BadPattern("the regular expression needs " + pattern.programSize() + " instructions; at most "
                        + Budget.REGEX + " are allowed");
            }
            return pattern;
        } catch (PatternSyntaxException e) {
            throw new BadPattern(
                    "not a regular expression of RE2: " + e.getDescription() + ": \"" + e.getPattern() + "\"");
        }
    }
}
