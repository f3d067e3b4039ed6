package io.fourthlog.redaction.detect;

/**
 * What makes a number that could be one of {@link NationalIds} one: its check digits, its form, the date in it. Each answers the end of the
 * number that begins at {@code at}, or has its anchor there; -1 if there is none.
 */
final class NationalIdChecks {

    private static final String CN_CHECK = "10X98765432";
    private static final String DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE";
    private static final String FISCAL_ODD =
            "BAKPLCQDREVOSFTGUHMINJWZYX"; // place of a letter is its value at odd places
    private static final String HETU_CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY";
    private static final String NRIC_FG = "XWUTRQPNMLK";
    private static final String NRIC_M = "KLJNPQRTUWX";
    private static final String NRIC_ST = "JZIHGFEDCBA";

    private static final int MIN_NAMED = 6; // digits
    private static final int MAX_NAMED = 26; // characters

    private NationalIdChecks() {}

    static int itin(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 9, " -");
        if (end < 0 || text[at] != '9' || !Digits.beginAt(text, from, at)) {
            return -1;
        }
        int group = 10 * CheckDigits.digit(text, at, 3) + CheckDigits.digit(text, at, 4);
        boolean issued =
                group >= 50 && group != 66 && group != 67 && group != 68 && group != 69 && group != 89 && group != 93;
        return issued ? end : -1;
    }

    static int ein(byte[] text, int from, int to, int at) {
        int end = at + 10;
        boolean form = end <= to
                && Digits.number(text, to, at, 2) > 0
                && text[at + 2] == '-'
                && Digits.number(text, to, at + 3, 7) >= 0;
        return form && Digits.beginAt(text, from, at) && Digits.endAt(text, to, end) ? end : -1;
    }

    /** Letters and digits, with single separators between them, of which at least six are digits. */
    static int named(byte[] text, int from, int to, int at) {
        if (!Bytes.is(text[at], Bytes.UPPER | Bytes.DIGIT) || !Bytes.beginsAt(text, from, at, Bytes.WORD)) {
            return -1;
        }
        int end = at;
        int digits = 0;
        while (end < to && end - at < MAX_NAMED) {
            boolean separator = "-./ ".indexOf(text[end]) >= 0 && Bytes.is(text, at, to, end + 1, Bytes.DIGIT);
            if (!separator && !Bytes.is(text[end], Bytes.UPPER | Bytes.DIGIT)) {
                break;
            }
            digits += Bytes.is(text[end], Bytes.DIGIT) ? 1 : 0;
            end++;
        }
        return digits >= MIN_NAMED && end - at < MAX_NAMED && !Bytes.is(text, at, to, end, Bytes.WORD) ? end : -1;
    }

    static int nino(byte[] text, int from, int to, int at) {
        int i = at;
        if (Bytes.has(text, from, to, i - 1, ' ')) {
            i--;
        }
        int start = i - 2;
        if (start < from
                || !Bytes.is(text[start], Bytes.UPPER)
                || !Bytes.is(text[start + 1], Bytes.UPPER)
                || !Bytes.beginsAt(text, from, start, Bytes.WORD)) {
            return -1;
        }
        int end = at;
        int digits = 0;
        while (end < to && digits < 6) {
            if (Bytes.is(text[end], Bytes.DIGIT)) {
                digits++;
            } else if (text[end] != ' ' || digits % 2 != 0) {
                return -1;
            }
            end++;
        }
        if (Bytes.has(text, from, to, end, ' ')) {
            end++;
        }
        boolean suffix =
                end < to && text[end] >= 'A' && text[end] <= 'D' && !Bytes.is(text, from, to, end + 1, Bytes.WORD);
        char first = (char) text[start];
        char second = (char) text[start + 1];
        boolean issued = "DFIQUV".indexOf(first) < 0
                && "DFIOQUV".indexOf(second) < 0
                && !(first == second && first == 'Z')
                && switch ("" + first + second) {
                    case "BG", "GB", "KN", "NK", "NT", "TN" -> false;
                    default -> true;
                };
        return digits == 6 && suffix && issued ? end + 1 : -1;
    }

    static int nhs(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 10, " -");
        return end > 0
                        && (11 - CheckDigits.weighted(text, at, 10, 9, 8, 7, 6, 5, 4, 3, 2) % 11) % 11
                                == CheckDigits.digit(text, at, 9)
                ? end
                : -1;
    }

    static int deTaxId(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 11, " /");
        return end > 0 && text[at] != '0' && CheckDigits.mod11And10(text, at, 11) ? end : -1;
    }

    static int deIdCard(byte[] text, int from, int to, int at) {
        int i = at;
        int digits = 0;
        while (i < to && "CFGHJKLMNPRTVWXYZ0123456789".indexOf(text[i]) >= 0) {
            digits += Bytes.is(text[i], Bytes.DIGIT) ? 1 : 0;
            i++;
        }
        return (i - at == 9 || i - at == 10) && digits >= 3 && !Bytes.is(text, at, to, i, Bytes.WORD) ? i : -1;
    }

    static int nir(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 15, " ");
        if (end < 0 || (text[at] != '1' && text[at] != '2') || !Digits.beginAt(text, from, at)) {
            return -1;
        }
        long number = 0;
        int key = 0;
        for (int n = 0; n < 15; n++) {
            int digit = CheckDigits.digit(text, at, n);
            number = n < 13 ? number * 10 + digit : number;
            key = n < 13 ? 0 : key * 10 + digit;
        }
        long month = number / 100_000_000 % 100;
        return 97 - number % 97 == key && month >= 1 && (month <= 12 || month >= 20) ? end : -1;
    }

    static int dni(byte[] text, int from, int to, int at) {
        int end = Bytes.runEnd(text, at, to, Bytes.DIGIT);
        int start = at;
        int number = Digits.number(text, to, at, end - at);
        if (end - at == 7) {
            start = at - 1;
            int series = "XYZ".indexOf(text[start]);
            if (series < 0) {
                return -1;
            }
            number += series * 10_000_000;
        }
        if (Bytes.has(text, from, to, end, '-')) {
            end++;
        }
        return Bytes.beginsAt(text, from, start, Bytes.WORD)
                        && end < to
                        && text[end] == DNI_LETTERS.charAt(number % 23)
                        && !Bytes.is(text, from, to, end + 1, Bytes.WORD)
                ? end + 1
                : -1;
    }

    static int fiscal(byte[] text, int from, int to, int at) {
        int start = at - 6;
        if (start < from
                || start + 16 > to
                || !Bytes.beginsAt(text, from, start, Bytes.WORD)
                || Bytes.is(text, from, to, start + 16, Bytes.WORD)) {
            return -1;
        }
        int sum = 0;
        for (int i = 0; i < 15; i++) {
            byte b = text[start + i];
            boolean letter = Bytes.is(b, Bytes.UPPER);
            boolean expected = i < 6 || i == 8 || i == 11;
            boolean digitAsLetter =
                    !expected && "LMNPQRSTUV".indexOf(b) >= 0; // where two people would have the same code
            if ((letter != expected && !digitAsLetter) || (!letter && !Bytes.is(b, Bytes.DIGIT))) {
                return -1;
            }
            int value = letter ? b - 'A' : b - '0';
            sum += i % 2 == 1 ? value : FISCAL_ODD.indexOf('A' + value);
        }
        return text[start + 15] == 'A' + sum % 26 ? start + 16 : -1;
    }

    static int aadhaar(byte[] text, int from, int to, int at) {
        if (text[at] < '2' || !Digits.beginAt(text, from, at)) {
            return -1;
        }
        int end = Digits.end(text, to, at, 12, " -");
        boolean inside = Bytes.has(text, from, to, at - 1, ' ') && Bytes.is(text, from, to, at - 2, Bytes.DIGIT);
        boolean ends = end > 0 && !inside && !Bytes.is(text, from, to, end + 1, Bytes.DIGIT);
        return ends && CheckDigits.verhoeff(text, at, end) ? end : -1;
    }

    static int inPan(byte[] text, int from, int to, int at) {
        int start = at - 5;
        if (start < from || !Bytes.beginsAt(text, from, start, Bytes.WORD)) {
            return -1;
        }
        for (int i = start; i < at; i++) {
            if (!Bytes.is(text[i], Bytes.UPPER)) {
                return -1;
            }
        }
        boolean holder = "PCHFATBLJG".indexOf(text[start + 3]) >= 0;
        return holder && Bytes.is(text, from, to, at + 4, Bytes.UPPER) && !Bytes.is(text, from, to, at + 5, Bytes.WORD)
                ? at + 5
                : -1;
    }

    static int cpf(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 11, ".-");
        if (end < 0 || CheckDigits.same(text, at, end) || !Digits.beginAt(text, from, at)) {
            return -1;
        }
        int first = CheckDigits.weighted(text, at, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10 % 11 % 10;
        int second = CheckDigits.weighted(text, at, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10 % 11 % 10;
        return first == CheckDigits.digit(text, at, 9) && second == CheckDigits.digit(text, at, 10) ? end : -1;
    }

    static int cnpj(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 14, "./-");
        if (end < 0 || CheckDigits.same(text, at, end) || !Digits.beginAt(text, from, at)) {
            return -1;
        }
        int first = CheckDigits.weighted(text, at, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2) % 11;
        int second = CheckDigits.weighted(text, at, 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2) % 11;
        return (first < 2 ? 0 : 11 - first) == CheckDigits.digit(text, at, 12)
                        && (second < 2 ? 0 : 11 - second) == CheckDigits.digit(text, at, 13)
                ? end
                : -1;
    }

    static int tfn(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 9, " -");
        return end > 0
                        && !CheckDigits.same(text, at, end)
                        && CheckDigits.weighted(text, at, 1, 4, 3, 7, 5, 8, 6, 9, 10) % 11 == 0
                ? end
                : -1;
    }

    static int medicare(byte[] text, int from, int to, int at) {
        int ten = Digits.end(text, to, at, 10, " -/");
        int end = ten > 0 ? ten : Digits.end(text, to, at, 11, " -/");
        return end > 0
                        && text[at] >= '2'
                        && text[at] <= '6'
                        && CheckDigits.weighted(text, at, 1, 3, 7, 9, 1, 3, 7, 9) % 10 == CheckDigits.digit(text, at, 8)
                ? end
                : -1;
    }

    static int abn(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 11, " ");
        return end > 0 && (CheckDigits.weighted(text, at, 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19) - 10) % 89 == 0
                ? end
                : -1;
    }

    static int sin(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 9, " -");
        boolean grouped = end - at == 9 || (end - at == 11 && text[at + 3] == text[at + 7]);
        return end > 0
                        && grouped
                        && text[at] != '8'
                        && !CheckDigits.same(text, at, end)
                        && Digits.beginAt(text, from, at)
                        && CheckDigits.luhn(text, at, end)
                ? end
                : -1;
    }

    static int nric(byte[] text, int from, int to, int at) {
        int start = at - 1;
        if (start < from
                || !Bytes.beginsAt(text, from, start, Bytes.WORD)
                || at + 8 > to
                || Bytes.is(text, from, to, at + 8, Bytes.WORD)) {
            return -1;
        }
        int sum = CheckDigits.weighted(text, at, 2, 7, 6, 5, 4, 3, 2);
        int letter = switch (text[start]) {
            case 'S' -> NRIC_ST.charAt((sum % 11 + 10) % 11 == 10 ? 0 : sum % 11);
            case 'T' -> NRIC_ST.charAt((sum + 4) % 11);
            case 'F' -> NRIC_FG.charAt(sum % 11);
            case 'G' -> NRIC_FG.charAt((sum + 4) % 11);
            case 'M' -> NRIC_M.charAt(10 - (sum + 3) % 11);
            default -> -1;
        };
        return text[at + 7] == letter ? at + 8 : -1;
    }

    static int israel(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 9, " -");
        if (end < 0 || CheckDigits.same(text, at, end)) {
            return -1;
        }
        int sum = 0;
        for (int n = 0; n < 9; n++) {
            int value = CheckDigits.digit(text, at, n) << (n & 1);
            sum += value > 9 ? value - 9 : value;
        }
        return sum % 10 == 0 ? end : -1;
    }

    static int bsn(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 9, " .");
        return end > 0
                        && !CheckDigits.same(text, at, end)
                        && CheckDigits.weighted(text, at, 9, 8, 7, 6, 5, 4, 3, 2, -1) % 11 == 0
                ? end
                : -1;
    }

    static int pesel(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 11, "");
        return end > 0
                        && CheckDigits.weighted(text, at, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1) % 10 == 0
                        && !CheckDigits.same(text, at, end)
                ? end
                : -1;
    }

    static int personnummer(byte[] text, int from, int to, int at) {
        int hyphen = Bytes.runEnd(text, at, to, Bytes.DIGIT);
        int start = hyphen - 6;
        int end = hyphen + 5;
        if ((hyphen - at != 6 && hyphen - at != 8)
                || end > to
                || Digits.number(text, to, hyphen + 1, 4) < 0
                || !Digits.endAt(text, to, end)
                || !Digits.beginAt(text, from, at)) {
            return -1;
        }
        int month = Digits.number(text, to, start + 2, 2);
        int day = Digits.number(text, to, start + 4, 2);
        return month >= 1 && month <= 12 && day >= 1 && day <= 31 && CheckDigits.luhn(text, start, end) ? end : -1;
    }

    static int hetu(byte[] text, int from, int to, int at) {
        int end = at + 11;
        int day = Digits.number(text, to, at, 2);
        int month = Digits.number(text, to, at + 2, 2);
        int serial = Digits.number(text, to, at + 7, 3);
        if (end > to
                || serial < 0
                || day < 1
                || day > 31
                || month < 1
                || month > 12
                || "-+ABCDEFYXWVU".indexOf(text[at + 6]) < 0
                || Bytes.is(text, from, to, end, Bytes.WORD)) {
            return -1;
        }
        long number = Digits.number(text, to, at, 6) * 1000L + serial;
        return text[at + 10] == HETU_CHECK.charAt((int) (number % 31)) ? end : -1;
    }

    static int ahv(byte[] text, int from, int to, int at) {
        int end = Digits.end(text, to, at, 13, ".");
        return end > 0
                        && Digits.number(text, to, at, 3) == 756
                        && CheckDigits.weighted(text, at, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1) % 10 == 0
                ? end
                : -1;
    }

    static int chinese(byte[] text, int from, int to, int at) {
        int end = at + 18;
        int run = Bytes.runEnd(text, at, Math.min(to, end), Bytes.DIGIT) - at;
        if (end > to || run < 17 || Bytes.is(text, from, to, end, Bytes.WORD) || !Digits.beginAt(text, from, at)) {
            return -1;
        }
        int year = Digits.number(text, to, at + 6, 4);
        int month = Digits.number(text, to, at + 10, 2);
        int day = Digits.number(text, to, at + 12, 2);
        int sum = CheckDigits.weighted(text, at, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2);
        boolean born = year >= 1850 && year <= 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
        return born && text[at] != '0' && text[at + 17] == CN_CHECK.charAt(sum % 11) ? end : -1;
    }

    static int korean(byte[] text, int from, int to, int at) {
        int end = at + 14;
        int month = Digits.number(text, to, at + 2, 2);
        int day = Digits.number(text, to, at + 4, 2);
        if (end > to
                || Digits.number(text, to, at + 7, 7) < 0
                || !Digits.endAt(text, to, end)
                || !Digits.beginAt(text, from, at)
                || month < 1
                || month > 12
                || day < 1
                || day > 31) {
            return -1;
        }
        int sum = CheckDigits.weighted(text, at, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5);
        return (11 - sum % 11) % 10 == CheckDigits.digit(text, at, 12) ? end : -1;
    }

    static int thai(byte[] text, int from, int to, int at) {
        int end = at + 17;
        boolean grouped =
                end <= to && text[at + 1] == '-' && text[at + 6] == '-' && text[at + 12] == '-' && text[at + 15] == '-';
        if (!grouped || Digits.end(text, to, at, 13, "-") != end || !Digits.beginAt(text, from, at)) {
            return -1;
        }
        int sum = CheckDigits.weighted(text, at, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2);
        return (11 - sum % 11) % 10 == CheckDigits.digit(text, at, 12) ? end : -1;
    }
}
