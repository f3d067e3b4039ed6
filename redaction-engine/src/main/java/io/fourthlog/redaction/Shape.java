package io.fourthlog.redaction;

import java.util.EnumSet;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The shape of a JSON value, or of several that are described as one (the elements of an array); written as RFC 8785 JSON.
 *
 * <pre>
 * {"properties":{NAME:SHAPE…},"type":"object"}
 * {"items":SHAPE,"length":BUCKET,"type":"array"}            no items when none was described
 * {"length":BUCKET,"sensitivity":[TAG…],"type":"string"}    length in bytes of UTF-8; no sensitivity when there is none
 * {"type":"number"}  {"type":"boolean"}  {"type":"null"}
 * "type":["number","string"]                                when several values differ
 * "truncated":true                                          when there is more than the profile describes
 * BUCKET                                                    0, 1-9, 10-99, 100-999, 1000-9999 or 10000+, of the longest one
 * </pre>
 */
final class Shape {

    /** Types of JSON values, in the order in which they are listed. */
    enum Type {
        ARRAY,
        BOOLEAN,
        NULL,
        NUMBER,
        OBJECT,
        STRING
    }

    private final EnumSet<Type> types = EnumSet.noneOf(Type.class);
    private final SortedSet<String> sensitivity = new TreeSet<>();
    private final TreeMap<String, Shape> properties = new TreeMap<>(); // String order is UTF-16 order
    private @Nullable Shape items;
    private int length;
    private boolean truncated;

    void is(Type type) {
        types.add(type);
    }

    /** A string of so many bytes, or an array of so many elements. */
    void is(Type type, int length) {
        types.add(type);
        this.length = Math.max(this.length, length);
    }

    SortedSet<String> sensitivity() {
        return sensitivity;
    }

    void truncate() {
        truncated = true;
    }

    /** The shape of all elements. */
    Shape items() {
        if (items == null) {
            items = new Shape();
        }
        return items;
    }

    @Nullable
    Shape property(String name) {
        return properties.get(name);
    }

    Shape addProperty(String name) {
        Shape added = new Shape();
        properties.put(name, added);
        return added;
    }

    String toJson() {
        StringBuilder out = new StringBuilder();
        write(out);
        return out.toString();
    }

    private void write(StringBuilder out) {
        out.append('{');
        if (items != null) {
            out.append("\"items\":");
            items.write(out);
            out.append(',');
        }
        if (types.contains(Type.ARRAY) || types.contains(Type.STRING)) {
            out.append("\"length\":\"").append(bucket(length)).append("\",");
        }
        if (types.contains(Type.OBJECT)) {
            out.append("\"properties\":{");
            String separator = "";
            for (var property : properties.entrySet()) {
                out.append(separator);
                quote(property.getKey(), out);
                out.append(':');
                property.getValue().write(out);
                separator = ",";
            }
            out.append("},");
        }
        if (!sensitivity.isEmpty()) {
            out.append("\"sensitivity\":[\"")
                    .append(String.join("\",\"", sensitivity))
                    .append("\"],");
        }
        if (truncated) {
            out.append("\"truncated\":true,");
        }
        out.append("\"type\":");
        writeTypes(out);
        out.append('}');
    }

    private void writeTypes(StringBuilder out) {
        boolean several = types.size() > 1;
        out.append(several ? "[" : "");
        String separator = "";
        for (Type type : types) {
            out.append(separator)
                    .append('"')
                    .append(type.name().toLowerCase(Locale.ROOT))
                    .append('"');
            separator = ",";
        }
        out.append(several ? "]" : "");
    }

    static String bucket(int length) {
        if (length == 0) {
            return "0";
        }
        return length < 10
                ? "1-9"
                : length < 100 ? "10-99" : length < 1_000 ? "100-999" : length < 10_000 ? "1000-9999" : "10000+";
    }

    static void quote(String name, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            switch (c) {
                case '"', '\\' -> out.append('\\').append(c);
                case '\b' -> out.append("\\b");
                case '\t' -> out.append("\\t");
                case '\n' -> out.append("\\n");
                case '\f' -> out.append("\\f");
                case '\r' -> out.append("\\r");
                default -> {
                    if (c < ' ') {
                        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
