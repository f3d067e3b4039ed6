package io.fourthlog.sensor.database;

import io.fourthlog.sensor.database.SqlStatement.Dialect;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Finds in SQL text, as its bytes come, what each statement does and to which tables: by its words and parentheses, without a
 * grammar. Where a text could mean a table or not, it says that it does, since a name too many is seen and one too few is not.
 * Takes time in proportion to the text, and keeps only names of it, of a bounded number.
 */
final class SqlReader implements SqlLexer.Sink {
    static final int STATEMENTS = 256; // of one text
    private static final int KEYWORD = 20; // letters, of the longest one and more

    private final Dialect dialect;
    private final SqlLexer lexer;
    private final SqlNames names;
    private final SqlStatementReader statement;
    private final List<SqlStatement> statements = new ArrayList<>();
    private boolean dot; // another part of a name follows
    private boolean afterName; // or word
    private boolean afterAt;

    SqlReader(final Dialect dialect, final int version) {
        this.dialect = dialect;
        lexer = new SqlLexer(dialect, version, this);
        names = new SqlNames(dialect);
        statement = new SqlStatementReader(dialect, version, names);
    }

    void accept(final byte[] bytes, final int offset, final int length) {
        lexer.accept(bytes, offset, length);
    }

    /** The text is over: its statements in their order. */
    List<SqlStatement> end() {
        lexer.end();
        endName(0, "");
        endStatement();
        return List.copyOf(statements);
    }

    @Override
    public void word(final byte[] bytes, final int length) {
        statement.begins();
        final String text = names.text(bytes, length);
        if (part(text, false)) {
            return;
        }
        final String upper = length <= KEYWORD ? text.toUpperCase(Locale.ROOT) : "";
        endName(0, upper);
        afterName = true;
        if (afterAt) {
            afterAt = false;
            statement.variable();
        } else {
            statement.word(text, upper);
        }
    }

    @Override
    public void quoted(final byte[] bytes, final int length) {
        statement.begins();
        final String text = names.text(bytes, length).replace(".", "%2E");
        if (part(text, true)) {
            return;
        }
        endName(0, "");
        afterName = true;
        afterAt = false;
        statement.quoted(text);
    }

    @Override
    public void either(final byte[] bytes, final int length) {
        if (dot || statement.expectsName()) {
            quoted(bytes, length);
        } else {
            string();
        }
    }

    @Override
    public void inString(final int b) {
        statement.inString(b);
    }

    @Override
    public void string() {
        statement.begins();
        afterName = false;
        afterAt = false;
        endName(0, "");
        statement.string();
    }

    @Override
    public void number() {
        statement.begins();
        afterName = false;
        afterAt = false;
        endName(0, "");
        statement.other();
    }

    @Override
    public void sign(final int sign) {
        if (sign == ';' && !statement.goesOnBehindSemicolon()) {
            endName(0, "");
            endStatement();
            return;
        }
        statement.begins();
        if (sign == '.' && (names.isReading() || (afterName && !statement.expectsTable()))) {
            dot = true;
            return;
        }
        afterName = false;
        endName(sign, "");
        switch (sign) {
            case '(' -> statement.open();
            case ')' -> statement.close();
            case ',' -> statement.comma();
            case '.', '{' -> {
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
        statement.sign(sign);
    }

    private void other() {
        afterAt = false;
        statement.other();
    }

    /** A name, or what may be one, that follows a dot. */
    private boolean part(final String text, final boolean inQuotes) {
        if (!dot) {
            return false;
        }
        dot = false;
        if (names.isReading()) {
            names.part(text, inQuotes);
        } else {
            afterName = true; // of a column
        }
        statement.part();
        return true;
    }

    private void endName(final int next, final String upper) {
        dot = false;
        statement.nameEnds(next, upper);
    }

    private void endStatement() {
        if (!statement.isEmpty() && statements.size() <= STATEMENTS) {
            statements.add(statements.size() < STATEMENTS ? statement.statement() : SqlStatement.REST);
        }
        statement.reset();
        afterAt = false;
        dot = false;
        afterName = false;
    }
}
