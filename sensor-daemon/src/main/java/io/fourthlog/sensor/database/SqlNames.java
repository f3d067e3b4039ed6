package io.fourthlog.sensor.database;

import io.fourthlog.sensor.database.SqlStatement.Dialect;
import io.fourthlog.sensor.database.Statement.Mode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** The tables that a statement names, as its server reads their names, without those that stand for a query of its own (CTEs). */
final class SqlNames {
    private static final int TABLES = 16; // of one statement
    private static final int NAMES = 1024; // of all statements of a text
    private static final int CTES = 64; // known at a time; what is named like a further one counts as a table
    private static final int NAME = 128; // bytes
    private static final int PART = 63; // bytes of a name that PostgreSQL regards (NAMEDATALEN)
    private static final int PARTS = 3; // of a qualified name
    private static final Pattern ODD = Pattern.compile("\\p{Cntrl}");

    /** A name of WITH, which stands for a query within its level. */
    private static final class Cte {
        private final String name;
        private final int depth;
        private boolean visible;

        private Cte(final String name, final int depth) {
            this.name = name;
            this.depth = depth;
        }
    }

    private final boolean mySql;
    private final Set<String> tables = new LinkedHashSet<>();
    private final List<Cte> ctes = new ArrayList<>();
    private int names; // of all statements so far
    private boolean more; // tables than are kept

    // of the name that is being read
    private final String[] parts = new String[PARTS];
    private int count;
    private boolean quoted;
    private boolean target; // it is written, and no function

    SqlNames(final Dialect dialect) {
        mySql = dialect.isMySql();
    }

    /** Another statement begins. */
    void reset() {
        tables.clear();
        ctes.clear();
        more = false;
        count = 0;
    }

    /** A word or a quoted name, as much of it as tells names apart. */
    String text(final byte[] bytes, final int length) {
        int end = Math.min(length, mySql ? NAME : PART);
        while (end > 0 && end < length && (bytes[end] & 0xc0) == 0x80) {
            end--; // a character is not cut
        }
        return ODD.matcher(new String(bytes, 0, end, StandardCharsets.UTF_8)).replaceAll("\ufffd");
    }

    String folded(final String text, final boolean inQuotes) {
        return inQuotes || mySql ? text : lower(text);
    }

    private static String lower(final String text) {
        final char[] chars = text.toCharArray();
        for (int i = 0; i < chars.length; i++) {
            if (chars[i] >= 'A' && chars[i] <= 'Z') {
                chars[i] = (char) (chars[i] | 0x20);
            }
        }
        return new String(chars);
    }

    /** Whether a name is being read. */
    boolean isReading() {
        return count > 0;
    }

    /** A name that may be a table's begins. */
    void begin(final String text, final boolean inQuotes, final boolean isTarget) {
        parts[0] = folded(text, inQuotes);
        count = 1;
        quoted = inQuotes;
        target = isTarget;
    }

    /** Another part of it, of which the last ones count. */
    void part(final String text, final boolean inQuotes) {
        if (count == PARTS) {
            System.arraycopy(parts, 1, parts, 0, PARTS - 1);
            count--;
        }
        parts[count++] = folded(text, inQuotes);
        quoted = inQuotes;
    }

    /**
     * What follows a name, a sign or a word, shows whether it was a table's.
     *
     * @return whether it was none, but the beginning of {@code ROWS FROM}
     */
    boolean end(final int next, final String upper) {
        if (count == 0) {
            return false;
        }
        final boolean function = !target && next == '(';
        final boolean rowsFrom = count == 1 && !quoted && !mySql && upper.equals("FROM") && parts[0].equals("rows");
        if (!function && !rowsFrom) {
            table();
        }
        count = 0;
        return rowsFrom;
    }

    private void table() {
        final int first = !mySql && count == PARTS ? 1 : 0; // the database, which can only be this one
        final StringBuilder qualified = new StringBuilder();
        for (int i = first; i < count; i++) {
            if (i == first && i < count - 1 && !mySql && parts[i].equals("public")) {
                continue;
            }
            qualified.append(qualified.isEmpty() ? "" : ".").append(parts[i]);
        }
        final String name = qualified.toString();
        if (count == 1 && !target && isCte(name)) {
            return;
        }
        if (count == 1 && !quoted && mySql && name.equalsIgnoreCase("DUAL")) {
            return;
        }
        final String kept = bounded(name);
        if (tables.contains(kept)) {
            return;
        }
        if (tables.size() == TABLES || names == NAMES) {
            more = true;
            return;
        }
        tables.add(kept);
        names++;
    }

    private static String bounded(final String name) {
        String kept = name;
        while (kept.getBytes(StandardCharsets.UTF_8).length > NAME) {
            kept = kept.substring(0, kept.offsetByCodePoints(kept.length(), -1));
        }
        return kept;
    }

    boolean hasTables() {
        return !tables.isEmpty();
    }

    /** What a statement does to the tables that it names. */
    Statement statement(final Mode mode) {
        return new Statement(mode, List.copyOf(tables), !more);
    }

    /** A text within the statement names tables as well. */
    void addTables(final Statement inner) {
        tables.addAll(inner.resources());
        more |= !inner.known();
    }

    private boolean isCte(final String name) {
        for (final Cte cte : ctes) {
            if (cte.visible && (mySql ? cte.name.equalsIgnoreCase(name) : cte.name.equals(name))) {
                return true;
            }
        }
        return false;
    }

    void cte(final String name, final boolean inQuotes, final int depth) {
        if (ctes.size() < CTES) {
            ctes.add(new Cte(folded(name, inQuotes), depth));
        }
    }

    /** From here on, the CTEs of a level may be used. */
    void showCtes(final int depth) {
        for (final Cte cte : ctes) {
            if (cte.depth == depth) {
                cte.visible = true;
            }
        }
    }

    /** A level is closed, and its CTEs with it. */
    void dropCtes(final int depth) {
        ctes.removeIf(cte -> cte.depth == depth);
    }
}
