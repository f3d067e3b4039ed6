package io.fourthlog.sensor.database;

import static io.fourthlog.sensor.database.SqlLevels.BODY;
import static io.fourthlog.sensor.database.SqlLevels.ENDED;
import static io.fourthlog.sensor.database.SqlLevels.LIST;
import static io.fourthlog.sensor.database.SqlLevels.QUERY;
import static io.fourthlog.sensor.database.SqlLevels.START;
import static io.fourthlog.sensor.database.SqlLevels.TARGETS;
import static io.fourthlog.sensor.database.SqlLevels.WITH;
import static io.fourthlog.sensor.database.SqlLevels.WITH_NAME;

import io.fourthlog.sensor.database.SqlStatement.Dialect;
import io.fourthlog.sensor.database.SqlStatement.Kind;
import io.fourthlog.sensor.database.Statement.Mode;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds what one statement after the other does, and where in it tables are named, by its words and parentheses. */
final class SqlStatementReader {
    private static final Set<String> NO_DATA = words("""
        BEGIN START COMMIT END ROLLBACK ABORT SAVEPOINT RELEASE SET RESET SHOW DISCARD LISTEN UNLISTEN
        NOTIFY CHECKPOINT VACUUM REINDEX CLUSTER LOCK UNLOCK MOVE OPTIMIZE CHECK CHECKSUM REPAIR CACHE
        FLUSH KILL XA HELP PURGE CHANGE STOP INSTALL UNINSTALL BINLOG SIGNAL RESIGNAL GET DELIMITER
        SHUTDOWN RESTART
        """);
    private static final Set<String> DEFINES = words("""
        CREATE ALTER DROP RENAME COMMENT GRANT REVOKE REFRESH SECURITY REASSIGN IMPORT
        """);
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

    private final Dialect dialect;
    private final int version;
    private final SqlNames names;
    private final SqlLevels levels = new SqlLevels();
    private final SqlClauses clauses;
    private final SqlBlocks blocks = new SqlBlocks();
    private boolean any; // token
    private String verb = "";
    private String objects = ""; // of a definition: the kind of what it defines
    private boolean explained;
    private boolean analyzed;
    private boolean unknown;
    private boolean setsStatement;
    private boolean muted; // what comes is no query
    private @Nullable Kind naming; // what the next name is of
    private @Nullable String named;
    private Kind kind = Kind.NONE;
    private @Nullable SqlReader inner; // of a text in a string

    SqlStatementReader(final Dialect dialect, final int version, final SqlNames names) {
        this.dialect = dialect;
        this.version = version;
        this.names = names;
        this.clauses = new SqlClauses(dialect, names, levels);
    }

    /** Another statement begins. */
    void reset() {
        names.reset();
        levels.reset();
        clauses.reset();
        blocks.reset();
        any = false;
        verb = "";
        objects = "";
        explained = false;
        analyzed = false;
        unknown = false;
        muted = false;
        setsStatement = false;
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
        return clauses.expectsTable() || naming != null;
    }

    /** Whether a table's name may come here. */
    boolean expectsTable() {
        return clauses.expectsTable();
    }

    /** Whether a semicolon that comes is within it. */
    boolean goesOnBehindSemicolon() {
        return isDefinition() && (blocks.isWithin() || !levels.isOutermost());
    }

    /** A word that is part of no name before it. */
    void word(final String text, final String upper) {
        keyword(text, upper);
        clauses.remember(upper);
    }

    /** A quoted name that is part of no name before it. */
    void quoted(final String text) {
        identifier(text, true);
        clauses.remember("");
    }

    /** The name of a variable. */
    void variable() {
        clauses.expectNothing();
        clauses.remember("");
    }

    /** A part of the name before. */
    void part() {
        clauses.remember("");
    }

    /** A name is over, with what follows it. */
    void nameEnds(final int next, final String upper) {
        clauses.nameEnds(next, upper);
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
        clauses.expectNothing();
        if (naming != Kind.FETCH && naming != Kind.CLOSE) {
            naming = null;
        }
        levels.remove(START | ENDED);
        clauses.remember("");
    }

    /** A sign that the words before it do not go on behind, but for what it is itself. */
    void sign(final int sign) {
        if (sign == '{') {
            clauses.rememberBrace();
        } else {
            clauses.remember("");
        }
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
        if (muted && !clauses.expectsTable()) {
            body(upper);
            return;
        }
        if (verb.equals("EXPLAIN") && (levels.isOutermost() || upper.equals("ANALYZE"))) {
            explained(upper);
            return;
        }
        if (clauses.expectsTable() && !clauses.isKeywordHere(upper)) {
            if (muted && (OTHER_OBJECTS.contains(upper) || NOT_ON.contains(upper))) {
                clauses.expectNothing();
            } else if (!clauses.isModifier(upper, isDefinition())) {
                identifier(text, false);
            }
            return;
        }
        final int level = levels.get();
        if ((level & WITH) != 0 && clauses.inWith(text, upper)) {
            return;
        }
        if (clauses.isAfter("AS") && (level & (WITH | START)) == 0 && !(levels.isOutermost() && isDefinition())) {
            levels.remove(START | ENDED);
            return; // a label, whatever word it is
        }
        clauses.expectNothing();
        levels.remove(START | ENDED);
        if ((level & START) != 0 && (level & BODY) != 0 && clauses.manipulates(upper)) {
            return;
        }
        clause(upper, (level & START) != 0);
    }

    private void verb(final String upper) {
        verb = upper.isEmpty() ? "?" : upper;
        levels.remove(START);
        kind = Kind.DATA;
        if (clauses.manipulates(upper) || NO_DATA.contains(upper)) {
            if (NO_DATA.contains(upper)) {
                kind = Kind.NONE; // unless it has a query in it, as MySQL allows
                muted = !(upper.equals("SET") || upper.equals("SHOW") || upper.equals("BEGIN"));
            }
            return;
        }
        if (isDefinition()) {
            clauses.write(true);
            if (upper.equals("GRANT") || upper.equals("REVOKE")) {
                objects = "GRANT";
                muted = true;
            }
            return;
        }
        switch (upper) {
            case "SELECT", "TABLE", "VALUES" -> {
                clauses.read();
                clause(upper, true);
            }
            case "WITH" -> levels.with(WITH_NAME);
            case "COPY" -> clauses.expectTarget();
            case "LOAD" -> {
                clauses.write(dialect.isMySql());
                kind = dialect.isMySql() ? Kind.DATA : Kind.NONE;
            }
            case "HANDLER" -> {
                clauses.expectTable();
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

    /** A word of a clause, or what it means in statements of this kind. */
    private void clause(final String upper, final boolean start) {
        if (!special(upper)
                && !clauses.clause(upper, start)
                && isDefinition()
                && levels.isOutermost()
                && objects.isEmpty()) {
            object(upper);
        }
    }

    /** Whether a word means something in statements of this kind that it does not in others. */
    private boolean special(final String upper) {
        switch (upper) {
            case "TABLE" -> {
                if (!isDefinition() || !objects.isEmpty()) {
                    return false;
                }
                object(upper);
            }
            case "FROM" -> {
                return from();
            }
            case "INTO" -> {
                if (!verb.equals("LOAD")) {
                    return false;
                }
                clauses.expectTarget();
            }
            case "ON" -> {
                if (isDefinition() && levels.isOutermost() && !objects.isEmpty() && !names.hasTables()) {
                    clauses.expectTarget();
                }
                return false;
            }
            case "TO" -> {
                if (copies()) {
                    clauses.read();
                } else if (verb.equals("RENAME")) {
                    clauses.expectTarget();
                }
            }
            case "WITH" -> {
                final boolean inserts = (verb.equals("INSERT") || verb.equals("REPLACE")) && !levels.has(LIST);
                if (!inserts && !(clauses.isAfter("AS") && (isDefinition() || kind == Kind.PREPARE))) {
                    return false;
                }
                levels.with(WITH_NAME);
            }
            case "FOR" -> {
                if (kind == Kind.DECLARE && levels.isOutermost() && !levels.has(QUERY)) {
                    levels.addToStatement(START);
                } else if (verb.equals("SET") && levels.isOutermost() && dialect == Dialect.MARIADB && setsStatement) {
                    verb = ""; // SET STATEMENT … FOR
                }
            }
            case "AS" -> {
                if (kind == Kind.PREPARE && levels.isOutermost() && !levels.has(QUERY)) {
                    levels.addToStatement(START | BODY);
                }
            }
            case "STATEMENT" -> setsStatement = clauses.isAfter("SET");
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean copies() {
        return verb.equals("COPY") && levels.isOutermost();
    }

    private boolean from() {
        if (clauses.skipsFrom()) {
            return false;
        }
        if (copies()) {
            clauses.write(true);
            return true;
        }
        if (kind == Kind.PREPARE && dialect.isMySql() && levels.isOutermost()) {
            inner = new SqlReader(dialect, version);
            return true;
        }
        return false;
    }

    private void object(final String upper) {
        if (upper.equals("TABLE") || upper.equals("TABLES") || upper.equals("VIEW")) {
            objects = upper.equals("VIEW") && !clauses.isAfter("MATERIALIZED") ? "VIEW" : "TABLE";
            clauses.expectTarget();
            if (!verb.equals("CREATE") && !verb.equals("ALTER") && !verb.equals("COMMENT")) {
                levels.addToStatement(LIST | TARGETS);
            }
        } else if (OTHER_OBJECTS.contains(upper)) {
            objects = upper;
            if (upper.equals("PREPARE")) {
                clauses.write(false);
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
                    clauses.expectTarget();
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
        clauses.open(copies());
    }

    void close() {
        clauses.close();
    }

    void comma() {
        clauses.comma();
    }

    SqlStatement statement() {
        finishInner();
        Kind is = kind;
        if (verb.isEmpty() && clauses.reads()) {
            is = Kind.DATA; // (SELECT …)
        }
        if (is == Kind.NONE || is == Kind.FETCH || is == Kind.CLOSE || is == Kind.DEALLOCATE || is == Kind.USE) {
            return is == Kind.NONE && (clauses.reads() || clauses.writes()) && !muted
                    ? new SqlStatement(Kind.DATA, null, names.statement(mode()))
                    : new SqlStatement(is, named, null);
        }
        if (is == Kind.PREPARE && !clauses.reads() && !clauses.writes()) {
            return new SqlStatement(is, named, null);
        }
        return new SqlStatement(is, named, names.statement(mode()));
    }

    private Mode mode() {
        if (explained && !analyzed) {
            return Mode.READ; // of what is known about the tables
        }
        final boolean view = verb.equals("CREATE") && objects.equals("VIEW");
        if (unknown || (clauses.reads() && clauses.writes() && !view)) {
            return Mode.READ_WRITE;
        }
        return clauses.writes() ? Mode.WRITE : Mode.READ;
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
                if (each.data().mode() != Mode.WRITE) {
                    clauses.read();
                }
                if (each.data().mode() != Mode.READ) {
                    clauses.write(true);
                }
                names.addTables(each.data());
            }
        }
    }

    private void identifier(final String text, final boolean inQuotes) {
        if (naming == null) {
            clauses.identifier(text, inQuotes);
            return;
        }
        levels.remove(START | ENDED);
        named = names.folded(text, inQuotes);
        if (naming != Kind.FETCH && naming != Kind.CLOSE && naming != Kind.DEALLOCATE) {
            naming = null; // of the others it is the last one
        }
    }
}
