package io.fourthlog.redaction.detect;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Values that are assigned to a name for a secret, of whatever family: {@code password = …}, {@code "api_key": "…"}, {@code the password
 * is …}. What a person chose needs a digit or a sign; what a machine made needs to look like it.
 */
final class AssignedSecret implements Detector {

    private static final int MAX_VALUE = 200; // bytes looked at
    private static final int MAX_NAME = 40; // bytes of a name from the word on
    private static final int MAX_BEFORE = 32; // bytes of a name before the word
    private static final int MIN_IDENTIFIED = 8; // bytes of which one is a digit where a password has no quotes
    private static final int GAP = 3; // spaces between an option and its value
    private static final String PASS = "pass";
    private static final String KEY = "key";
    private static final String AUTH = "auth";
    private static final String IDENTIFIED_BY = "identified by";
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
        PASS,
        "pswd",
        "userpwd",
        "pw:",
        "pw=",
        IDENTIFIED_BY
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
        "creds",
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

    private static final String[] SCHEMES = {
        "bearer ", "basic ", "token ", "api-token ", "apikey ", "api-key ", "ntlm ", "negotiate "
    };

    /** What a name goes on with when its value is about the secret and not the secret. */
    private static final Words ABOUT = Words.of(
            "id ids count type types name names url uri endpoint file files path length len limit size ttl expiry expires expiration expiresin expiresat field label"
                    + " hint policy policies manager store class version algorithm alg format prefix header ref reference referenceid keyref secretref selector scope scopes index budget usage bucket provider rotation required enabled hash"
                    + " arn env var variable attempts min max minlength maxlength strength input placeholder reset change confirmation changed at lifetime issuer resolver service location encoding kind source");

    /** What a word goes on with before "key" when that opens no door, or is the end of another word. */
    private static final Words OTHER_KEYS = Words.of(
            "public pub primary foreign cache sort partition hash range idempotency object registry row group bucket hot idx natural schema sequence index lookup routing map"
                    + " item resource host hosts known file image translation i18n dedup event message tag label context etag query component element node unique composite surrogate config feature flag"
                    + " metric entity record project issue field column property data state storage store lock order map dict json yaml parent child react style theme asset"
                    + " don mon tur hoc joc whis lac hot smo mic pin turn ");

    /** What a key is called that opens something, as two words. */
    private static final Words OPENING = Words.of(
            "access activation api auth authentication encryption license licence master private secret service signing");

    /** What is before "pw" and "pwd" where those are words. */
    private static final ByteSet BEFORE_ABBREVIATION = ByteSet.of(" _.,;|/(\"'\n\t:&?-");

    /** What is behind "key" and "auth" where those are the end of a name and not of a word. */
    private static final String[] AFTER_NAME = {"=", ":", "\"", "'", "`", ">", " =", " :", " |", ", "};

    private static final Phrases PASSWORD =
            Phrases.of(Stream.of(PASSWORDS).filter(word -> !word.equals(PASS)).toArray(String[]::new));
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
                        "spring.datasource.password=S3cur3Pa55",
                        "CREATE USER 'app' IDENTIFIED BY '" + "q61TRB38w7'",
                        "mysqldump --password " + "Rta7kd2QMxw orders",
                        "- name: DB_PASSWORD\n  value: " + "k7Qp2vL9xx",
                        "weatherlayer_key: \"" + "h2k9d0w7q4m1z8x5c6v3b7n2\"")
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
                        "if (token == null1) {",
                        "/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/",
                        "--- PASS: TestParse/case_2 (0.01s)",
                        "secret: orders-db-credentials-2",
                        "cacheKey: \"3f2a9c1d7e5b4a8890aa11bb22cc33dd\"",
                        "key: 3f2a9c1d7e5b4a8890aa11bb22cc33dd");
    }

    @Override
    public List<Anchor> anchors() {
        List<Anchor> anchors = new ArrayList<>();
        for (String word : PASSWORDS) {
            boolean abbreviated = word.startsWith("pw") && word.length() < PASS.length();
            anchors.add(new Anchor.Literal(
                    word, true, abbreviated, word.equals(PASS), abbreviated ? BEFORE_ABBREVIATION : null, null));
        }
        for (String word : TOKENS) {
            anchors.add(new Anchor.Literal(word, true, false, false, null, null));
        }
        for (String after : AFTER_NAME) {
            anchors.add(new Anchor.Literal(KEY + after, true, false, false, null, null));
            anchors.add(new Anchor.Literal(AUTH + after, true, false, false, null, null));
        }
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
        boolean quoted = SecretValue.isQuote(text[value - 1]);
        int end = SecretValue.end(text, value, Math.min(to, value + MAX_VALUE), quoted ? text[value - 1] : 0);
        boolean secret = isSecret(text, from, at, nameEnd, value, end, quoted)
                && !isAbout(text, at, nameEnd)
                && !isPublic(text, from, at)
                && !SecretValue.isReference(text, to, value, end, quoted)
                && !SecretValue.isStandIn(text, value, end);
        return secret ? Span.of(value, end) : Span.NONE;
    }

    private static boolean isSecret(byte[] text, int from, int at, int nameEnd, int value, int end, boolean quoted) {
        if (Bytes.equalsIgnoreCase(text, at, nameEnd, KEY)) {
            return opensSomething(text, from, at, value, end, quoted) && SecretValue.isKey(text, value, end);
        }
        if (Bytes.equalsIgnoreCase(text, at, nameEnd, AUTH)) {
            boolean given = quoted || text[value - 1] == '=';
            return given && SecretValue.isKey(text, value, end);
        }
        if (Bytes.equalsIgnoreCase(text, at, nameEnd, PASS)) {
            boolean given = quoted || text[value - 1] != ' ' || text[value - 2] == '='; // and no result of a test
            return given
                    && !goesOnFromWord(text, from, at)
                    && SecretValue.hasNoSpace(text, value, end)
                    && SecretValue.isPassword(text, value, end, quoted);
        }
        boolean password =
                PASSWORD.beginAt(text, at, nameEnd + 1) || Bytes.startsWithIgnoreCase(text, at, value, IDENTIFIED_BY);
        return password ? SecretValue.isPassword(text, value, end, quoted) : SecretValue.isToken(text, value, end);
    }

    /** Whether a word is the end of a longer one, as in "compass"; not in {@code dbPass}. */
    private static boolean goesOnFromWord(byte[] text, int from, int at) {
        return Bytes.is(text, from, at, at - 1, Bytes.LETTER)
                && (Bytes.is(text[at], Bytes.LOWER) || Bytes.is(text[at - 1], Bytes.UPPER));
    }

    /** Whether the key that a name ends with is one that may open something, by the word before it; a key alone has to look like it. */
    private static boolean opensSomething(byte[] text, int from, int at, int value, int end, boolean quoted) {
        int word = at;
        if (Bytes.is(text, from, at, at - 1, Bytes.UNDERSCORE | Bytes.HYPHEN)
                || Bytes.has(text, from, at, at - 1, '.')) {
            word--;
        }
        int wordEnd = word;
        while (word > from && at - word < MAX_BEFORE && Bytes.is(text[word - 1], Bytes.ALNUM)) {
            word--;
            if (Bytes.is(text[word], Bytes.UPPER) && Bytes.is(text, from, at, word + 1, Bytes.LOWER)) {
                break;
            }
        }
        if (word < wordEnd) {
            return !OTHER_KEYS.has(text, word, wordEnd);
        }
        int before = at - 1;
        while (before > from && at - before < MAX_BEFORE && Bytes.is(text[before - 1], Bytes.LETTER)) {
            before--;
        }
        boolean twoWords = Bytes.has(text, from, at, at - 1, ' ') && OPENING.has(text, before, at - 1);
        boolean given = quoted || text[value - 1] == '=';
        return twoWords || (given && SecretValue.isLongAndMixed(text, value, end));
    }

    /** Index of the value, behind an operator, a scheme of HTTP authentication, "is", an option of a command, or a name alone. */
    private static int value(byte[] text, int from, int to, int at, int nameEnd) {
        int value = Assignment.value(text, from, to, at);
        if (value >= 0) {
            boolean other = isInNextLine(text, at, value) || isParameter(text, nameEnd, value, to);
            return other ? -1 : afterScheme(text, value, to);
        }
        if (Bytes.startsWithIgnoreCase(text, at, to, "bearer ")) {
            return at + 7 < to ? at + 7 : -1;
        }
        for (String is : IS) {
            if (Bytes.startsWithIgnoreCase(text, nameEnd, to, is)) {
                value = nameEnd + is.length();
                value += value < to && SecretValue.isQuote(text[value]) ? 1 : 0;
                return value < to ? value : -1;
            }
        }
        return besideName(text, from, to, at, nameEnd);
    }

    /** Index of a value that only spaces part from its name: quoted, or of an option such as {@code --password}. */
    private static int besideName(byte[] text, int from, int to, int at, int nameEnd) {
        boolean identified = Bytes.startsWithIgnoreCase(text, at, to, IDENTIFIED_BY);
        int i = identified ? at + IDENTIFIED_BY.length() : nameEnd;
        int gap = i;
        while (i < to && i - gap < GAP && (text[i] == ' ' || text[i] == '\t')) {
            i++;
        }
        boolean by =
                i > gap && Bytes.startsWithIgnoreCase(text, i, to, "by '"); // SQL: … WITH caching_sha2_password BY 'x'
        i += by ? 3 : 0;
        if (i == gap || i + 1 >= to) {
            return -1;
        }
        boolean password = identified || PASSWORD.beginAt(text, at, nameEnd);
        boolean dash = text[i] == '-' && text[i + 1] == ' '; // token - 'x'
        int quote = dash ? i + 2 : i;
        if ((password || dash) && quote + 1 < to && (text[quote] == '"' || text[quote] == '\'')) {
            return quote + 1;
        }
        int name = at;
        while (name > from && at - name < MAX_BEFORE && Bytes.is(text[name - 1], Bytes.BASE64URL)) {
            name--;
        }
        boolean option = text[name] == '-';
        boolean given = option || (identified && SecretValue.hasDigit(text, i, Math.min(to, i + MIN_IDENTIFIED)));
        return given ? i + (SecretValue.isQuote(text[i]) ? 1 : 0) : -1;
    }

    /** Whether there is nothing behind the equals sign of a name, so that what comes next is another line. */
    private static boolean isInNextLine(byte[] text, int at, int value) {
        int i = value;
        boolean broken = false;
        while (i > at && Bytes.is(text[i - 1], Bytes.SPACE)) {
            i--;
            broken |= text[i] == '\n';
        }
        return broken && text[i - 1] == '=';
    }

    /** Whether the name is the end of a URL's path, and what comes next the name of a parameter, as in {@code /token?scope=x}. */
    private static boolean isParameter(byte[] text, int nameEnd, int value, int to) {
        if (value != nameEnd + 1 || text[nameEnd] != '?') {
            return false;
        }
        int end = Bytes.runEnd(text, value, Math.min(to, value + MAX_NAME), Bytes.BASE64URL);
        return Bytes.has(text, value, to, end, '=')
                && Bytes.is(text, value, to, end + 1, Bytes.ALNUM); // else it is the filling of Base64
    }

    private static int afterScheme(byte[] text, int value, int to) {
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
}
