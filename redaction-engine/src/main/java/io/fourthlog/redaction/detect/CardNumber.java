package io.fourthlog.redaction.detect;

import java.util.List;

/** Primary account numbers: a network's prefix and length, the Luhn digit, and groups as on a card. */
final class CardNumber implements Detector {

    private static final String STANDALONE = "^A-Za-z_" + ByteSet.BEYOND;
    private static final String FIRST = "2-689";
    private static final int MIN_DIGITS = 12;
    private static final int CONTEXT = 40; // bytes before a number in which the text may say that it is of a card
    private static final Phrases NAMES = Phrases.of(
            "card", "credit", "debit", "visa", "maestro", "amex", "charge", "payment", " cc ", "cc:", "karte", "carte",
            "tarjeta");
    private static final int MAX_DIGITS = 19;
    private static final int PREFIX_DIGITS = 6;
    private static final int WIDEST_GAP = 4; // spaces, tabs and line breaks between two groups
    private static final String GAP = " \t\r\n";
    private static final String NO_DIGIT = "^0-9"; // else it is a table of numbers

    @Override
    public Documentation documentation() {
        return new Documentation(
                "PCI:pan",
                "Payment card numbers of 13 to 19 digits with a known issuer prefix and a valid Luhn digit, whole or in groups; of 12 digits, of rare issuers, and with tabs, line breaks or more than a space between groups, behind a word for a card",
                "",
                "",
                "https://www.iso.org/standard/70484.html (ISO/IEC 7812-1); prefixes from the networks' own manuals",
                List.of(
                        "4111111111111111",
                        "id,name,card\n1,Ada,4111 1111 1111 1111,due\n2,5500005555555559,Alan",
                        "card: 5555 5555 5555 4444, exp 12/27",
                        "3782-822463-10005",
                        "6011000990139424",
                        "3530111333300000",
                        "30569309025904",
                        "2223003122003222",
                        "{\"pan\":4222222222222}",
                        "PAN=6240008631401148",
                        "5555.5555.5555.4444",
                        "her Maestro card 675900012344",
                        "180000000000002",
                        "card:\t4111\t1111\t1111\t1111",
                        "Visa card no. 4111  1111  1111  1111",
                        "credit card\r\n3782\r\n822463\r\n10005"),
                List.of(
                        "4111111111111112",
                        "order 675900012344",
                        "1700000000000 1700000000000000 1700000000000000000",
                        "550e8400-e29b-41d4-a716-446655440000",
                        "9780306406157",
                        "0.4111111111111111 and 4111111111111111.5",
                        "2024-4111111111111111",
                        "a4111111111111111",
                        "41111111111111111111",
                        "12345678-1234-1234-1234-123456789012",
                        "8000000000000000",
                        "4111\t1111\t1111\t1111",
                        "4111\n1111\n1111\n1111",
                        "card: 4111     1111     1111     1111"));
    }

    @Override
    public List<Anchor> anchors() {
        return List.of(
                Anchor.DigitRun.of(13, MAX_DIGITS).first(FIRST).before(STANDALONE),
                Anchor.DigitRun.of(MIN_DIGITS).first("056").before(STANDALONE), // Maestro
                Anchor.DigitRun.of(15).first("1").before(STANDALONE), // JCB of old, UATP
                Anchor.DigitRun.of(4)
                        .first(FIRST)
                        .before(STANDALONE)
                        .after(" .-", "0-9")
                        .next(4, 6, " .-"),
                Anchor.DigitRun.of(4)
                        .first(FIRST)
                        .before(STANDALONE, NO_DIGIT, NO_DIGIT)
                        .after("\t\r\n", "0-9")
                        .next(4, 6, GAP),
                Anchor.DigitRun.of(4)
                        .first(FIRST)
                        .before(STANDALONE, NO_DIGIT, NO_DIGIT)
                        .after(GAP, GAP, GAP + "0-9")
                        .next(0, 0, GAP));
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        if (!Digits.beginAt(text, from, at)) {
            return Span.NONE;
        }
        int end = Bytes.runEnd(text, at, Math.min(to, at + MAX_DIGITS + 1), Bytes.DIGIT);
        if (end - at == 4 && end < to && (isGap(text[end]) || text[end] == '.' || text[end] == '-')) {
            return grouped(text, from, to, at);
        }
        return end - at <= MAX_DIGITS && Digits.endAt(text, to, end) && isNumber(text, from, at, end)
                ? Span.of(at, end)
                : Span.NONE;
    }

    /**
     * Groups of four with a shorter last one, or 4-6-5 and 4-6-4, with one kind of separator, or with a few white spaces behind a word for a
     * card. The longest one counts.
     */
    private static long grouped(byte[] text, int from, int to, int at) {
        byte separator = text[at + 4];
        if ((separator == '-' && Bytes.has(text, from, to, at - 1, '-')) || isInsideIban(text, from, at, separator)) {
            return Span.NONE;
        }
        long longest = Span.NONE;
        int group = groupAfter(text, to, at + 4, separator);
        boolean wide = isWide(text, at + 4, group);
        if (wide && !isNamed(text, from, at)) {
            return Span.NONE;
        }
        int previous = 4;
        for (int digits = 4; digits < MAX_DIGITS; ) {
            int end = Bytes.runEnd(text, group, Math.min(to, group + 7), Bytes.DIGIT);
            int length = end - group;
            boolean likeACard =
                    previous == 6 ? length >= 4 && length <= 5 : length <= 4 || (length == 6 && digits == 4);
            digits += length;
            if (length == 0 || !likeACard || digits > MAX_DIGITS) {
                break;
            }
            boolean goesOn = separator == '-' && Bytes.has(text, from, to, end, '-');
            if (digits >= MIN_DIGITS
                    && !goesOn
                    && Digits.endAt(text, to, end)
                    && isNumber(text, from, at, end)
                    && (!wide || isNamed(text, from, at))) {
                longest = Span.of(at, end);
            }
            group = groupAfter(text, to, end, separator);
            if ((length != 4 && length != 6) || previous == 6 || group < 0) {
                break;
            }
            wide |= isWide(text, end, group);
            previous = length;
        }
        return longest;
    }

    /** Index behind a separator, or behind a few white spaces where that is one, or -1. */
    private static int groupAfter(byte[] text, int to, int end, byte separator) {
        if (!isGap(separator)) {
            return Bytes.has(text, end, to, end, (char) separator) ? end + 1 : -1;
        }
        int limit = Math.min(to, end + WIDEST_GAP);
        int group = end;
        while (group < limit && isGap(text[group])) {
            group++;
        }
        return group > end ? group : -1;
    }

    /** Whether what is between two groups is more than a sign or a space, as in a table or in lines. */
    private static boolean isWide(byte[] text, int end, int group) {
        return group - end > 1 || (isGap(text[end]) && text[end] != ' ');
    }

    private static boolean isGap(byte b) {
        return GAP.indexOf(b) >= 0;
    }

    /** Whether groups of four are before, of which the first is a country and two check digits. */
    private static boolean isInsideIban(byte[] text, int from, int at, byte separator) {
        int group = at - 5;
        while (group >= from
                && at - group <= 30
                && text[group + 4] == separator
                && Bytes.is(text[group + 3], Bytes.DIGIT)) {
            if (Bytes.is(text[group], Bytes.LETTER) && Bytes.is(text[group + 1], Bytes.LETTER)) {
                return Bytes.is(text[group + 2], Bytes.DIGIT);
            }
            group -= 5;
        }
        return false;
    }

    private static boolean isNumber(byte[] text, int oldest, int from, int to) {
        int digits = 0;
        int prefix = 0;
        int sum = 0;
        for (int i = to - 1; i >= from; i--) {
            if (Bytes.is(text[i], Bytes.DIGIT)) {
                int value = (text[i] - '0') << (digits & 1); // every second one from the right is doubled
                sum += value > 9 ? value - 9 : value;
                digits++;
            }
        }
        for (int i = from, taken = 0; taken < PREFIX_DIGITS && i < to; i++) {
            if (Bytes.is(text[i], Bytes.DIGIT)) {
                prefix = prefix * 10 + (text[i] - '0');
                taken++;
            }
        }
        return digits >= MIN_DIGITS
                && digits <= MAX_DIGITS
                && sum % 10 == 0
                && (isIssued(prefix, digits) || (mayBeIssued(prefix, digits) && isNamed(text, oldest, from)));
    }

    private static boolean isNamed(byte[] text, int from, int at) {
        return NAMES.areIn(text, Math.max(from, at - CONTEXT), at);
    }

    /** Whether a number may be one behind a word for it: Maestro of twelve digits, UATP, ranges of JCB that are not in use. */
    private static boolean mayBeIssued(int prefix, int length) {
        int two = prefix / 10_000;
        return switch (prefix / 100_000) {
            case 0 -> length == 12 && two == 6;
            case 1 -> length == 15;
            case 3 -> length == 16 && two == 35;
            case 5 -> length != 16 && two != 51 && two != 55;
            case 6 -> true;
            default -> false;
        };
    }

    /** Whether a network issues numbers with this six-digit prefix at this length. */
    private static boolean isIssued(int prefix, int length) {
        int two = prefix / 10_000;
        int three = prefix / 1_000;
        int four = prefix / 100;
        return length > 12
                && switch (prefix / 100_000) {
                    case 1 -> length == 15 && four == 1800; // JCB
                    case 2 ->
                        (length == 16 && in(four, 2221, 2720)) // Mastercard
                                || (length == 15 && four == 2131) // JCB
                                || (length >= 16 && in(four, 2200, 2204)); // Mir
                    case 3 ->
                        (length == 15 && (two == 34 || two == 37)) // American Express
                                || (length >= 14
                                        && (in(three, 300, 305) || four == 3095 || two == 36 || two >= 38)) // Diners
                                || (length >= 16 && in(four, 3528, 3589)); // JCB
                    case 4 -> length == 13 || length == 16 || length == 19; // Visa
                    case 5 ->
                        (length == 16 && in(two, 51, 55)) // Mastercard
                                || (length >= 16
                                        && (in(prefix, 506_099, 506_198) || in(prefix, 507_865, 507_964))) // Verve
                                || (length == 16 && three == 508) // RuPay
                                || (length == 16 && four == 5019) // Dankort
                                || four == 5018
                                || four == 5020
                                || four == 5038
                                || four == 5893; // Maestro
                    case 6 ->
                        (length >= 16 && (four == 6011 || in(three, 644, 649) || two == 65)) // Discover, RuPay, Troy
                                || (length >= 16 && two == 62) // UnionPay
                                || (length == 16 && two == 60) // RuPay
                                || four == 6304
                                || in(four, 6759, 6763); // Maestro
                    case 8 -> length >= 16 && (two == 81 || two == 82); // RuPay, UnionPay
                    case 9 -> length == 16 && four == 9792; // Troy
                    default -> false;
                };
    }

    private static boolean in(int value, int first, int last) {
        return value >= first && value <= last;
    }
}
