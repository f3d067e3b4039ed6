package io.fourthlog.policy;

import dev.cel.runtime.RuntimeEquality;
import dev.cel.runtime.RuntimeHelpers;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What compiled code calls for operations that are more than a few instructions. Those that can fail take the frame: when
 * they have left a failure there, their result means nothing.
 */
final class Natives {

    private static final RuntimeEquality EQUALITY = RuntimeEquality.create(RuntimeHelpers.create(), Budget.OPTIONS);
    private static final Failure OVERFLOW =
            new Failure.Fault("the result of integer arithmetic does not fit in 64 bits");
    private static final Failure DIVIDED_BY_ZERO = new Failure.Fault("divided by zero");
    private static final Failure NO_INDEX = new Failure.Fault("no element has this index");
    private static final Failure NO_KEY = new Failure.Fault("the map does not have this key");
    private static final Failure TWICE = new Failure.Fault("a map literal has a key twice");
    private static final Failure NO_BOOL = new Failure.Fault("this is not a bool");
    private static final Failure LONG_TEXT = new Failure.OverBudget(
            "+ makes a string of more than " + Budget.TEXT + " characters; at most that is allowed");
    private static final Failure LONG_LIST = new Failure.OverBudget(
            "+ makes a list of more than " + Budget.ELEMENTS + " elements; at most that is allowed");

    private Natives() {}

    static boolean equal(Object a, Object b) {
        return (a instanceof String || a instanceof Long || a instanceof Instant)
                ? a.equals(b)
                : EQUALITY.objectEquals(a, b);
    }

    @SuppressWarnings({"rawtypes", "unchecked"}) // CEL's checker has held that they are of one type
    static int compare(Object a, Object b) {
        return ((Comparable) a).compareTo(b);
    }

    static long add(Frame frame, long a, long b) {
        final long sum = a + b;
        if (((a ^ sum) & (b ^ sum)) < 0) {
            frame.failure = OVERFLOW;
        }
        return sum;
    }

    static long subtract(Frame frame, long a, long b) {
        final long difference = a - b;
        if (((a ^ b) & (a ^ difference)) < 0) {
            frame.failure = OVERFLOW;
        }
        return difference;
    }

    static long multiply(Frame frame, long a, long b) {
        final long product = a * b;
        if (Math.multiplyHigh(a, b) != (product >> 63)) {
            frame.failure = OVERFLOW;
        }
        return product;
    }

    static long divide(Frame frame, long a, long b) {
        if (b == 0) {
            frame.failure = DIVIDED_BY_ZERO;
            return 0;
        }
        if (a == Long.MIN_VALUE && b == -1) {
            frame.failure = OVERFLOW;
            return 0;
        }
        return a / b;
    }

    static long remainder(Frame frame, long a, long b) {
        if (b == 0) {
            frame.failure = DIVIDED_BY_ZERO;
            return 0;
        }
        return a % b;
    }

    static long negate(Frame frame, long a) {
        if (a == Long.MIN_VALUE) {
            frame.failure = OVERFLOW;
        }
        return -a;
    }

    static String concat(Frame frame, String a, String b) {
        if (a.length() + b.length() > Budget.TEXT) {
            frame.failure = LONG_TEXT;
            return "";
        }
        return a + b;
    }

    static List<?> concat(Frame frame, List<?> a, List<?> b) {
        if (a.size() + b.size() > Budget.ELEMENTS) {
            frame.failure = LONG_LIST;
            return List.of();
        }
        final List<Object> both = new ArrayList<>(a.size() + b.size());
        both.addAll(a);
        both.addAll(b);
        return both;
    }

    static Object index(Frame frame, List<?> list, long index) {
        if (index < 0 || index >= list.size()) {
            frame.failure = NO_INDEX;
            return "";
        }
        return list.get((int) index);
    }

    /** For keys that are strings or integers. */
    static Object value(Frame frame, Map<?, ?> map, Object key) {
        final Object value = map.get(key);
        if (value == null) {
            frame.failure = NO_KEY;
            return "";
        }
        return value;
    }

    static void put(Frame frame, Map<Object, Object> map, Object key, Object value) {
        if (map.put(key, value) != null) {
            frame.failure = TWICE;
        }
    }

    /** For elements that are strings or integers. */
    static boolean in(Object value, List<?> list) {
        for (int i = 0; i < list.size(); i++) {
            if (value.equals(list.get(i))) {
                return true;
            }
        }
        return false;
    }

    static List<Object> keys(Map<?, ?> map) {
        return new ArrayList<>(map.keySet());
    }

    static long size(String text) {
        return text.codePointCount(0, text.length());
    }

    static boolean bool(Frame frame, Object value) {
        if (value instanceof Boolean bool) {
            return bool;
        }
        frame.failure = NO_BOOL;
        return false;
    }
}
