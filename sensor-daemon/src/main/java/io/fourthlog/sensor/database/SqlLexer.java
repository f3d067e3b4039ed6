package io.fourthlog.sensor.database;

import io.fourthlog.sensor.database.SqlStatement.Dialect;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * Cuts SQL text into tokens as its bytes come, of which it keeps no more than one word or quoted name. A server takes what a
 * lexer makes of a text, so each rule here is the server's own: what one reads as a comment and the other as words hides a table.
 */
final class SqlLexer {
    /** Takes tokens; the bytes are valid during the call only. */
    interface Sink {
        /** A keyword or a name that is not quoted. */
        void word(byte[] bytes, int length);

        void quoted(byte[] bytes, int length);

        /** A double-quoted text of MySQL, which is a string or a name by a setting of the server. */
        void either(byte[] bytes, int length);

        /** A byte of the string that is being read, without its quotes and escapes. */
        void inString(int b);

        void string();

        void number();

        void sign(int sign);
    }

    private enum State {
        BETWEEN,
        WORD,
        NUMBER, // its digits
        NUMBER_ZERO, // after a leading zero
        NUMBER_HEX,
        NUMBER_FRACTION,
        NUMBER_E, // after "1e", which may be the beginning of a word
        NUMBER_EXPONENT,
        UNICODE, // after U&
        QUOTED,
        QUOTED_ESCAPE,
        QUOTED_END, // after a quote, which another would make a part
        DASH,
        DASHES, // of MySQL, which wants a space after two
        LINE,
        SLASH,
        SLASH_STAR,
        SLASH_STAR_M,
        VERSION, // of a comment that the server executes
        COMMENT,
        COMMENT_STAR,
        COMMENT_SLASH,
        STAR, // that may end an executed comment
        DOLLAR,
        DOLLAR_BODY
    }

    private static final int KEPT = 1 << 10; // bytes of a word, name or tag; what is longer is cut
    private static final byte[] NO_BYTES = {};
    private static final Pattern HEX = Pattern.compile("[0-9A-Fa-f]+");

    private final boolean mySql;
    private final boolean mariaDb;
    private final int version;
    private final Sink sink;
    private final byte[] token = new byte[KEPT];
    private State state = State.BETWEEN;
    private int length;
    private boolean tooLong; // a tag that was cut ends nowhere
    private int quote;
    private boolean escapes; // in quotes
    private boolean continued; // a string after which another goes on with escapes
    private boolean unicode; // U&"…", which has escapes of its own
    private int unicodeEscape = '\\';
    private int pendingUnicode; // 1: the name waits for UESCAPE, 2: for its character
    private byte[] pendingName = NO_BYTES;
    private int stringStart = -1; // the first byte of the last string
    private int depth; // of comments
    private int executed; // depth of comments that the server executes
    private int digits; // of VERSION
    private int number; // that they are
    private int matched; // bytes of a dollar quote's end
    private boolean afterName; // a dot goes on with it
    private boolean adjacent; // to that name, or to the dot after it, without a space
    private int lastSign; // 0 after another token
    private boolean ended;

    /** @param version of the server as MySQL's comments write it ({@code 80036}); 0 if not known, and then each of them is executed */
    SqlLexer(final Dialect dialect, final int version, final Sink sink) {
        this.mySql = dialect.isMySql();
        this.mariaDb = dialect == Dialect.MARIADB;
        this.version = version;
        this.sink = sink;
    }

    void accept(final byte[] bytes, final int offset, final int count) {
        for (int i = offset; i < offset + count; i++) {
            next(bytes[i] & 0xff);
        }
    }

    void end() {
        if (!ended) {
            ended = true;
            next(' ');
            next('\n');
            resolveUnicode();
        }
        Arrays.fill(token, (byte) 0);
    }

    private void next(final int c) {
        switch (state) {
            case BETWEEN -> between(c);
            case WORD -> {
                if (isPart(c)) {
                    keep(c);
                } else if (!mySql && c == '&' && isWord('u')) {
                    state = State.UNICODE;
                } else if (!mySql && c == '\'' && isWord('e')) {
                    openQuote(c, true);
                } else {
                    endWord();
                    between(c);
                }
            }
            case NUMBER_ZERO -> {
                if (!mySql && (c | 0x20) == 'x') {
                    state = State.NUMBER_HEX;
                } else {
                    state = State.NUMBER;
                    next(c);
                }
            }
            case NUMBER -> number(c);
            case NUMBER_HEX -> {
                if (!isHex(c) && c != '_') {
                    endNumber(c);
                }
            }
            case NUMBER_FRACTION -> {
                if ((c | 0x20) == 'e') {
                    length = 0;
                    keep(c);
                    state = State.NUMBER_E;
                } else if (!isDigit(c)) {
                    endNumber(c);
                }
            }
            case NUMBER_E -> {
                if (isDigit(c) || c == '+' || c == '-') {
                    state = State.NUMBER_EXPONENT;
                } else {
                    sink.number(); // "1efrom" of PostgreSQL is 1 and a word; of MySQL it is a word
                    state = State.WORD;
                    next(c);
                }
            }
            case NUMBER_EXPONENT -> {
                if (!isDigit(c)) {
                    endNumber(c);
                }
            }
            case UNICODE -> {
                if (c == '"' || c == '\'') {
                    openQuote(c, false);
                    unicode = c == '"';
                } else {
                    endWord();
                    emitSign('&');
                    between(c);
                }
            }
            case QUOTED -> {
                if (c == quote) {
                    state = State.QUOTED_END;
                } else if (c == '\\' && escapes) {
                    state = State.QUOTED_ESCAPE;
                } else {
                    inQuotes(c);
                }
            }
            case QUOTED_ESCAPE -> {
                inQuotes(mySql ? escaped(c) : c);
                state = State.QUOTED;
            }
            case QUOTED_END -> {
                if (c == quote) {
                    inQuotes(c);
                    state = State.QUOTED;
                } else {
                    endQuoted();
                    between(c);
                }
            }
            case DASH -> {
                if (c != '-') {
                    emitSign('-');
                    between(c);
                } else {
                    state = mySql ? State.DASHES : State.LINE;
                }
            }
            case DASHES -> {
                if (c <= ' ' || c == 0x7f) {
                    state = State.LINE;
                    next(c);
                } else {
                    emitSign('-');
                    state = State.DASH;
                    next(c);
                }
            }
            case LINE -> {
                if (c == '\n' || (c == '\r' && !mySql)) {
                    state = State.BETWEEN;
                }
            }
            case SLASH -> {
                if (c == '*') {
                    depth = 1;
                    state = mySql ? State.SLASH_STAR : State.COMMENT;
                } else {
                    emitSign('/');
                    between(c);
                }
            }
            case SLASH_STAR, SLASH_STAR_M -> executedComment(c);
            case VERSION -> version(c);
            case COMMENT, COMMENT_STAR, COMMENT_SLASH -> comment(c);
            case STAR -> {
                if (c == '/') {
                    executed--;
                    state = State.BETWEEN;
                } else {
                    emitSign('*');
                    between(c);
                }
            }
            case DOLLAR -> dollar(c);
            case DOLLAR_BODY -> {
                if (c == '$') {
                    if (matched == length + 1 && !tooLong) {
                        state = State.BETWEEN;
                        emitString();
                    }
                    matched = 1;
                } else {
                    matched = matched > 0 && matched <= length && token[matched - 1] == (byte) c ? matched + 1 : 0;
                }
            }
        }
    }

    private void between(final int c) {
        state = State.BETWEEN;
        if (c <= ' ' || c == 0x7f) {
            adjacent = false;
            return;
        }
        if (isDigit(c) && !(mySql && afterName && adjacent && lastSign == '.')) {
            length = 0;
            keep(c);
            state = lastSign == '.' ? State.NUMBER_FRACTION : c == '0' ? State.NUMBER_ZERO : State.NUMBER;
        } else if (isStart(c)) {
            length = 0;
            keep(c);
            state = State.WORD;
        } else if (c == '\'') {
            openQuote(c, mySql || continued);
        } else if (c == '"') {
            openQuote(c, mySql);
        } else if (c == '`' && mySql) {
            openQuote(c, false);
        } else if (c == '$') {
            length = 0;
            tooLong = false;
            state = State.DOLLAR;
        } else if (c == '-') {
            state = State.DASH;
        } else if (c == '/') {
            state = State.SLASH;
        } else if (c == '#' && mySql) {
            state = State.LINE;
        } else if (c == '*' && executed > 0) {
            state = State.STAR;
        } else if (c == '.' && !afterName) {
            emitSign('.'); // of a number, or of a table of MySQL's current database
            state = mySql ? State.BETWEEN : State.NUMBER_FRACTION;
        } else {
            emitSign(c);
        }
    }

    private void number(final int c) {
        if (isDigit(c) || (c == '_' && !mySql)) {
            keep(c);
        } else if (c == '.') {
            state = State.NUMBER_FRACTION;
        } else if ((c | 0x20) == 'e') {
            if (!mySql) {
                length = 0; // "1efrom" is a number and a word
            }
            keep(c);
            state = State.NUMBER_E;
        } else if (mySql && isPart(c)) {
            keep(c); // a name may begin with digits
            state = State.WORD;
        } else {
            endNumber(c);
        }
    }

    private void executedComment(final int c) {
        if (c == '!') {
            digits = 0;
            number = 0;
            depth = state == State.SLASH_STAR_M && !mariaDb ? 0 : 1; // MySQL takes MariaDB's own for a comment
            state = State.VERSION;
        } else if (state == State.SLASH_STAR && c == 'M') {
            state = State.SLASH_STAR_M;
        } else {
            state = State.COMMENT;
            comment(c);
        }
    }

    private void version(final int c) {
        if (isDigit(c) && digits < 6) {
            number = number * 10 + (c - '0');
            digits++;
            return;
        }
        final boolean runs = depth == 1
                && (digits < 5
                        || version == 0
                        || (number <= version && !(mariaDb && number >= 50_700 && number <= 99_999)));
        depth = 1;
        if (runs) {
            executed++;
            between(c);
        } else {
            state = State.COMMENT;
            comment(c);
        }
    }

    private void comment(final int c) {
        if (state == State.COMMENT_STAR && c == '/') {
            depth--;
            state = depth == 0 ? State.BETWEEN : State.COMMENT;
        } else if (state == State.COMMENT_SLASH && c == '*' && !mySql) {
            depth++;
            state = State.COMMENT;
        } else {
            state = c == '*' ? State.COMMENT_STAR : c == '/' ? State.COMMENT_SLASH : State.COMMENT;
        }
    }

    private void dollar(final int c) {
        if (c == '$') {
            matched = 0;
            state = State.DOLLAR_BODY;
        } else if (isPart(c) && !(length == 0 && isDigit(c))) {
            tooLong |= length == KEPT;
            keep(c);
        } else {
            emitSign('$'); // of a parameter
            between(c);
        }
    }

    private void openQuote(final int c, final boolean withEscapes) {
        quote = c;
        escapes = withEscapes;
        unicode = false;
        length = 0;
        stringStart = -1;
        state = State.QUOTED;
    }

    private void inQuotes(final int c) {
        if (quote == '\'' && stringStart < 0) {
            stringStart = c;
        }
        if (quote == '\'' || (quote == '"' && mySql)) {
            sink.inString(c);
        }
        if (quote != '\'') {
            keep(c);
        }
    }

    private void endQuoted() {
        state = State.BETWEEN;
        if (quote == '\'') {
            final boolean goesOn = escapes && !mySql;
            if (pendingUnicode == 2 && stringStart >= 0) {
                unicodeEscape = stringStart;
                resolveUnicode();
                return;
            }
            emitString();
            continued = goesOn;
        } else if (unicode) {
            resolveUnicode();
            pendingName = Arrays.copyOf(token, length);
            unicodeEscape = '\\';
            pendingUnicode = 1;
            afterName = true;
        } else {
            resolveUnicode();
            if (quote == '"' && mySql) {
                sink.either(token, length);
            } else {
                sink.quoted(token, length);
            }
            token(true, 0);
        }
    }

    /** A name with escapes of its own is told when it is known what begins them. */
    private void resolveUnicode() {
        if (pendingUnicode == 0) {
            return;
        }
        pendingUnicode = 0;
        final byte[] name = decoded(pendingName, unicodeEscape);
        pendingName = NO_BYTES;
        sink.quoted(name, name.length);
        token(true, 0);
    }

    private void endWord() {
        state = State.BETWEEN;
        if (pendingUnicode == 1 && isWord("uescape")) {
            pendingUnicode = 2;
            return;
        }
        resolveUnicode();
        sink.word(token, length);
        token(true, 0);
    }

    private void endNumber(final int c) {
        resolveUnicode();
        sink.number();
        token(false, 0);
        between(c);
    }

    private void emitString() {
        resolveUnicode();
        sink.string();
        token(false, 0);
    }

    private void emitSign(final int sign) {
        state = State.BETWEEN;
        resolveUnicode();
        sink.sign(sign);
        token(sign == '.' && afterName, sign);
    }

    private void token(final boolean name, final int sign) {
        afterName = name;
        adjacent = sign == 0 || adjacent;
        lastSign = sign;
        continued = false;
    }

    private static int escaped(final int c) {
        return switch (c) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case '0' -> 0;
            default -> c;
        };
    }

    /** What {@code \XXXX} and {@code \+XXXXXX} stand for. */
    private static byte[] decoded(final byte[] name, final int escape) {
        final StringBuilder text = new StringBuilder();
        final String raw = new String(name, StandardCharsets.UTF_8);
        for (int at = 0; at < raw.length(); ) {
            final char c = raw.charAt(at++);
            final int from = at < raw.length() && raw.charAt(at) == '+' ? at + 1 : at;
            final int to = from + (from > at ? 6 : 4);
            if (c != escape) {
                text.append(c);
            } else if (at < raw.length() && raw.charAt(at) == escape) {
                text.append(c);
                at++;
            } else if (to <= raw.length() && HEX.matcher(raw).region(from, to).matches()) {
                final int point = Integer.parseInt(raw, from, to, 16);
                text.appendCodePoint(Character.isValidCodePoint(point) ? point : 0xfffd);
                at = to;
            }
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private void keep(final int c) {
        if (length < KEPT) {
            token[length++] = (byte) c;
        }
    }

    private boolean isWord(final int letter) {
        return length == 1 && (token[0] | 0x20) == letter;
    }

    private boolean isWord(final String word) {
        if (length != word.length()) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if ((token[i] | 0x20) != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private boolean isStart(final int c) {
        return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c >= 0x80 || (mySql && (c == '$' || isDigit(c)));
    }

    private boolean isPart(final int c) {
        return isStart(c) || isDigit(c) || (c == '$' && state == State.WORD);
    }

    private static boolean isDigit(final int c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isHex(final int c) {
        return isDigit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
    }
}
