package io.fourthlog.sensor.protocol;

import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A tool's arguments of which each value is told with its place, a JSON path (RFC 9535) of names and indices, and a text in pieces, also of
 * several in turn (Vertex AI, "PartialArg").
 */
final class PartialArguments implements AutoCloseable {
    /** A value, or an object or array by its steps: {@code .name} or {@code [index]}. */
    private static final class Node {
        private final Map<String, Node> members = new LinkedHashMap<>();
        private boolean array;
        private @Nullable ContentBuffer value; // JSON; a string's last quote is not there yet
        private boolean text;
    }

    private static final byte QUOTE = '"';

    private final MemoryBudget budget;
    private final Limits limits;
    private final Node root = new Node();
    private int nodes;
    private long size; // of the JSON of them all, at most

    PartialArguments(final MemoryBudget budget, final Limits limits) {
        this.budget = budget;
        this.limits = limits;
    }

    /** Adds a value's JSON, or that of the next piece of a text; answers whether the place is one that it can have. */
    boolean add(final @Nullable String path, final ContentBuffer json) {
        final List<String> steps = path == null ? List.of() : steps(path);
        size += json.length() + 6L * steps.size() + (path == null ? 0 : 3 * path.length()); // names in UTF-8
        if (steps.isEmpty() || steps.size() > limits.jsonDepth() || size > limits.bodyBytes()) {
            return false;
        }
        Node node = root;
        for (final String step : steps) {
            final Node next = child(node, step);
            if (next == null) {
                return false;
            }
            node = next;
        }
        final byte[] bytes = json.array();
        final boolean text = bytes[0] == QUOTE;
        final ContentBuffer there = node.value;
        if (there != null) {
            return text && node.text && there.append(bytes, 1, json.length() - 2);
        }
        final ContentBuffer value = new ContentBuffer(budget, limits.bodyBytes());
        node.value = value;
        node.text = text;
        return node.members.isEmpty() && value.append(bytes, 0, json.length() - (text ? 1 : 0));
    }

    private @Nullable Node child(final Node of, final String step) {
        final Node known = of.members.get(step);
        if (known != null) {
            return known;
        }
        final boolean array = step.charAt(0) == '[';
        final boolean wrong = of.value != null
                || (!of.members.isEmpty() && of.array != array)
                || (array && !step.equals("[" + of.members.size()));
        if (wrong || ++nodes > limits.parts()) {
            return null;
        }
        of.array = array;
        final Node next = new Node();
        of.members.put(step, next);
        return next;
    }

    /** The steps of a path; none if it is no path to a single value. */
    private static List<String> steps(final String path) {
        final List<String> steps = new ArrayList<>();
        int at = 1;
        while (path.startsWith("$") && at < path.length()) {
            final boolean named = path.charAt(at) == '.';
            if (!named && path.charAt(at) != '[') {
                return List.of();
            }
            final String quote = path.startsWith("['", at) ? "'" : path.startsWith("[\"", at) ? "\"" : "";
            final int from = at + 1 + quote.length();
            final int to = named ? endOfName(path, from) : path.indexOf(quote + "]", from);
            final String step = to <= from ? "" : path.substring(from, to);
            if (step.isEmpty() || step.indexOf('\\') >= 0 || step.indexOf('"') >= 0 || step.indexOf('\ufffd') >= 0) {
                return List.of();
            }
            steps.add((named || !quote.isEmpty() ? "." : "[") + step);
            at = named ? to : to + 1 + quote.length();
        }
        return steps;
    }

    private static int endOfName(final String path, final int from) {
        int at = from;
        while (at < path.length() && path.charAt(at) != '.' && path.charAt(at) != '[') {
            at++;
        }
        return at;
    }

    /** Writes the JSON of them all; answers whether it did fit. */
    boolean write(final ContentBuffer to) {
        return write(root, to);
    }

    private static boolean write(final Node node, final ContentBuffer to) {
        if (node.value != null) {
            return to.append(node.value.array(), 0, node.value.length()) && (!node.text || ascii("\"", to));
        }
        boolean fits = ascii(node.array ? "[" : "{", to);
        String before = "";
        for (final Map.Entry<String, Node> each : node.members.entrySet()) {
            final byte[] name = (before
                            + (node.array ? "" : "\"" + each.getKey().substring(1) + "\":"))
                    .getBytes(StandardCharsets.UTF_8);
            fits = fits && to.append(name, 0, name.length) && write(each.getValue(), to);
            before = ",";
        }
        return fits && ascii(node.array ? "]" : "}", to);
    }

    private static boolean ascii(final String text, final ContentBuffer to) {
        return to.append(text.getBytes(StandardCharsets.US_ASCII), 0, text.length());
    }

    @Override
    public void close() {
        close(root);
    }

    private static void close(final Node node) {
        if (node.value != null) {
            node.value.close();
        }
        node.members.values().forEach(PartialArguments::close);
        node.members.clear();
    }
}
