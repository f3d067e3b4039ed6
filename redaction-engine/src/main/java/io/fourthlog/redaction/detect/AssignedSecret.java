package io.fourthlog.redaction.detect;

import java.util.ArrayList;
import java.util.List;

/**
 * Values that are assigned to a name for a secret, of whatever family: {@code password = …}, {@code "api_key": "…"}, {@code the password
 * is …}. What a person chose needs a digit or a sign; what a machine made needs to look like it.
 */
final class AssignedSecret implements Detector {

    private static final int MAX_VALUE = 200; // bytes looked at
    private static final int MAX_NAME = 40; // bytes of a name from the word on
    private static final int MIN_PASSWORD = 6; // characters
    private static final int MIN_TOKEN = 12; // characters
    private static final String[] PASSWORDS = {
        "password",
        "passwd",
        "passphrase",
        "passwort",
        "contraseña",
        "mot de passe",
        "db_pass",
        "dbpass",
        "_pwd",
        "pwd",
        "userpass",
        "_pass=",
        "password1"
    };
    private static final String[] TOKENS = {
        "secret",
        "api_key",
        "apikey",
        "api-key",
        "api key",
        "access_key",
        "accesskey",
        "access-key",
        "auth_key",
        "authkey",
        "auth-key",
        "private_key",
        "privatekey",
        "private-key",
        "encryption_key",
        "encryptionkey",
        "encryption-key",
        "signing_key",
        "signingkey",
        "signing-key",
        "account_key",
        "accountkey",
        "master_key",
        "masterkey",
        "service_key",
        "shared_key",
        "storage_key",
        "license_key",
        "token",
        "credential",
        "authorization",
        "bearer ",
        "x-api-key",
        "client_key",
        "session_id",
        "sessionid",
        "connection_key",
        "webhook_key",
        "deploy_key",
        "app_key",
        "appkey"
    };
    private static final String[] IS = {" is ", " was ", " is: ", " ist ", " es ", " est "};

    private static final String[] SCHEMES = {"bearer ", "basic ", "token "};

    /** What a name goes on with when its value is about the secret and not the secret. */
    private static final Words ABOUT = Words.of(
            "id ids count type types name names url uri endpoint file files path length len limit size ttl expiry expires expiration expiresin expiresat field label"
                    + " hint policy policies manager store class version algorithm alg format prefix header ref reference referenceid keyref secretref selector scope scopes index budget usage bucket provider rotation required enabled hash"
                    + " arn env var variable attempts min max minlength maxlength strength input placeholder reset change confirmation changed at lifetime issuer resolver service location encoding kind source");

    private static final Words STAND_INS = Words.of(
            "password passwd secret token none null nil true false undefined changeme change_me string optional required value your yourpassword test testing default empty hidden"
                    + " redacted masked encrypted example sample dummy todo tbd unset disabled enabled unknown missing invalid admin root user self this input text bearer basic digest oauth function object boolean number integer");

    private static final Phrases PASSWORD = Phrases.of(PASSWORDS);
    private static final Phrases TEMPLATES = Phrases.of("${", "{{", "$(");
    private static final Phrases NOT_SECRET = Phrases.of("public", "no_");

    @Override
    public Documentation documentation() {
        return Documentation.of("secret:assigned")
                .summary(
                        "Values of names such as password, api_key, token and secret; not references, calls, paths and stand-ins")
                .validator("mix of characters")
                .source("CWE-798")
                .finds(
                        "password = \"hunter2!Zx\"",
                        "DB_PASSWORD=" + "k7#Qp2vL9",
                        "{\"api_key\":\"" + "9f8a7c6d5e4b3a2f1c0d9e8f7a6b5c4d\"}",
                        "client_secret: '" + "Zq3rT8vWx1yBn5mKc7pLd2fG'",
                        "the password is Tr0ub4dor&3",
                        "Authorization: Bearer " + "mF9q4B5f4JqMx7Yz1cTvKp",
                        "spring.datasource.password=S3cur3Pa55")
                .passes(
                        "password = os.environ['PASSWORD']",
                        "password: ${DB_PASSWORD}",
                        "token_count: 123456789012",
                        "max_tokens=4096",
                        "public_key: AAAAB3NzaC1yc2EAAAADAQABAAABAQ",
                        "monkey = 1234567890abcdef",
                        "keybindings: ctrl+shift+p1",
                        "password: string",
                        "secretName: my-tls-secret-2",
                        "tokenizer = AutoTokenizer2.from_pretrained",
                        "password=<your password>",
                        "token: xxxxxxxxxxxxxxxxxxxx",
                        "secret_manager_url=https://secrets.example.com/v1",
                        "password: changeme",
                        "if (token == null1) {");
    }

    @Override
    public List<Anchor> anchors() {
        List<Anchor> anchors = new ArrayList<>();
        for (String word : PASSWORDS) {
            anchors.add(new Anchor.Literal(word, true, false, false, null, null));
        }
        for (String word : TOKENS) {
            anchors.add(new Anchor.Literal(word, true, false, false, null, null));
        }
        anchors.removeIf(anchor ->
                anchor instanceof Anchor.Literal literal && literal.text().length() < 4);
        anchors.add(Anchor.keyword("pwd"));
        return anchors;
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        int nameEnd = at;
        while (nameEnd < to && nameEnd - at < MAX_NAME && Bytes.is(text[nameEnd], Bytes.BASE64URL)) {
            nameEnd++;
        }
        int value = nameEnd - at >= MAX_NAME ? -1 : value(text, from, to, at, nameEnd);
        if (value < 0) {
            return Span.NONE;
        }
        boolean password = PASSWORD.beginAt(text, at, to);
        boolean quoted = text[value - 1] == '"' || text[value - 1] == '\'' || text[value - 1] == '`';
        int end = valueEnd(text, value, Math.min(to, value + MAX_VALUE), quoted ? text[value - 1] : 0);
        boolean secret = (password ? isPassword(text, value, end, quoted) : isToken(text, value, end))
                && !isAbout(text, at, nameEnd)
                && !isPublic(text, from, at)
                && !isReference(text, to, value, end, quoted)
                && !isStandIn(text, value, end);
        return secret ? Span.of(value, end) : Span.NONE;
    }

    /** Index of the value, behind an operator, a scheme of HTTP authentication, or "is". */
    private static int value(byte[] text, int from, int to, int at, int nameEnd) {
        int value = Assignment.value(text, from, to, at);
        if (value < 0) {
            int i = nameEnd;
            if (Bytes.startsWithIgnoreCase(text, at, to, "bearer ")) {
                return at + 7 < to ? at + 7 : -1;
            }
            for (String is : IS) {
                if (Bytes.startsWithIgnoreCase(text, i, to, is)) {
                    value = i + is.length();
                    value += Bytes.has(text, at, to, value, '"')
                                    || Bytes.has(text, at, to, value, '\'')
                                    || Bytes.has(text, at, to, value, '`')
                            ? 1
                            : 0;
                    return value < to ? value : -1;
                }
            }
            return -1;
        }
        for (String scheme : SCHEMES) {
            if (Bytes.startsWithIgnoreCase(text, value, to, scheme)) {
                return value + scheme.length() < to ? value + scheme.length() : -1;
            }
        }
        return value;
    }

    private static boolean isPublic(byte[] text, int from, int at) {
        int context = Math.max(from, at - 8);
        return NOT_SECRET.areIn(text, context, at);
    }

    /** Whether the name goes on with a word that makes it another one, as token_count and secretName do, or is a longer word. */
    private static boolean isAbout(byte[] text, int at, int end) {
        int word = end;
        while (word > at
                && text[word - 1] != '_'
                && text[word - 1] != '-'
                && !(Bytes.is(text[word - 1], Bytes.UPPER) && word < end && Bytes.is(text[word], Bytes.LOWER))) {
            word--;
        }
        if (word > at && Bytes.is(text[word - 1], Bytes.UPPER)) {
            word--;
        }
        if (word > at && ABOUT.has(text, word, end)) {
            return true;
        }
        return Bytes.startsWithIgnoreCase(text, at, end, "tokeni")
                || Bytes.startsWithIgnoreCase(text, at, end, "secreta")
                || Bytes.startsWithIgnoreCase(text, at, end, "tokens")
                || Bytes.startsWithIgnoreCase(text, at, end, "passwordless")
                || Bytes.startsWithIgnoreCase(text, at, end, "credentialsp");
    }

    private static int valueEnd(byte[] text, int at, int to, byte quote) {
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
    private static boolean isReference(byte[] text, int to, int at, int end, boolean quoted) {
        if (at == end) {
            return true;
        }
        byte first = text[at];
        boolean sign = first == '$'
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
                || first == '!';
        if (sign && !(quoted && end - at > 8 && first != '$' && first != '{' && first != '<' && first != '/')) {
            return true;
        }
        boolean element = text[at - 1] == '>';
        boolean called =
                !quoted && end < to && (text[end] == '(' || text[end] == '{' || (text[end] == '<' && !element));
        int dots = 0;
        boolean identifier = true;
        boolean space = false;
        for (int i = at; i < end; i++) {
            dots += text[i] == '.' && i > at && Bytes.is(text[i - 1], Bytes.LETTER) ? 1 : 0;
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

    private static int spaces(byte[] text, int from, int to) {
        int spaces = 0;
        for (int i = from; i < to; i++) {
            spaces += text[i] == ' ' ? 1 : 0;
        }
        return spaces;
    }

    private static boolean isStandIn(byte[] text, int from, int to) {
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
    private static boolean isPassword(byte[] text, int from, int to, boolean quoted) {
        int letters = 0;
        int digits = 0;
        int signs = 0;
        boolean mixed = false;
        for (int i = from; i < to; i++) {
            byte b = text[i];
            if (Bytes.is(b, Bytes.DIGIT)) {
                digits++;
            } else if (Bytes.is(b, Bytes.LETTER)) {
                letters++;
                mixed |= i > from + 1 && Bytes.is(b, Bytes.UPPER) && Bytes.is(text[i - 1], Bytes.LOWER);
            } else if (b != '_' && b != '-' && b != '.' && b != ' ' && b != ':') {
                signs++;
            }
        }
        int length = to - from;
        return length >= MIN_PASSWORD
                && length <= 128
                && letters > 0
                && (digits > 0 || signs > 0 || (quoted && mixed && length >= 10))
                && (digits + signs > 0 || mixed);
    }

    /** Something that a machine made. */
    private static boolean isToken(byte[] text, int from, int to) {
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
        return length >= MIN_TOKEN
                && digits >= 2
                && letters >= 2
                && changes * 6 >= length
                && Randomness.isPlausible(text, from, to, true);
    }
}
