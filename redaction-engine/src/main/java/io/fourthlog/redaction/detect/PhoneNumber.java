package io.fourthlog.redaction.detect;

import io.fourthlog.redaction.detect.Anchor.DigitRun;
import java.util.ArrayList;
import java.util.List;

/**
 * Telephone numbers: international ones with a calling code that exists and a length that it has, North American ones, national ones
 * with a trunk zero and groups, and any number behind a word that says so.
 *
 * <p>Lengths by calling code are facts of the ITU-T E.164 assignments, as libphonenumber 9 collects them: a table of 200 entries
 * instead of its megabytes.
 */
final class PhoneNumber implements Detector {

    private static final String BEFORE = "^A-Za-z_+.)" + ByteSet.BEYOND;
    private static final int LABEL_REACH = 24; // bytes between a word such as "tel" and the number
    private static final int MIN_DIGITS = 7;
    private static final int MAX_NATIONAL = 13;
    private static final int MAX_DIGITS = 15; // E.164

    /** Calling code, fewest and most digits after it. */
    private static final String CALLING_CODES =
            "1:10-10 7:10-10 20:8-10 27:9-10 30:10-12 31:9-11 32:8-9 33:9-9 34:9-9 36:8-9 39:6-12 40:9-9 41:9-12 43:4-13 44:7-10 "
                    + "45:8-8 46:7-12 47:8-8 48:9-10 49:6-13 51:8-9 52:10-10 53:6-10 54:10-11 55:10-11 56:9-11 57:8-11 58:10-10 60:8-10 "
                    + "61:9-10 62:8-13 63:8-13 64:8-10 65:8-11 66:8-13 81:9-13 82:8-12 84:9-10 86:7-12 90:10-13 91:10-13 92:9-12 93:9-9 "
                    + "94:9-9 95:7-10 98:10-10 211:9-9 212:9-9 213:8-9 216:8-8 218:9-9 220:7-9 221:9-9 222:8-8 223:8-8 224:8-9 225:10-10 "
                    + "226:8-8 227:8-8 228:8-8 229:10-10 230:7-10 231:7-9 232:8-8 233:9-9 234:10-14 235:8-8 236:8-8 237:8-9 238:7-7 239:7-7 "
                    + "240:9-9 241:7-8 242:9-9 243:7-10 244:9-9 245:7-9 248:7-7 249:9-9 250:8-9 251:9-9 252:6-9 253:8-8 254:7-10 255:9-9 "
                    + "256:9-9 257:8-8 258:8-9 260:9-9 261:9-9 262:9-9 263:7-10 264:8-9 265:7-9 266:8-8 267:7-10 268:8-9 269:7-7 297:7-7 "
                    + "298:6-6 299:6-6 350:8-8 351:9-9 352:6-11 353:7-10 354:7-9 355:6-9 356:8-8 357:8-8 358:6-12 359:7-9 370:8-8 371:8-8 "
                    + "372:7-10 373:8-8 374:8-8 375:9-11 376:6-9 377:8-9 378:8-10 380:9-10 381:7-12 382:8-9 383:8-12 385:8-9 386:8-8 387:8-9 "
                    + "389:8-8 420:9-12 421:9-9 423:7-9 500:5-5 501:7-11 502:8-11 503:8-11 504:8-11 505:8-8 506:8-10 507:7-11 508:6-9 509:8-8 "
                    + "590:9-9 591:8-9 592:7-7 593:8-11 594:9-9 595:7-11 596:9-9 597:6-7 598:8-13 599:7-8 670:7-8 673:7-7 674:7-7 675:7-8 "
                    + "676:5-7 677:5-7 678:5-7 679:7-11 680:7-7 681:6-9 682:5-5 685:5-10 686:5-8 687:6-6 689:6-9 691:7-7 692:7-7 800:8-8 "
                    + "850:8-10 852:8-11 853:8-8 855:8-10 856:8-10 870:9-12 880:8-10 886:8-11 960:7-10 961:7-8 962:8-9 963:8-9 964:8-10 "
                    + "965:7-8 966:9-10 967:7-9 968:7-9 970:8-10 971:8-12 972:8-12 973:8-8 974:7-11 975:7-8 976:8-10 977:8-11 992:9-9 993:8-8 "
                    + "994:9-9 995:9-9 996:9-10 998:9-9 246:7-7 247:4-6 290:4-5 291:7-7 672:6-6 683:4-7 688:5-7 690:4-7 ";

    private static final byte[] LEAST = new byte[1000];
    private static final byte[] MOST = new byte[1000];

    static {
        for (String entry : List.of(CALLING_CODES.trim().split(" "))) {
            int colon = entry.indexOf(':');
            int hyphen = entry.indexOf('-');
            int code = Integer.parseInt(entry, 0, colon, 10);
            LEAST[code] = Byte.parseByte(entry.substring(colon + 1, hyphen));
            MOST[code] = Byte.parseByte(entry.substring(hyphen + 1));
        }
    }

    private static final String[] LABELS = {
        "phone",
        "mobile",
        "telefon",
        "téléphone",
        "telephone",
        "teléfono",
        "telefono",
        "celular",
        "handynummer",
        "whatsapp",
        "cell:",
        "cell ",
        "call me",
        "call ",
        "tel:",
        "tel.",
        "tel ",
        "fax:",
        "fax ",
        "fax.",
        "ph:",
        "ph.",
        "sms ",
        "text me",
        "mobil",
        "dial ",
        "contact number"
    };

    @Override
    public Documentation documentation() {
        return Documentation.of("PII:phone")
                .summary(
                        "Telephone numbers: international, North American, national with groups, or behind a word such as 'phone'")
                .validator("calling codes and their lengths; area codes of the North American plan")
                .source("ITU-T E.164; https://github.com/google/libphonenumber")
                .finds(
                        "+1 (415) 555-2671",
                        "call 0044 20 7946 0958",
                        "+49 30 901820",
                        "(212) 555-0147",
                        "415-555-2671",
                        "06 12 34 56 78",
                        "020 7946 0958",
                        "phone: 5551234567",
                        "0171/1234567",
                        "0 (532) 123 45 67",
                        "212-555-0147x208",
                        "+1-416-555-0192x417",
                        "Phone:\n734 21 58")
                .passes(
                        "order 4155552671",
                        "112-555-2671",
                        "2026-11-24 01:56:00",
                        "+999 123 456",
                        "1.415.5552.671",
                        "a+15552671",
                        "DE89 3704 0044 0532 0130 00",
                        "12-345-6789 and 123-45-6789",
                        "f47ac10b-58cc-4372-a567-0e02b2c3d479");
    }

    @Override
    public List<Anchor> anchors() {
        List<Anchor> anchors = new ArrayList<>(List.of(
                DigitRun.of(1, MAX_DIGITS).before("+", "^0-9A-Za-z_+/="),
                DigitRun.of(3).first("2-9").before("(").after(")", "0-9 -"),
                DigitRun.of(3).first("2-9").before(BEFORE).after(" .-", "2-9").next(3, 3, " .-"),
                DigitRun.of(1).first("0").before(BEFORE).after(" ", "("),
                DigitRun.of(1).first("0").before(BEFORE).after("("),
                DigitRun.of(2, 6).first("0").before(BEFORE).after(" ./)-", "0-9 .()/-")));
        for (String label : LABELS) {
            anchors.add(new Anchor.Literal(label, true, label.length() < 6, false, null, null));
        }
        return anchors;
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        if (!Bytes.is(text[at], Bytes.DIGIT)) {
            return labelled(text, to, at);
        }
        if (Bytes.has(text, from, to, at - 1, '+')) {
            boolean begins = !Bytes.is(text, from, to, at - 2, Bytes.WORD | Bytes.BASE64);
            int end = begins ? international(text, at, to) : -1;
            return end < 0 ? Span.NONE : Span.of(at - 1, end);
        }
        if (text[at] == '0' && Bytes.has(text, from, to, at + 1, '0')) {
            int end = international(text, at + 2, to);
            return end < 0 || !beginsFreely(text, from, at) || Iban.covers(text, from, to, at)
                    ? Span.NONE
                    : Span.of(at, end);
        }
        int end = text[at] == '0' ? trunk(text, from, to, at) : northAmerican(text, from, to, at);
        boolean open = Bytes.has(text, from, to, at - 1, '(');
        return end < 0 || Iban.covers(text, from, to, at) ? Span.NONE : Span.of(open ? at - 1 : at, end);
    }

    /** Whether a number ends here, or goes on with an extension, as in 555-0147x12. */
    private static boolean endsAt(byte[] text, int to, int end) {
        if (end < to && (text[end] | 0x20) == 'x') {
            int extension = Bytes.runEnd(text, end + 1, to, Bytes.DIGIT);
            return extension - end > 2 && extension - end <= 7 && !Bytes.is(text, end, to, extension, Bytes.WORD);
        }
        return Digits.endAt(text, to, end);
    }

    /** Index after the number whose calling code begins here, or -1. */
    private static int international(byte[] text, int at, int to) {
        int end = end(text, at, to, MAX_DIGITS);
        if (end < 0) {
            return -1;
        }
        int digits = count(text, at, end);
        int code = 0;
        for (int length = 1; length <= 3 && length < digits; length++) {
            code = code * 10 + CheckDigits.digit(text, at, length - 1);
            if (MOST[code] > 0) {
                int rest = digits - length;
                boolean trunkZero = isTrunkZero(text, at, end); // +44 (0)20 …
                rest -= trunkZero ? 1 : 0;
                return rest >= LEAST[code] && rest <= MOST[code] ? end : -1;
            }
        }
        return -1;
    }

    private static boolean isTrunkZero(byte[] text, int at, int end) {
        for (int i = at; i + 2 < end; i++) {
            if (text[i] == '(' && text[i + 1] == '0' && text[i + 2] == ')') {
                return true;
            }
        }
        return false;
    }

    /** (NXX) NXX-XXXX and NXX-NXX-XXXX, also with dots or spaces. */
    private static int northAmerican(byte[] text, int from, int to, int at) {
        boolean open = Bytes.has(text, from, to, at - 1, '(');
        int start = open ? at - 1 : at;
        int i = at + 3;
        if (!isArea(text, to, at) || !beginsFreely(text, from, start)) {
            return -1;
        }
        if (open) {
            if (!Bytes.has(text, from, to, i, ')')) {
                return -1;
            }
            i++;
            i += Bytes.has(text, from, to, i, ' ') || Bytes.has(text, from, to, i, '-') ? 1 : 0;
        } else if (i < to && (text[i] == '-' || text[i] == '.' || text[i] == ' ')) {
            i++;
        } else {
            return -1;
        }
        int separator = i + 3;
        if (!isExchange(text, to, i)
                || separator >= to
                || (text[separator] != '-' && text[separator] != '.' && text[separator] != ' ')) {
            return -1;
        }
        boolean same = open || text[separator] == text[at + 3];
        int end = separator + 5;
        return same && Digits.number(text, to, separator + 1, 4) >= 0 && endsAt(text, to, end) ? end : -1;
    }

    private static boolean beginsFreely(byte[] text, int from, int start) {
        if (!Digits.beginAt(text, from, start)) {
            return false;
        }
        boolean joined = Bytes.has(text, from, start, start - 1, ' ') || Bytes.has(text, from, start, start - 1, '-');
        boolean country = joined
                && Bytes.has(text, from, start, start - 2, '1')
                && !Bytes.is(text, from, start, start - 3, Bytes.ALNUM);
        return country || !joined || !Bytes.is(text, from, start, start - 2, Bytes.DIGIT);
    }

    private static boolean isArea(byte[] text, int to, int at) {
        int area = Digits.number(text, to, at, 3);
        return area >= 200 && area % 100 != 11 && area / 10 % 10 != 9;
    }

    private static boolean isExchange(byte[] text, int to, int at) {
        int exchange = Digits.number(text, to, at, 3);
        return exchange >= 200 && exchange % 100 != 11;
    }

    /** A national number with its trunk zero, in two to five groups. */
    private static int trunk(byte[] text, int from, int to, int at) {
        int start = Bytes.has(text, from, to, at - 1, '(') ? at - 1 : at;
        int end = end(text, at, to, MAX_NATIONAL);
        if (end < 0 || !beginsFreely(text, from, start)) {
            return -1;
        }
        int digits = count(text, at, end);
        int groups = 1;
        int dots = 0;
        int longest = 0;
        int run = 0;
        for (int i = at; i < end; i++) {
            if (Bytes.is(text[i], Bytes.DIGIT)) {
                longest = Math.max(longest, ++run);
            } else if (run > 0) {
                groups++;
                dots += text[i] == '.' ? 1 : 0;
                run = 0;
            }
        }
        boolean plausible = digits >= 9 && digits <= MAX_NATIONAL && groups >= 2 && groups <= 6 && longest <= 8;
        boolean otherNumber = isGrouped(text, at, end, 3, 2, 4) || isGrouped(text, at, end, 4, 4, 4);
        boolean dotted =
                dots == 0 || (dots == groups - 1 && (groups >= 4 || (groups == 3 && longest == 4))); // else a version
        return plausible && !otherNumber && dotted && text[at + 1] != '0' && !CheckDigits.same(text, at + 1, end)
                ? end
                : -1;
    }

    /** Whether a number is three groups of these lengths with hyphens between, as many that are no telephone numbers. */
    private static boolean isGrouped(byte[] text, int at, int end, int first, int second, int third) {
        return end - at == first + second + third + 2
                && text[at + first] == '-'
                && text[at + first + 1 + second] == '-';
    }

    private static long labelled(byte[] text, int to, int at) {
        int limit = Math.min(to, at + LABEL_REACH);
        int i = at;
        int breaks = 0;
        while (i < limit && !Bytes.is(text[i], Bytes.DIGIT) && text[i] != '+' && breaks < 2) {
            breaks += text[i] == '\n' ? text[i - 1] == ':' ? 1 : 2 : 0; // only what is right below a heading
            i++;
        }
        if (i == limit || breaks > 1) {
            return Span.NONE;
        }
        int digits = text[i] == '+' ? i + 1 : i;
        int end = end(text, digits, to, MAX_DIGITS);
        boolean open = i > at && text[i - 1] == '(';
        boolean begins = Digits.beginAt(text, at, i);
        return end < 0
                        || !begins
                        || count(text, digits, end) < MIN_DIGITS
                        || looksLikeDate(text, to, digits)
                        || CheckDigits.same(text, digits, end)
                ? Span.NONE
                : Span.of(open ? i - 1 : i, end);
    }

    private static boolean looksLikeDate(byte[] text, int to, int at) {
        int year = Digits.number(text, to, at, 4);
        return year >= 1900
                && year < 2100
                && (Bytes.has(text, at, to, at + 4, '-') || Bytes.has(text, at, to, at + 4, '/'));
    }

    /** Index after a number of a few digits with up to two separators between them, or -1 if it is longer or runs into something else. */
    private static int end(byte[] text, int at, int to, int most) {
        int i = at;
        int end = at;
        int digits = 0;
        while (i < to) {
            if (Bytes.is(text[i], Bytes.DIGIT)) {
                if (++digits > most) {
                    return -1;
                }
                end = i + 1;
            } else if (i - end >= 2 || " -.()/".indexOf(text[i]) < 0) {
                break;
            }
            i++;
        }
        return digits >= MIN_DIGITS && endsAt(text, to, end) && !Bytes.has(text, at, to, end, ':') ? end : -1;
    }

    private static int count(byte[] text, int from, int to) {
        int digits = 0;
        for (int i = from; i < to; i++) {
            digits += Bytes.is(text[i], Bytes.DIGIT) ? 1 : 0;
        }
        return digits;
    }
}
