package io.fourthlog.sensor.database;

import static io.fourthlog.sensor.database.SqlLevels.BODY;
import static io.fourthlog.sensor.database.SqlLevels.DELETE;
import static io.fourthlog.sensor.database.SqlLevels.DELETING;
import static io.fourthlog.sensor.database.SqlLevels.ENDED;
import static io.fourthlog.sensor.database.SqlLevels.INSERT;
import static io.fourthlog.sensor.database.SqlLevels.JOINED;
import static io.fourthlog.sensor.database.SqlLevels.LIST;
import static io.fourthlog.sensor.database.SqlLevels.MERGE;
import static io.fourthlog.sensor.database.SqlLevels.QUERY;
import static io.fourthlog.sensor.database.SqlLevels.RECURSIVE;
import static io.fourthlog.sensor.database.SqlLevels.START;
import static io.fourthlog.sensor.database.SqlLevels.TARGETS;
import static io.fourthlog.sensor.database.SqlLevels.UPDATE;
import static io.fourthlog.sensor.database.SqlLevels.WITH;
import static io.fourthlog.sensor.database.SqlLevels.WITH_AS;
import static io.fourthlog.sensor.database.SqlLevels.WITH_BODY;
import static io.fourthlog.sensor.database.SqlLevels.WITH_NAME;
import static io.fourthlog.sensor.database.SqlLevels.WITH_NEXT;
import static io.fourthlog.sensor.database.SqlLevels.WRITING;

import io.fourthlog.sensor.database.SqlStatement.Dialect;
import java.util.Set;

/** Where the clauses of a statement name tables, and whether those are read or written: of queries, and of INSERT, UPDATE, DELETE and MERGE. */
final class SqlClauses {
    private static final Set<String> NEVER_NAMES =
            Set.of("FROM", "WHERE", "SELECT", "JOIN", "ON", "GROUP", "ORDER", "UNION", "INTO", "AS", "WITH", "HAVING");
    private static final Set<String> DELETE_WORDS = Set.of("DELETE", "LOW_PRIORITY", "QUICK", "IGNORE");

    /** What the next name may be of. */
    private enum Expect {
        NOTHING,
        TABLE,
        TARGET
    }

    private final boolean mySql;
    private final SqlNames names;
    private final SqlLevels levels;
    private String word = ""; // the token before, if a word
    private String before = ""; // the one before that
    private Expect expect = Expect.NOTHING;
    private boolean reads;
    private boolean writes;
    private boolean conflict;
    private boolean searches; // columns of a CTE follow, whose commas are no list's
    private boolean skipFrom;

    SqlClauses(final Dialect dialect, final SqlNames names, final SqlLevels levels) {
        this.mySql = dialect.isMySql();
        this.names = names;
        this.levels = levels;
    }

    /** Another statement begins. */
    void reset() {
        word = "";
        before = "";
        expect = Expect.NOTHING;
        reads = false;
        writes = false;
        conflict = false;
        searches = false;
        skipFrom = false;
    }

    void remember(final String upper) {
        before = word;
        word = upper;
    }

    /** The same of a sign that the word before it goes on behind. */
    void rememberBrace() {
        word = "{";
    }

    boolean isAfter(final String upper) {
        return word.equals(upper);
    }

    boolean reads() {
        return reads;
    }

    boolean writes() {
        return writes;
    }

    /** Something is read, whether it has a name or not. */
    void read() {
        reads = true;
    }

    /** Something is written, or is not after all. */
    void write(final boolean does) {
        writes = does;
    }

    boolean expectsTable() {
        return expect != Expect.NOTHING;
    }

    void expectNothing() {
        expect = Expect.NOTHING;
    }

    /** The name of a table that is read follows. */
    void expectTable() {
        reads = true;
        expect = Expect.TABLE;
    }

    /** The name of a table follows that is written, or is no function at least. */
    void expectTarget() {
        expect = Expect.TARGET;
    }

    /** A name is over, with what follows it. */
    void nameEnds(final int next, final String upper) {
        skipFrom |= names.end(next, upper);
    }

    /** A name, of a table if one is expected here, or of a CTE. */
    void identifier(final String text, final boolean inQuotes) {
        levels.remove(START | ENDED);
        if (levels.with() == WITH_NAME) {
            names.cte(text, inQuotes, levels.depth());
            levels.with(WITH_AS);
        } else if (expect != Expect.NOTHING) {
            names.begin(text, inQuotes, expect == Expect.TARGET);
            expect = Expect.NOTHING;
        }
    }

    /** Whether a word that stands where a table is expected is none. */
    boolean isKeywordHere(final String upper) {
        if (levels.has(START) && (upper.equals("VALUES") || upper.equals("TABLE") || upper.equals("WITH"))) {
            return true;
        }
        return NEVER_NAMES.contains(upper) && !(expect == Expect.TARGET && upper.equals("INTO"));
    }

    /** Whether a word may stand before the name that is expected. */
    boolean isModifier(final String upper, final boolean inDefinition) {
        return switch (upper) {
            case "ONLY", "TABLE", "INTO", "TEMP", "TEMPORARY", "UNLOGGED" -> !mySql || !upper.equals("ONLY");
            case "LATERAL" -> true;
            case "LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "IGNORE", "CONCURRENTLY" ->
                mySql == !upper.equals("CONCURRENTLY");
            case "IF", "NOT", "EXISTS" -> inDefinition;
            default -> word.equals("{");
        };
    }

    /** Whether a word begins a statement that writes; where it may stand, it does. */
    boolean manipulates(final String upper) {
        switch (upper) {
            case "INSERT", "REPLACE" -> {
                expect = Expect.TARGET;
                levels.add(INSERT);
            }
            case "MERGE" -> {
                expect = Expect.TARGET;
                levels.add(MERGE);
                reads = true;
            }
            case "UPDATE" -> {
                expect = Expect.TARGET;
                levels.add(LIST | UPDATE);
            }
            case "TRUNCATE" -> {
                expect = Expect.TARGET;
                levels.add(LIST | TARGETS);
            }
            case "DELETE" -> levels.add(DELETE | DELETING);
            default -> {
                return false;
            }
        }
        writes = true;
        levels.add(QUERY);
        return true;
    }

    /** Whether a word belongs to a list of CTEs. */
    boolean inWith(final String text, final String upper) {
        switch (levels.with()) {
            case WITH_NAME -> {
                if (upper.equals("RECURSIVE") && word.equals("WITH")) {
                    levels.add(RECURSIVE);
                } else {
                    identifier(text, false);
                }
            }
            case WITH_AS -> {
                final boolean as = upper.equals("AS");
                levels.with(as ? WITH_BODY : 0);
                return as;
            }
            case WITH_NEXT -> {
                if (manipulates(upper)) {
                    levels.with(0);
                } else if (upper.equals("SELECT") || upper.equals("TABLE") || upper.equals("VALUES")) {
                    levels.with(0);
                    return false;
                } else {
                    searches |= upper.equals("SEARCH") || upper.equals("CYCLE");
                }
            }
            default -> {} // NOT MATERIALIZED
        }
        return true;
    }

    /**
     * Takes a word of a clause; answers whether it is one.
     *
     * @param start whether it is the first of its level
     */
    boolean clause(final String upper, final boolean start) {
        final int level = levels.get();
        switch (upper) {
            case "SELECT" -> {
                reads = true;
                endList();
                levels.add(QUERY);
                levels.remove(ENDED);
            }
            case "VALUES" -> {
                if (start) {
                    reads = true;
                    levels.remove(LIST);
                }
            }
            case "TABLE" -> expectTable();
            case "FROM" -> from(level);
            case "JOIN", "STRAIGHT_JOIN" -> {
                if ((level & (LIST | ENDED)) != 0 && !word.equals("FOR")) {
                    expectTable();
                    levels.add(LIST | JOINED);
                }
            }
            case "USING" -> {
                if ((level & JOINED) == 0 && (level & (DELETE | MERGE)) != 0) {
                    expectTable();
                    levels.add(LIST);
                }
                levels.remove(JOINED);
            }
            case "INTO" -> {
                if ((level & QUERY) != 0 && !mySql && (level & WRITING) == 0) {
                    writes = true;
                    expect = Expect.TARGET;
                    endList();
                }
            }
            case "ON" -> levels.remove(JOINED);
            case "CONFLICT", "DUPLICATE" -> conflict = true;
            case "RETURNING" -> {
                reads |= (level & WRITING & ~INSERT) != 0 || conflict;
                endList();
            }
            case "SET" -> {
                if ((level & UPDATE) != 0) {
                    levels.remove(LIST);
                }
            }
            case "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "WINDOW", "UNION", "EXCEPT", "INTERSECT" -> endList();
            case "OF" -> {
                if (word.equals("UPDATE") || word.equals("SHARE")) {
                    endList();
                }
            }
            case "WITH" -> {
                if (start) {
                    levels.with(WITH_NAME);
                }
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    /** Whether FROM is of a name before it, ROWS FROM. */
    boolean skipsFrom() {
        return skipFrom;
    }

    private void from(final int level) {
        if (skipFrom) {
            skipFrom = false;
        } else if ((level & QUERY) != 0 && !isDistinctFrom()) {
            if ((level & DELETING) != 0 && DELETE_WORDS.contains(word)) {
                expect = Expect.TARGET;
            } else {
                expectTable();
            }
            levels.add(LIST);
            levels.remove(TARGETS | DELETING);
        }
    }

    private boolean isDistinctFrom() {
        return word.equals("DISTINCT") && (before.equals("IS") || before.equals("NOT"));
    }

    private void endList() {
        if (levels.has(LIST)) {
            levels.remove(LIST | TARGETS | JOINED);
            levels.add(ENDED);
        }
    }

    /** @param copies whether a query of COPY may be within */
    void open(final boolean copies) {
        int inside = START;
        if (levels.with() == WITH_BODY) {
            inside |= BODY;
            if (levels.has(RECURSIVE)) {
                names.showCtes(levels.depth());
            }
        } else if (copies && expect != Expect.NOTHING) {
            inside |= BODY;
            expect = Expect.NOTHING;
        }
        if (expect != Expect.NOTHING && !word.equals("TABLE")) {
            inside |= LIST;
        } else {
            expect = Expect.NOTHING;
        }
        levels.remove(START | ENDED);
        levels.open(inside);
    }

    void close() {
        expect = Expect.NOTHING;
        final int closed = levels.depth();
        if (!levels.close()) {
            return;
        }
        names.dropCtes(closed);
        if (levels.with() == WITH_BODY) {
            names.showCtes(levels.depth());
            levels.with(WITH_NEXT);
            searches = false;
        }
    }

    void comma() {
        final int level = levels.get();
        levels.remove(START | ENDED);
        expect = Expect.NOTHING;
        if ((level & WITH) == WITH_NEXT) {
            if (!searches) {
                levels.with(WITH_NAME);
            }
        } else if ((level & (LIST | ENDED)) != 0) {
            if ((level & ENDED) != 0) {
                levels.add(LIST); // the word before was an alias
            }
            levels.remove(JOINED);
            reads |= (level & TARGETS) == 0;
            expect = (level & TARGETS) != 0 ? Expect.TARGET : Expect.TABLE;
        }
    }
}
