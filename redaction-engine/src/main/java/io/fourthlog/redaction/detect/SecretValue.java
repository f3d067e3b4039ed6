package io.fourthlog.redaction.detect;

/** What tells the secret that is given to a name from a reference to one, a stand-in for one, and something else. */
final class SecretValue {

    private static final int MIN_PASSWORD = 6; // characters
    private static final int MAX_PASSWORD = 128; // characters
    private static final int MIN_TOKEN = 12; // characters
    private static final int MIN_KEY = 16; // characters
    private static final int MIN_WORD = 3; // letters

    private static final Words STAND_INS = Words.of(
            "password passwd secret token none null nil true false undefined changeme change_me string optional required value your yourpassword test testing default empty hidden"
                    + " redacted masked encrypted example sample dummy todo tbd unset disabled enabled unknown missing invalid admin root user self this input text bearer basic digest oauth function object boolean number integer");

    private static final Phrases TEMPLATES = Phrases.of("${", "{{", "$(");

    private SecretValue() {}

    static int end(byte[] text, int at, int to, byte quote) {
        int i = at;
        while (i < to) {
            byte b = text[i];
            boolean ends = quote != 0
                    ? b == quote || b == '\n'
                    : Bytes.is(b, Bytes.SPACE)
                            || b == '"'
                            || b == '\''
                            || b == '`'
                            || b == ','
                            || b == ';'
                            || b == '<'
                            || b == '>'
                            || b == '('
                            || b == ')'
                            || b == '{'
                            || b == '}'
                            || b == '|'
                            || b < 0;
            if (ends) {
                break;
            }
            i++;
        }
        while (quote == 0 && i > at && (text[i - 1] == '.' || text[i - 1] == ']')) {
            i--;
        }
        return i;
    }

    /** A variable, a call, a path, a URL or an expression: not the value itself. */
    static boolean isReference(byte[] text, int to, int at, int end, boolean quoted) {
        if (at == end) {
            return true;
        }
        byte first = text[at];
        boolean sign = (first == '$' && (!quoted || Bytes.runEnd(text, at + 1, end, Bytes.WORD) == end))
                || first == '{'
                || first == '<'
                || first == '['
                || first == '/'
                || first == '*'
                || first == '&'
                || (first == '%' && text[end - 1] == '%')
                || first == '.'
                || first == '('
                || first == '='
                || (first == '!' && !hasDigit(text, at, end)); // a tag of YAML
        if (sign && !(quoted && end - at > 8 && first != '{' && first != '<' && first != '/')) {
            return true;
        }
        boolean element = text[at - 1] == '>';
        boolean called =
                !quoted && end < to && (text[end] == '(' || text[end] == '{' || (text[end] == '<' && !element));
        int dots = 0;
        boolean identifier = true;
        boolean space = false;
        for (int i = at; i < end; i++) {
            dots += text[i] == '.' && i > at && Bytes.is(text, at, end, i + 1, Bytes.LETTER) ? 1 : 0;
            identifier &= Bytes.is(text[i], Bytes.WORD) || text[i] == '.' || text[i] == '[' || text[i] == ']';
            space |= text[i] == ' ';
        }
        boolean member = identifier && dots > 0 && !quoted && Bytes.is(first, Bytes.LETTER);
        boolean url = Bytes.startsWith(text, at, end, "http") && Bytes.containsIgnoreCase(text, at, end, "://");
        boolean template = TEMPLATES.areIn(text, at, end);
        return called
                || member
                || url
                || template
                || (space && quoted && !Bytes.is(text[at], Bytes.DIGIT) && spaces(text, at, end) > 3);
    }

    static boolean hasDigit(byte[] text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (Bytes.is(text[i], Bytes.DIGIT)) {
                return true;
            }
        }
        return false;
    }

    private static int spaces(byte[] text, int from, int to) {
        int spaces = 0;
        for (int i = from; i < to; i++) {
            spaces += text[i] == ' ' ? 1 : 0;
        }
        return spaces;
    }

    static boolean isStandIn(byte[] text, int from, int to) {
        int word = Bytes.runEnd(text, from, to, Bytes.WORD);
        return (word == to && STAND_INS.has(text, from, word))
                || Randomness.isStandIn(text, from, to)
                || isRepeated(text, from, to);
    }

    private static boolean isRepeated(byte[] text, int from, int to) {
        for (int i = from + 1; i < to; i++) {
            if (text[i] != text[from]) {
                return false;
            }
        }
        return true;
    }

    /** Something that a person chose: long enough, with letters and a digit or a sign; only digits and only a word are not enough. */
    static boolean isPassword(byte[] text, int from, int to, boolean quoted) {
        int letters = 0;
        int digits = 0;
        int signs = 0;
        int humps = 0;
        for (int i = from; i < to; i++) {
            byte b = text[i];
            if (Bytes.is(b, Bytes.DIGIT)) {
                digits++;
            } else if (Bytes.is(b, Bytes.LETTER)) {
                letters++;
                humps += i > from + 1 && Bytes.is(b, Bytes.UPPER) && Bytes.is(text[i - 1], Bytes.LOWER) ? 1 : 0;
            } else if (b != '_' && b != '-' && b != '.' && b != ' ' && b != ':') {
                signs++;
            }
        }
        int length = to - from;
        boolean mixed = quoted && ((humps > 0 && length >= 10) || (humps > 1 && length >= 8));
        return length >= MIN_PASSWORD && length <= MAX_PASSWORD && letters > 0 && (digits + signs > 0 || mixed);
    }

    /** Something that a machine made. */
    static boolean isToken(byte[] text, int from, int to) {
        int letters = 0;
        int digits = 0;
        int changes = 0; // between kinds of characters
        int kind = 0;
        for (int i = from; i < to; i++) {
            byte b = text[i];
            int now = Bytes.is(b, Bytes.DIGIT) ? 1 : Bytes.is(b, Bytes.UPPER) ? 2 : Bytes.is(b, Bytes.LOWER) ? 3 : 4;
            if (now == 4 && b != '+' && b != '/' && b != '=' && b != '-' && b != '_' && b != '.' && b != '~' && b != ':'
                    && b != '!' && b != '@' && b != '#' && b != '$' && b != '%' && b != '^' && b != '&' && b != '*') {
                return false;
            }
            digits += now == 1 ? 1 : 0;
            letters += now == 2 || now == 3 ? 1 : 0;
            changes += kind != 0 && now != kind ? 1 : 0;
            kind = now;
        }
        int length = to - from;
        boolean dense = length >= MIN_KEY && changes * 20 >= length * (digits > 0 ? 8 : 9); // no words, or hardly any
        return length >= MIN_TOKEN
                && letters >= 2
                && (digits >= 2 ? changes * 6 >= length : dense)
                && Randomness.isPlausible(text, from, to, !dense)
                && !isSlug(text, from, to);
    }

    /** A token that nothing but "key" in the name speaks for: long, and not the id of a thing. */
    static boolean isKey(byte[] text, int from, int to) {
        boolean uuid = to - from == 36 && text[from + 8] == '-' && text[from + 13] == '-' && text[from + 23] == '-';
        return to - from >= MIN_KEY && !uuid && isToken(text, from, to);
    }

    /** Whether a long value has capitals, small letters and digits, or small letters beyond "f" and digits. */
    static boolean isLongAndMixed(byte[] text, int from, int to) {
        boolean upper = false;
        boolean lower = false;
        boolean beyondHex = false;
        for (int i = from; i < to; i++) {
            upper |= Bytes.is(text[i], Bytes.UPPER);
            lower |= Bytes.is(text[i], Bytes.LOWER);
            beyondHex |= Bytes.is(text[i], Bytes.LETTER) && Bytes.hexValue(text[i]) < 0;
        }
        return to - from >= 2 * MIN_TOKEN && beyondHex && (lower || upper);
    }

    static boolean hasNoSpace(byte[] text, int from, int to) {
        return spaces(text, from, to) == 0;
    }

    static boolean isQuote(byte b) {
        return b == '"' || b == '\'' || b == '`';
    }

    /** Words and short numbers with hyphens and the like between them, as people name things: {@code orders-db-credentials-2}. */
    private static boolean isSlug(byte[] text, int from, int to) {
        int parts = 0;
        boolean word = false;
        for (int part = from; part < to; parts++) {
            int letters = Bytes.runEnd(text, part, to, Bytes.LETTER);
            int end = Bytes.runEnd(text, letters, to, Bytes.DIGIT);
            boolean name = letters - part <= 14
                    && end - letters <= (letters > part ? 3 : 10)
                    && isOneCase(text, part, letters);
            boolean separated = isSeparatorOrEnd(text, end, to);
            int odd = Bytes.runEnd(text, part, Math.min(to, part + MIN_WORD), Bytes.ALNUM); // k8s
            if (!(name && separated && end > part) && (odd == part || !isSeparatorOrEnd(text, odd, to))) {
                return false;
            }
            word |= letters - part >= MIN_WORD && hasVowel(text, part, letters);
            part = (name && separated && end > part ? end : odd) + 1;
        }
        return parts > 1 && word;
    }

    private static boolean isSeparatorOrEnd(byte[] text, int at, int to) {
        return at == to || "-_./:".indexOf(text[at]) >= 0;
    }

    private static boolean isOneCase(byte[] text, int from, int to) {
        for (int i = from + 2; i < to; i++) {
            if (Bytes.is(text[i], Bytes.UPPER) != Bytes.is(text[i - 1], Bytes.UPPER)) {
                return false;
            }
        }
        return to - from < 2 || !Bytes.is(text[from + 1], Bytes.UPPER) || Bytes.is(text[from], Bytes.UPPER);
    }

    private static boolean hasVowel(byte[] text, int from, int to) {
        for (int i = from; i < to; i++) {
            if ("aeiouyAEIOUY".indexOf(text[i]) >= 0) {
                return true;
            }
        }
        return false;
    }
}
