package io.fourthlog.sensor.database;

import io.fourthlog.sensor.database.SqlStatement.Dialect;
import io.fourthlog.sensor.database.SqlStatement.Kind;
import io.fourthlog.sensor.database.Statement.Mode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds in SQL text, as its bytes come, what each statement does and to which tables: by its words and parentheses, without a
 * grammar. Where a text could mean a table or not, it says that it does, since a name too many is seen and one too few is not.
 * Takes time in proportion to the text, and keeps only names of it, of a bounded number.
 */
final class SqlReader implements SqlLexer.Sink {
    static final int STATEMENTS = 256; // of one text
    private static final int TABLES = 16; // of one statement
    private static final int NAMES = 1024; // of all statements of a text
    private static final int CTES = 64; // known at a time; what is named like a further one counts as a table
    private static final int NAME = 128; // bytes
    private static final int PART = 63; // bytes of a name that PostgreSQL regards (NAMEDATALEN)
    private static final int PARTS = 3; // of a qualified name
    private static final int DEPTH = 1 << 15; // levels; servers refuse deeper ones
    private static final Pattern ODD = Pattern.compile("\\p{Cntrl}");

    // what is known of one level of parentheses
    private static final int QUERY = 1; // FROM names tables here
    private static final int LIST = 1 << 1; // a comma goes on with tables
    private static final int TARGETS = 1 << 2; // those of the list are written, and no functions
    private static final int JOINED = 1 << 3; // USING names columns
    private static final int START = 1 << 4; // nothing came yet
    private static final int BODY = 1 << 5; // of a CTE or of COPY: may be any statement
    private static final int WITH = 7 << 6; // how far a list of CTEs is
    private static final int WITH_NAME = 1 << 6;
    private static final int WITH_AS = 2 << 6;
    private static final int WITH_BODY = 3 << 6;
    private static final int WITH_NEXT = 4 << 6;
    private static final int RECURSIVE = 1 << 9;
    private static final int INSERT = 1 << 11;
    private static final int UPDATE = 1 << 12;
    private static final int DELETE = 1 << 13;
    private static final int MERGE = 1 << 14;
    private static final int WRITING = INSERT | UPDATE | DELETE | MERGE;
    private static final int DELETING = 1 << 15; // FROM names the table that rows are deleted of
    private static final int ENDED = 1 << 10; // the list, by the word before, unless that is an alias

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

    private final Dialect dialect;
    private final int version;
    private final SqlLexer lexer;
    private final List<SqlStatement> statements = new ArrayList<>();
    private int names;

    // of the statement that is being read
    private final Set<String> tables = new LinkedHashSet<>();
    private final List<Cte> ctes = new ArrayList<>();
    private int[] levels = new int[16];
    private int depth;
    private int overflow; // levels that are not kept apart
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
    private int blocks; // of BEGIN … END
    private boolean endOfBlock;
    private Expect expect = Expect.NOTHING;
    private @Nullable Kind naming; // what the next name is of
    private @Nullable String named;
    private Kind kind = Kind.NONE;
    private @Nullable SqlReader inner; // of a text in a string
    private boolean afterAt;

    // of the name that is being read
    private final String[] parts = new String[PARTS];
    private int count;
    private boolean quoted;
    private boolean dot; // another part follows
    private boolean afterName; // or word
    private Expect nameOf = Expect.NOTHING;

    SqlReader(final Dialect dialect, final int version) {
        this.dialect = dialect;
        this.version = version;
        this.lexer = new SqlLexer(dialect, version, this);
        reset();
    }

    void accept(final byte[] bytes, final int offset, final int length) {
        lexer.accept(bytes, offset, length);
    }

    /** The text is over: its statements in their order. */
    List<SqlStatement> end() {
        lexer.end();
        endName(0);
        endStatement();
        return List.copyOf(statements);
    }

    @Override
    public void word(final byte[] bytes, final int length) {
        any = true;
        final String text = text(bytes, length);
        if (part(text, false)) {
            return;
        }
        final String upper = length <= 20 ? text.toUpperCase(Locale.ROOT) : "";
        endName(0, upper);
        afterName = true;
        if (afterAt) { // of a variable
            afterAt = false;
            expect = Expect.NOTHING;
            remember("");
            return;
        }
        keyword(text, upper);
        remember(upper);
    }

    @Override
    public void quoted(final byte[] bytes, final int length) {
        any = true;
        final String text = text(bytes, length).replace(".", "%2E");
        if (part(text, true)) {
            return;
        }
        endName(0);
        afterName = true;
        afterAt = false;
        identifier(text, true);
        remember("");
    }

    @Override
    public void either(final byte[] bytes, final int length) {
        if (expect != Expect.NOTHING || dot || naming != null) {
            quoted(bytes, length);
        } else {
            string();
        }
    }

    @Override
    public void inString(final int b) {
        if (inner != null) {
            inner.accept(new byte[] {(byte) b}, 0, 1);
        }
    }

    @Override
    public void string() {
        any = true;
        afterName = false;
        endName(0);
        other();
        if (inner != null) {
            finishInner();
        }
    }

    @Override
    public void number() {
        any = true;
        afterName = false;
        endName(0);
        other();
    }

    @Override
    public void sign(final int sign) {
        if (sign == ';' && !(isDefinition() && (inBlock() || depth > 0))) {
            endName(0);
            endStatement();
            return;
        }
        any = true;
        if (sign == '.' && (count > 0 || (afterName && expect == Expect.NOTHING))) {
            dot = true;
            return;
        }
        afterName = false;
        endName(sign);
        switch (sign) {
            case '(' -> open();
            case ')' -> close();
            case ',' -> comma();
            case '.' -> {
                if (!dialect.isMySql()) {
                    other();
                }
            }
            case '{' -> {
                if (!dialect.isMySql()) {
                    other();
                }
            }
            case '@' -> {
                other();
                afterAt = dialect.isMySql();
            }
            default -> other();
        }
        if (sign != '{') {
            remember("");
        } else {
            word = "{";
        }
    }

    private void other() {
        expect = Expect.NOTHING;
        if (naming != Kind.FETCH && naming != Kind.CLOSE) {
            naming = null;
        }
        afterAt = false;
        levels[depth] &= ~(START | ENDED);
        remember("");
    }

    private void remember(final String upper) {
        before = word;
        word = upper;
    }

    /** A name, or what may be one, that follows a dot. */
    private boolean part(final String text, final boolean inQuotes) {
        if (!dot) {
            return false;
        }
        dot = false;
        if (count == 0) { // of a column
            remember("");
            afterName = true;
            return true;
        }
        if (count == PARTS) {
            System.arraycopy(parts, 1, parts, 0, PARTS - 1);
            count--;
        }
        parts[count++] = folded(text, inQuotes);
        quoted = inQuotes;
        remember("");
        return true;
    }

    private String folded(final String text, final boolean inQuotes) {
        return inQuotes || dialect.isMySql() ? text : lower(text);
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

    private String text(final byte[] bytes, final int length) {
        int end = Math.min(length, dialect.isMySql() ? NAME : PART);
        while (end > 0 && end < length && (bytes[end] & 0xc0) == 0x80) {
            end--; // a character is not cut
        }
        return ODD.matcher(new String(bytes, 0, end, StandardCharsets.UTF_8)).replaceAll("\ufffd");
    }

    private void endName(final int next) {
        endName(next, "");
    }

    /** What follows a name shows whether it was a table's. */
    private void endName(final int next, final String upper) {
        dot = false;
        if (count == 0) {
            return;
        }
        final boolean function = nameOf == Expect.TABLE && next == '(';
        final boolean rowsFrom =
                count == 1 && !quoted && !dialect.isMySql() && upper.equals("FROM") && parts[0].equals("rows");
        if (!function && !rowsFrom) {
            table();
        }
        count = 0;
        if (rowsFrom) {
            skipFrom = true;
        }
    }

    private void table() {
        final int first = !dialect.isMySql() && count == PARTS ? 1 : 0; // the database, which can only be this one
        final boolean qualified = count > 1;
        final StringBuilder name = new StringBuilder();
        for (int i = first; i < count; i++) {
            if (i == first && i < count - 1 && !dialect.isMySql() && parts[i].equals("public")) {
                continue;
            }
            name.append(name.isEmpty() ? "" : ".").append(parts[i]);
        }
        if (!qualified && nameOf == Expect.TABLE && isCte(name.toString())) {
            return;
        }
        if (!qualified && !quoted && dialect.isMySql() && name.toString().equalsIgnoreCase("DUAL")) {
            return;
        }
        if (tables.size() < TABLES && names < NAMES && tables.add(bounded(name.toString()))) {
            names++;
        }
    }

    private static String bounded(final String name) {
        String kept = name;
        while (kept.getBytes(StandardCharsets.UTF_8).length > NAME) {
            kept = kept.substring(0, kept.offsetByCodePoints(kept.length(), -1));
        }
        return kept;
    }

    private boolean isCte(final String name) {
        for (final Cte cte : ctes) {
            if (cte.visible && (dialect.isMySql() ? cte.name.equalsIgnoreCase(name) : cte.name.equals(name))) {
                return true;
            }
        }
        return false;
    }

    private void identifier(final String text, final boolean inQuotes) {
        final int level = levels[depth];
        levels[depth] = level & ~(START | ENDED);
        if (naming != null) {
            named = folded(text, inQuotes);
            if (naming != Kind.FETCH && naming != Kind.CLOSE && naming != Kind.DEALLOCATE) {
                naming = null; // of the others it is the last one
            }
        } else if ((level & WITH) == WITH_NAME) {
            if (ctes.size() < CTES) {
                ctes.add(new Cte(folded(text, inQuotes), depth));
            }
            with(WITH_AS);
        } else if (expect != Expect.NOTHING) {
            parts[0] = folded(text, inQuotes);
            count = 1;
            quoted = inQuotes;
            nameOf = expect;
            expect = Expect.NOTHING;
        }
    }

    private void with(final int phase) {
        levels[depth] = (levels[depth] & ~WITH) | phase;
    }

    private boolean isDefinition() {
        return DEFINES.contains(verb);
    }

    // ---- words

    private void keyword(final String text, final String upper) {
        if (endOfBlock) {
            endOfBlock = false;
            if (!upper.equals("IF") && !upper.equals("LOOP") && !upper.equals("WHILE") && !upper.equals("REPEAT")) {
                blocks = Math.max(0, blocks - 1);
            }
            if (upper.equals("CASE")) {
                return;
            }
        }
        if (verb.isEmpty() && depth == 0) {
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
        if (verb.equals("EXPLAIN") && (depth == 0 || upper.equals("ANALYZE"))) {
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
        final int level = levels[depth];
        if ((level & WITH) != 0 && inWith(text, upper)) {
            return;
        }
        if (word.equals("AS") && (level & (WITH | START)) == 0 && !(depth == 0 && isDefinition())) {
            levels[depth] &= ~(START | ENDED);
            return; // a label, whatever word it is
        }
        expect = Expect.NOTHING;
        levels[depth] &= ~(START | ENDED);
        if ((level & START) != 0 && (level & BODY) != 0 && manipulates(upper)) {
            return;
        }
        clause(upper, (level & START) != 0);
    }

    /** Whether a word that stands where a table is expected is none. */
    private boolean isKeywordHere(final String upper) {
        if ((levels[depth] & START) != 0 && (upper.equals("VALUES") || upper.equals("TABLE") || upper.equals("WITH"))) {
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
        levels[0] &= ~START;
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
            case "WITH" -> with(WITH_NAME);
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
                levels[0] |= QUERY;
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
                levels[depth] |= INSERT;
            }
            case "MERGE" -> {
                expect = Expect.TARGET;
                levels[depth] |= MERGE;
                reads = true;
            }
            case "UPDATE" -> {
                expect = Expect.TARGET;
                levels[depth] |= LIST | UPDATE;
            }
            case "TRUNCATE" -> {
                expect = Expect.TARGET;
                levels[depth] |= LIST | TARGETS;
            }
            case "DELETE" -> levels[depth] |= DELETE | DELETING;
            default -> {
                return false;
            }
        }
        writes = true;
        levels[depth] |= QUERY;
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
        switch (levels[depth] & WITH) {
            case WITH_NAME -> {
                if (upper.equals("RECURSIVE") && word.equals("WITH")) {
                    levels[depth] |= RECURSIVE;
                } else {
                    identifier(text, false);
                }
            }
            case WITH_AS -> {
                final boolean as = upper.equals("AS");
                with(as ? WITH_BODY : 0);
                return as;
            }
            case WITH_NEXT -> {
                if (manipulates(upper)) {
                    with(0);
                } else if (upper.equals("SELECT") || upper.equals("TABLE") || upper.equals("VALUES")) {
                    with(0);
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
        final int level = levels[depth];
        switch (upper) {
            case "SELECT" -> {
                reads = true;
                endList();
                levels[depth] |= QUERY;
                levels[depth] &= ~ENDED;
            }
            case "VALUES" -> {
                if (start) {
                    reads = true;
                    levels[depth] &= ~LIST;
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
                    levels[depth] |= LIST | JOINED;
                }
            }
            case "USING" -> {
                if ((level & JOINED) == 0 && (level & (DELETE | MERGE)) != 0) {
                    reads = true;
                    expect = Expect.TABLE;
                    levels[depth] |= LIST;
                }
                levels[depth] &= ~JOINED;
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
                levels[depth] &= ~JOINED;
                if (isDefinition() && depth == 0 && !objects.isEmpty() && tables.isEmpty()) {
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
                    levels[depth] &= ~LIST;
                }
            }
            case "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "WINDOW", "UNION", "EXCEPT", "INTERSECT" -> endList();
            case "OF" -> {
                if (word.equals("UPDATE") || word.equals("SHARE")) {
                    endList();
                }
            }
            case "TO" -> {
                if (verb.equals("COPY") && depth == 0) {
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
                    with(WITH_NAME);
                }
            }
            case "FOR" -> {
                if (kind == Kind.DECLARE && depth == 0 && (level & QUERY) == 0) {
                    levels[0] |= START;
                } else if (verb.equals("SET") && depth == 0 && dialect == Dialect.MARIADB && setsStatement) {
                    verb = ""; // SET STATEMENT … FOR
                }
            }
            case "AS" -> {
                if (kind == Kind.PREPARE && depth == 0 && (level & QUERY) == 0) {
                    levels[0] |= START | BODY;
                }
            }
            case "STATEMENT" -> setsStatement = word.equals("SET");
            default -> {
                if (isDefinition() && depth == 0 && objects.isEmpty()) {
                    object(upper);
                }
            }
        }
    }

    private void from(final int level) {
        if (skipFrom) {
            skipFrom = false;
        } else if (verb.equals("COPY") && depth == 0) {
            writes = true;
        } else if (kind == Kind.PREPARE && dialect.isMySql() && depth == 0) {
            inner = new SqlReader(dialect, version);
        } else if ((level & QUERY) != 0 && !isDistinctFrom()) {
            final boolean target = (level & DELETING) != 0 && DELETE_WORDS.contains(word);
            if (!target) {
                reads = true;
            }
            expect = target ? Expect.TARGET : Expect.TABLE;
            levels[depth] |= LIST;
            levels[depth] &= ~(TARGETS | DELETING);
        }
    }

    private boolean isDistinctFrom() {
        return word.equals("DISTINCT") && (before.equals("IS") || before.equals("NOT"));
    }

    private void endList() {
        if ((levels[depth] & LIST) != 0) {
            levels[depth] = (levels[depth] & ~(LIST | TARGETS | JOINED)) | ENDED;
        }
    }

    private void object(final String upper) {
        if (upper.equals("TABLE") || upper.equals("TABLES") || upper.equals("VIEW")) {
            objects = upper.equals("VIEW") && !word.equals("MATERIALIZED") ? "VIEW" : "TABLE";
            expect = Expect.TARGET;
            if (!verb.equals("CREATE") && !verb.equals("ALTER") && !verb.equals("COMMENT")) {
                levels[0] |= LIST | TARGETS;
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
                    blocks++;
                }
            }
            case "END" -> endOfBlock = blocks > 0;
            case "ON" -> {
                if (isDefinition() && depth == 0 && blocks == 0 && tables.isEmpty()) {
                    expect = Expect.TARGET;
                    if (objects.equals("GRANT")) {
                        levels[0] |= LIST | TARGETS;
                    }
                }
            }
            case "TO", "FROM" -> levels[depth] &= ~(LIST | ENDED);
            default -> {}
        }
    }

    private boolean inBlock() {
        if (endOfBlock) {
            endOfBlock = false;
            blocks = Math.max(0, blocks - 1);
        }
        return blocks > 0;
    }

    // ---- signs

    private void open() {
        if (inner != null) {
            inner = null; // of an expression, not of a text
            unknown = true;
        }
        if (verb.isEmpty() && depth == 0) {
            verb = "(";
            kind = Kind.DATA;
        }
        final int level = levels[depth];
        int inside = START;
        if ((level & WITH) == WITH_BODY) {
            inside |= BODY;
            if (!ctes.isEmpty() && (level & RECURSIVE) != 0) {
                show();
            }
        } else if (verb.equals("COPY") && depth == 0 && expect != Expect.NOTHING) {
            inside |= BODY;
            expect = Expect.NOTHING;
        }
        if (expect != Expect.NOTHING && !word.equals("TABLE")) {
            inside |= LIST;
        } else {
            expect = Expect.NOTHING;
        }
        levels[depth] = level & ~(START | ENDED);
        if (depth + 1 < DEPTH) {
            depth++;
            if (depth == levels.length) {
                levels = Arrays.copyOf(levels, depth * 2);
            }
            levels[depth] = inside;
        } else {
            overflow++;
        }
    }

    private void show() {
        for (final Cte cte : ctes) {
            if (cte.depth == depth) {
                cte.visible = true;
            }
        }
    }

    private void close() {
        expect = Expect.NOTHING;
        if (overflow > 0) {
            overflow--;
            return;
        }
        if (depth == 0) {
            return;
        }
        final int closed = depth;
        ctes.removeIf(cte -> cte.depth == closed);
        depth--;
        if ((levels[depth] & WITH) == WITH_BODY) {
            show();
            with(WITH_NEXT);
            searches = false;
        }
    }

    private void comma() {
        final int level = levels[depth];
        levels[depth] = level & ~(START | ENDED);
        expect = Expect.NOTHING;
        if ((level & WITH) == WITH_NEXT) {
            if (!searches) {
                with(WITH_NAME);
            }
        } else if ((level & (LIST | ENDED)) != 0) {
            if ((level & ENDED) != 0) {
                levels[depth] |= LIST; // the word before was an alias
            }
            levels[depth] &= ~JOINED;
            reads |= (level & TARGETS) == 0;
            expect = (level & TARGETS) != 0 ? Expect.TARGET : Expect.TABLE;
        }
    }

    // ---- statements

    private void endStatement() {
        if (any && statements.size() < STATEMENTS) {
            statements.add(statement());
        }
        reset();
    }

    private SqlStatement statement() {
        finishInner();
        Kind is = kind;
        if (verb.isEmpty() && reads) {
            is = Kind.DATA; // (SELECT …)
        }
        if (is == Kind.NONE || is == Kind.FETCH || is == Kind.CLOSE || is == Kind.DEALLOCATE || is == Kind.USE) {
            return is == Kind.NONE && (reads || writes) && !muted
                    ? new SqlStatement(Kind.DATA, null, new Statement(mode(), List.copyOf(tables)))
                    : new SqlStatement(is, named, null);
        }
        if (is == Kind.PREPARE && !reads && !writes) {
            return new SqlStatement(is, named, null);
        }
        return new SqlStatement(is, named, new Statement(mode(), List.copyOf(tables)));
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
                tables.addAll(each.data().resources());
            }
        }
    }

    private void reset() {
        tables.clear();
        ctes.clear();
        depth = 0;
        levels[0] = START;
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
        overflow = 0;
        skipFrom = false;
        blocks = 0;
        endOfBlock = false;
        expect = Expect.NOTHING;
        naming = null;
        named = null;
        kind = Kind.NONE;
        inner = null;
        afterAt = false;
        count = 0;
        dot = false;
        afterName = false;
    }
}
