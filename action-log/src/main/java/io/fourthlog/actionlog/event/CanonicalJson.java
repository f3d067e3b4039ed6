package io.fourthlog.actionlog.event;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Map;
import java.util.TreeMap;

/**
 * RFC 8785 for JSON of any shape: what stands in a {@link JsonFragment}. Events themselves are written by their
 * {@link Shape}, which needs neither a tree nor a sort.
 */
final class CanonicalJson {

    static final int MAX_DEPTH = 64; // levels; recursion here and in the readers of events goes no deeper

    static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .build();

    private static final int MAX_PLAIN_EXPONENT = 21; // ECMA-262 Number::toString: more digits than these use e+
    private static final int MIN_PLAIN_EXPONENT = -6; // and smaller fractions use e-

    private CanonicalJson() {}

    /** The canonical form of a JSON text; throws IllegalArgumentException for what is not one JSON value. */
    static String canonicalize(String json) {
        try (JsonParser parser = FACTORY.createParser(json)) {
            if (parser.nextToken() == null) {
                throw new IllegalArgumentException("not JSON: there is no value");
            }
            final String canonical = read(parser);
            if (parser.nextToken() != null) {
                throw new IllegalArgumentException("not JSON: there is something after the value");
            }
            return canonical;
        } catch (IOException e) {
            throw new IllegalArgumentException("not JSON: " + e.getMessage(), e);
        }
    }

    /** Reads the value that the parser stands on, up to its last token, as canonical text. */
    static String read(JsonParser parser) throws IOException {
        final CanonicalBuffer out = new CanonicalBuffer();
        value(parser, out);
        return out.toString();
    }

    private static void value(JsonParser parser, CanonicalBuffer out) throws IOException {
        switch (parser.currentToken()) {
            case START_OBJECT -> object(parser, out);
            case START_ARRAY -> array(parser, out);
            case VALUE_STRING -> out.string(parser.getText());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> out.verbatim(number(Double.parseDouble(parser.getText())));
            case VALUE_TRUE -> out.verbatim("true");
            case VALUE_FALSE -> out.verbatim("false");
            case VALUE_NULL -> out.verbatim("null");
            case END_OBJECT, END_ARRAY, FIELD_NAME, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
                throw new IllegalArgumentException("not a JSON value: " + parser.currentToken());
        }
    }

    private static void object(JsonParser parser, CanonicalBuffer out) throws IOException {
        final Map<String, String> members = new TreeMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            final String name = parser.currentName();
            parser.nextToken();
            if (members.put(name, read(parser)) != null) {
                throw new IllegalArgumentException("the name \"" + name + "\" stands twice in one object");
            }
        }
        char separator = '{';
        for (final Map.Entry<String, String> member : members.entrySet()) {
            out.ascii(separator);
            out.string(member.getKey());
            out.ascii(':');
            out.verbatim(member.getValue());
            separator = ',';
        }
        if (separator == '{') {
            out.ascii('{');
        }
        out.ascii('}');
    }

    private static void array(JsonParser parser, CanonicalBuffer out) throws IOException {
        char separator = '[';
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            out.ascii(separator);
            value(parser, out);
            separator = ',';
        }
        if (separator == '[') {
            out.ascii('[');
        }
        out.ascii(']');
    }

    /** A number as ECMA-262, section 6.1.6.1.20, writes it, which RFC 8785 asks for. */
    static String number(double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("a number is too large for IEEE 754 double precision");
        }
        if (value == 0) {
            return "0";
        }
        final String sign = value < 0 ? "-" : "";
        final BigDecimal shortest = shortest(Math.abs(value));
        final String digits = shortest.unscaledValue().toString();
        final int count = digits.length();
        final int point = count - shortest.scale(); // the value is 0.DIGITS * 10^point
        if (point > MAX_PLAIN_EXPONENT || point <= MIN_PLAIN_EXPONENT) {
            final String fraction = count == 1 ? "" : "." + digits.substring(1);
            return sign + digits.charAt(0) + fraction + (point > 0 ? "e+" : "e-") + Math.abs(point - 1);
        }
        if (point <= 0) {
            return sign + "0." + "0".repeat(-point) + digits;
        }
        if (point >= count) {
            return sign + digits + "0".repeat(point - count);
        }
        return sign + digits.substring(0, point) + "." + digits.substring(point);
    }

    /** The fewest digits that give the double back. Java does the same, but never gives fewer than two. */
    private static BigDecimal shortest(double value) {
        final BigDecimal two = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        if (two.precision() != 2) {
            return two;
        }
        final BigDecimal one =
                two.round(new MathContext(1, RoundingMode.HALF_UP)).stripTrailingZeros();
        return one.doubleValue() == value ? one : two;
    }
}
