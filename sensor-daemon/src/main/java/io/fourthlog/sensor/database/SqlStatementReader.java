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
import io.fourthlog.sensor.database.SqlStatement.Kind;
import io.fourthlog.sensor.database.Statement.Mode;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds what one statement after the other does, and where in it tables are named, by its words and parentheses. */
final class SqlStatementReader {
    private static final Set<String> NEVER_NAMES = words("""
        FROM WHERE SELECT JOIN ON GROUP ORDER UNION INTO AS WITH HAVING
        """);
    private static final Set<String> NO_DATA = words("""
        BEGIN START COMMIT END ROLLBACK ABORT SAVEPOINT RELEASE SET RESET SHOW DISCARD LISTEN UNLISTEN
        NOTIFY CHECKPOINT VACUUM REINDEX CLUSTER LOCK UNLOCK MOVE OPTIMIZE CHECK CHECKSUM REPAIR CACHE
        FLUSH KILL XA HELP PURGE CHANGE STOP INSTALL UNINSTALL BINLOG SIGNAL RESIGNAL GET DELIMITER
        SHUTDOWN RESTART
        """);
    private static final Set<String> DEFINES = words("""
        CREATE ALTER DROP RENAME COMMENT GRANT REVOKE REFRESH SECURITY REASSIGN IMPORT
        """);
    private static final Set<String> DELETE_WORDS = words("DELETE LOW_PRIORITY QUICK IGNORE");
    private static final Set<String> NOT_ON = words("""
        ALL TABLES SEQUENCES FUNCTIONS ROUTINE ROUTINES INSERT UPDATE DELETE COLUMN
        """);
    private static final Set<String> OTHER_OBJECTS = words("""
        FUNCTION PROCEDURE TRIGGER EVENT RULE POLICY INDEX USER ROLE DATABASE SCHEMA SEQUENCE
        EXTENSION TYPE DOMAIN AGGREGATE OPERATOR STATISTICS PUBLICATION SUBSCRIPTION SERVER LANGUAGE
        PREPARE GROUP CAST COLLATION TABLESPACE PACKAGE
        """);

    private static Set<String> words(final String text) {
        return Set.of(text.strip().split("\\s+"));
    }

    private enum Expect {
        NOTHING,
        TABLE,
        TARGET
    }

    private final Dialect dialect;
    private final int version;
    private final SqlNames names;
    private final SqlLevels levels = new SqlLevels();
    private final SqlBlocks blocks = new SqlBlocks();
    private boolean any; // token
    private String verb = "";
    private String word = ""; // the token before, if a word
    private String before = ""; // the one before that
    private String objects = ""; // of a definition: the kind of what it defines
    private boolean reads;
    private boolean writes;
    private boolean explained;
    private boolean analyzed;
    private boolean unknown;
    private boolean conflict;
    private boolean setsStatement;
    private boolean searches; // columns of a CTE follow, whose commas are no list's
    private boolean skipFrom;
    private boolean muted; // what comes is no query
    private Expect expect = Expect.NOTHING;
    private @Nullable Kind naming; // what the next name is of
    private @Nullable String named;
    private Kind kind = Kind.NONE;
    private @Nullable SqlReader inner; // of a text in a string

    SqlStatementReader(final Dialect dialect, final int version, final SqlNames names) {
        this.dialect = dialect;
        this.version = version;
        this.names = names;
    }

    /** Another statement begins. */
    void reset() {
        names.reset();
        levels.reset();
        blocks.reset();
        any = false;
        verb = "";
        word = "";
        before = "";
        objects = "";
        reads = false;
        writes = false;
        explained = false;
        analyzed = false;
        unknown = false;
        conflict = false;
        muted = false;
        searches = false;
        setsStatement = false;
        skipFrom = false;
        expect = Expect.NOTHING;
        naming = null;
        named = null;
        kind = Kind.NONE;
        inner = null;
    }

    /** Whether anything of it came. */
    boolean isEmpty() {
        return !any;
    }

    /** Something of it came. */
    void begins() {
        any = true;
    }

    /** Whether a name may come here. */
    boolean expectsName() {
        return expect != Expect.NOTHING || naming != null;
    }

    /** Whether a table's name may come here. */
    boolean expectsTable() {
        return expect != Expect.NOTHING;
    }

    /** Whether a semicolon that comes is within it. */
    boolean goesOnBehindSemicolon() {
        return isDefinition() && (blocks.isWithin() || !levels.isOutermost());
    }

    /** A word that is part of no name before it. */
    void word(final String text, final String upper) {
        keyword(text, upper);
        remember(upper);
    }

    /** A quoted name that is part of no name before it. */
    void quoted(final String text) {
        identifier(text, true);
        remember("");
    }

    /** The name of a variable. */
    void variable() {
        expect = Expect.NOTHING;
        remember("");
    }

    /** A part of the name before. */
    void part() {
        remember("");
    }

    /** A name is over, with what follows it. */
    void nameEnds(final int next, final String upper) {
        skipFrom |= names.end(next, upper);
    }

    /** A byte of a string. */
    void inString(final int b) {
        if (inner != null) {
            inner.accept(new byte[] {(byte) b}, 0, 1);
        }
    }

    /** A string is over. */
    void string() {
        other();
        finishInner();
    }

    /** A number, or a sign that means nothing of its own. */
    void other() {
        expect = Expect.NOTHING;
        if (naming != Kind.FETCH && naming != Kind.CLOSE) {
            naming = null;
        }
        levels.remove(START | ENDED);
        remember("");
    }

    /** A sign that the words before it do not go on behind, but for what it is itself. */
    void sign(final String sign) {
        if (sign.isEmpty()) {
            remember("");
        } else {
            word = sign;
        }
    }

    private void remember(final String upper) {
        before = word;
        word = upper;
    }

    private boolean isDefinition() {
        return DEFINES.contains(verb);
    }

    private void keyword(final String text, final String upper) {
        if (blocks.belongsToEnd(upper)) {
            return;
        }
        if (verb.isEmpty() && levels.isOutermost()) {
            verb(upper);
            return;
        }
        if (naming != null) {
            name(text, upper);
            return;
        }
        if (muted && expect == Expect.NOTHING) {
            body(upper);
            return;
        }
        if (verb.equals("EXPLAIN") && (levels.isOutermost() || upper.equals("ANALYZE"))) {
            explained(upper);
            return;
        }
        if (expect != Expect.NOTHING && !isKeywordHere(upper)) {
            if (muted && (OTHER_OBJECTS.contains(upper) || NOT_ON.contains(upper))) {
                expect = Expect.NOTHING;
            } else if (!isModifier(upper)) {
                identifier(text, false);
            }
            return;
        }
        final int level = levels.get();
        if ((level & WITH) != 0 && inWith(text, upper)) {
            return;
        }
        if (word.equals("AS") && (level & (WITH | START)) == 0 && !(levels.isOutermost() && isDefinition())) {
            levels.remove(START | ENDED);
            return; // a label, whatever word it is
        }
        expect = Expect.NOTHING;
        levels.remove(START | ENDED);
        if ((level & START) != 0 && (level & BODY) != 0 && manipulates(upper)) {
            return;
        }
        clause(upper, (level & START) != 0);
    }

    /** Whether a word that stands where a table is expected is none. */
    private boolean isKeywordHere(final String upper) {
        if (levels.has(START) && (upper.equals("VALUES") || upper.equals("TABLE") || upper.equals("WITH"))) {
            return true;
        }
        return NEVER_NAMES.contains(upper) && !(expect == Expect.TARGET && upper.equals("INTO"));
    }

    private boolean isModifier(final String upper) {
        return switch (upper) {
            case "ONLY", "TABLE", "INTO", "TEMP", "TEMPORARY", "UNLOGGED" ->
                !dialect.isMySql() || !upper.equals("ONLY");
            case "LATERAL" -> true;
            case "LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "IGNORE", "CONCURRENTLY" ->
                dialect.isMySql() == !upper.equals("CONCURRENTLY");
            case "IF", "NOT", "EXISTS" -> isDefinition();
            default -> word.equals("{");
        };
    }

    private void verb(final String upper) {
        verb = upper.isEmpty() ? "?" : upper;
        levels.remove(START);
        kind = Kind.DATA;
        if (manipulates(upper) || NO_DATA.contains(upper)) {
            if (NO_DATA.contains(upper)) {
                kind = Kind.NONE; // unless it has a query in it, as MySQL allows
                muted = !(upper.equals("SET") || upper.equals("SHOW") || upper.equals("BEGIN"));
            }
            return;
        }
        if (isDefinition()) {
            writes = true;
            if (upper.equals("GRANT") || upper.equals("REVOKE")) {
                objects = "GRANT";
                muted = true;
            }
            return;
        }
        switch (upper) {
            case "SELECT", "TABLE", "VALUES" -> {
                reads = true;
                clause(upper, true);
            }
            case "WITH" -> levels.with(WITH_NAME);
            case "COPY" -> expect = Expect.TARGET;
            case "LOAD" -> {
                writes = dialect.isMySql();
                kind = writes ? Kind.DATA : Kind.NONE;
            }
            case "HANDLER" -> {
                reads = true;
                expect = Expect.TABLE;
            }
            case "EXPLAIN", "DESCRIBE", "DESC", "ANALYZE", "ANALYSE" -> {
                if (upper.startsWith("ANALY")) {
                    analyzed = true;
                }
                kind = Kind.NONE;
                explained = true;
                verb = "EXPLAIN";
                if (analyzed && !dialect.isMySql()) {
                    muted = true;
                }
            }
            case "DECLARE" -> expectName(Kind.DECLARE);
            case "FETCH" -> expectName(Kind.FETCH);
            case "CLOSE" -> expectName(Kind.CLOSE);
            case "PREPARE" -> expectName(Kind.PREPARE);
            case "EXECUTE" -> {
                unknown = true;
                expectName(Kind.EXECUTE);
            }
            case "DEALLOCATE" -> expectName(Kind.DEALLOCATE);
            case "USE" -> {
                if (dialect.isMySql()) {
                    expectName(Kind.USE);
                }
            }
            default -> {
                unknown = true; // CALL, DO, and what servers may learn
                levels.addToStatement(QUERY);
            }
        }
    }

    private void expectName(final Kind what) {
        kind = what;
        naming = what;
    }

    /** A name that is no table's. */
    private void name(final String text, final String upper) {
        if (kind == Kind.PREPARE && upper.equals("TRANSACTION") && !dialect.isMySql()) {
            kind = Kind.NONE;
            naming = null;
            muted = true;
        } else if (kind == Kind.EXECUTE && upper.equals("IMMEDIATE") && dialect.isMySql()) {
            kind = Kind.DATA;
            naming = null;
            unknown = false;
            inner = new SqlReader(dialect, version);
        } else if (!(kind == Kind.DEALLOCATE && upper.equals("PREPARE"))) {
            identifier(text, false);
            if (upper.equals("ALL") && (kind == Kind.CLOSE || kind == Kind.DEALLOCATE)) {
                named = null;
            }
        }
    }

    /** Whether a word begins a statement that writes; where it may stand, it does. */
    private boolean manipulates(final String upper) {
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

    private void explained(final String upper) {
        switch (upper) {
            case "ANALYZE", "ANALYSE" -> analyzed = true;
            case "SELECT",
                    "VALUES",
                    "WITH",
                    "INSERT",
                    "REPLACE",
                    "UPDATE",
                    "DELETE",
                    "MERGE",
                    "EXECUTE",
                    "DECLARE",
                    "CREATE" -> verb(upper);
            case "TABLE" -> {
                if (!dialect.isMySql()) {
                    verb(upper);
                } else {
                    muted = true;
                }
            }
            default -> {}
        }
    }

    /** Whether a word belongs to a list of CTEs. */
    private boolean inWith(final String text, final String upper) {
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

    private void clause(final String upper, final boolean start) {
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
            case "TABLE" -> {
                if (isDefinition() && objects.isEmpty()) {
                    object(upper);
                } else {
                    reads = true;
                    expect = Expect.TABLE;
                }
            }
            case "FROM" -> from(level);
            case "JOIN", "STRAIGHT_JOIN" -> {
                if ((level & (LIST | ENDED)) != 0 && !word.equals("FOR")) {
                    reads = true;
                    expect = Expect.TABLE;
                    levels.add(LIST | JOINED);
                }
            }
            case "USING" -> {
                if ((level & JOINED) == 0 && (level & (DELETE | MERGE)) != 0) {
                    reads = true;
                    expect = Expect.TABLE;
                    levels.add(LIST);
                }
                levels.remove(JOINED);
            }
            case "INTO" -> {
                if (verb.equals("LOAD")) {
                    expect = Expect.TARGET;
                } else if ((level & QUERY) != 0 && !dialect.isMySql() && (level & WRITING) == 0) {
                    writes = true;
                    expect = Expect.TARGET;
                    endList();
                }
            }
            case "ON" -> {
                levels.remove(JOINED);
                if (isDefinition() && levels.isOutermost() && !objects.isEmpty() && !names.hasTables()) {
                    expect = Expect.TARGET;
                }
            }
            case "CONFLICT", "DUPLICATE" -> conflict = true;
            case "RETURNING" -> {
                if ((level & WRITING & ~INSERT) != 0 || conflict) {
                    reads = true;
                }
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
            case "TO" -> {
                if (verb.equals("COPY") && levels.isOutermost()) {
                    reads = true;
                } else if (verb.equals("RENAME")) {
                    expect = Expect.TARGET;
                }
            }
            case "WITH" -> {
                if (start
                        || ((verb.equals("INSERT") || verb.equals("REPLACE")) && (level & LIST) == 0)
                        || (word.equals("AS") && isDefinition())
                        || (kind == Kind.PREPARE && word.equals("AS"))) {
                    levels.with(WITH_NAME);
                }
            }
            case "FOR" -> {
                if (kind == Kind.DECLARE && levels.isOutermost() && (level & QUERY) == 0) {
                    levels.addToStatement(START);
                } else if (verb.equals("SET") && levels.isOutermost() && dialect == Dialect.MARIADB && setsStatement) {
                    verb = ""; // SET STATEMENT … FOR
                }
            }
            case "AS" -> {
                if (kind == Kind.PREPARE && levels.isOutermost() && (level & QUERY) == 0) {
                    levels.addToStatement(START | BODY);
                }
            }
            case "STATEMENT" -> setsStatement = word.equals("SET");
            default -> {
                if (isDefinition() && levels.isOutermost() && objects.isEmpty()) {
                    object(upper);
                }
            }
        }
    }

    private void from(final int level) {
        if (skipFrom) {
            skipFrom = false;
        } else if (verb.equals("COPY") && levels.isOutermost()) {
            writes = true;
        } else if (kind == Kind.PREPARE && dialect.isMySql() && levels.isOutermost()) {
            inner = new SqlReader(dialect, version);
        } else if ((level & QUERY) != 0 && !isDistinctFrom()) {
            final boolean target = (level & DELETING) != 0 && DELETE_WORDS.contains(word);
            if (!target) {
                reads = true;
            }
            expect = target ? Expect.TARGET : Expect.TABLE;
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

    private void object(final String upper) {
        if (upper.equals("TABLE") || upper.equals("TABLES") || upper.equals("VIEW")) {
            objects = upper.equals("VIEW") && !word.equals("MATERIALIZED") ? "VIEW" : "TABLE";
            expect = Expect.TARGET;
            if (!verb.equals("CREATE") && !verb.equals("ALTER") && !verb.equals("COMMENT")) {
                levels.addToStatement(LIST | TARGETS);
            }
        } else if (OTHER_OBJECTS.contains(upper)) {
            objects = upper;
            if (upper.equals("PREPARE")) {
                writes = false;
                expectName(Kind.DEALLOCATE);
            } else {
                muted = true;
            }
        }
    }

    /** A word of a definition that is no query: of a routine, or of who may do what. */
    private void body(final String upper) {
        switch (upper) {
            case "BEGIN", "CASE" -> {
                if (isDefinition()) {
                    blocks.begin();
                }
            }
            case "END" -> blocks.end();
            case "ON" -> {
                if (isDefinition() && levels.isOutermost() && blocks.isOutside() && !names.hasTables()) {
                    expect = Expect.TARGET;
                    if (objects.equals("GRANT")) {
                        levels.addToStatement(LIST | TARGETS);
                    }
                }
            }
            case "TO", "FROM" -> levels.remove(LIST | ENDED);
            default -> {}
        }
    }

    void open() {
        if (inner != null) {
            inner = null; // of an expression, not of a text
            unknown = true;
        }
        if (verb.isEmpty() && levels.isOutermost()) {
            verb = "(";
            kind = Kind.DATA;
        }
        final int level = levels.get();
        int inside = START;
        if ((level & WITH) == WITH_BODY) {
            inside |= BODY;
            if ((level & RECURSIVE) != 0) {
                names.showCtes(levels.depth());
            }
        } else if (verb.equals("COPY") && levels.isOutermost() && expect != Expect.NOTHING) {
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

    SqlStatement statement() {
        finishInner();
        Kind is = kind;
        if (verb.isEmpty() && reads) {
            is = Kind.DATA; // (SELECT …)
        }
        if (is == Kind.NONE || is == Kind.FETCH || is == Kind.CLOSE || is == Kind.DEALLOCATE || is == Kind.USE) {
            return is == Kind.NONE && (reads || writes) && !muted
                    ? new SqlStatement(Kind.DATA, null, new Statement(mode(), names.tables()))
                    : new SqlStatement(is, named, null);
        }
        if (is == Kind.PREPARE && !reads && !writes) {
            return new SqlStatement(is, named, null);
        }
        return new SqlStatement(is, named, new Statement(mode(), names.tables()));
    }

    private Mode mode() {
        if (explained && !analyzed) {
            return Mode.READ; // of what is known about the tables
        }
        final boolean view = verb.equals("CREATE") && objects.equals("VIEW");
        if (unknown || (reads && writes && !view)) {
            return Mode.READ_WRITE;
        }
        return writes ? Mode.WRITE : Mode.READ;
    }

    private void finishInner() {
        final SqlReader text = inner;
        if (text == null) {
            return;
        }
        inner = null;
        final List<SqlStatement> found = text.end();
        unknown |= found.size() != 1 && kind == Kind.DATA;
        for (final SqlStatement each : found) {
            if (each.data() != null) {
                reads |= each.data().mode() != Mode.WRITE;
                writes |= each.data().mode() != Mode.READ;
                names.addTables(each.data().resources());
            }
        }
    }

    private void identifier(final String text, final boolean inQuotes) {
        final int level = levels.get();
        levels.remove(START | ENDED);
        if (naming != null) {
            named = names.folded(text, inQuotes);
            if (naming != Kind.FETCH && naming != Kind.CLOSE && naming != Kind.DEALLOCATE) {
                naming = null; // of the others it is the last one
            }
        } else if ((level & WITH) == WITH_NAME) {
            names.cte(text, inQuotes, levels.depth());
            levels.with(WITH_AS);
        } else if (expect != Expect.NOTHING) {
            names.begin(text, inQuotes, expect == Expect.TARGET);
            expect = Expect.NOTHING;
        }
    }
}
