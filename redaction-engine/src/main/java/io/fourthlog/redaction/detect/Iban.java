package io.fourthlog.redaction.detect;

import io.fourthlog.redaction.detect.Anchor.DigitRun;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** International bank account numbers: a country, its length, and the remainder of 97 (ISO 13616). */
final class Iban implements Detector {

    /** Country and length, from the registry of SWIFT. */
    private static final String LENGTHS =
            "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20"
                    + " EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21"
                    + " LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31"
                    + " SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30";

    private static final int GROUP = 4; // characters
    private static final int MOST = 48; // bytes, with what is between the groups
    private static final byte[] LENGTH = new byte[26 * 26];

    static {
        for (String entry : List.of(LENGTHS.split(" "))) {
            LENGTH[(entry.charAt(0) - 'A') * 26 + entry.charAt(1) - 'A'] = Byte.parseByte(entry.substring(2));
        }
    }

    @Override
    public Documentation documentation() {
        return Documentation.of("PII:iban")
                .summary("International bank account numbers, whole or in groups of four")
                .validator("country, its length, mod 97")
                .source("ISO 13616-1; https://www.swift.com/standards/data-standards/iban")
                .finds(
                        "DE89 3704 0044 0532 0130 00",
                        "GB82WEST12345698765432",
                        "iban=fr1420041010050500013M02606",
                        "NO93 8601 1117 947")
                .passes(
                        "DE88 3704 0044 0532 0130 00",
                        "GB82WEST1234569876543",
                        "XX82WEST12345698765432",
                        "GB82 commits");
    }

    @Override
    public List<Anchor> anchors() {
        String notAWord = "^0-9A-Za-z_";
        return List.of(
                DigitRun.of(2, 10).before(seconds(), firsts(), notAWord).after("A-Za-z -"),
                DigitRun.of(11, DigitRun.LONGEST).before(seconds(), firsts(), notAWord));
    }

    /** What countries begin with, in any case. */
    private static String firsts() {
        return letters(0);
    }

    /** What countries end with, in any case. */
    private static String seconds() {
        return letters(1);
    }

    private static String letters(int place) {
        return Stream.of(LENGTHS.split(" "))
                .map(country -> country.substring(place, place + 1))
                .distinct()
                .map(letter -> letter + letter.toLowerCase(Locale.ROOT))
                .collect(Collectors.joining());
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        return span(text, from, to, at);
    }

    /** Whether digits are groups of an account number that begins before them. */
    static boolean covers(byte[] text, int from, int to, int digits) {
        for (int group = digits - GROUP - 1; group >= from && digits - group <= MOST; group -= GROUP + 1) {
            long account = span(text, from, to, group + 2);
            if (account != Span.NONE) {
                return Span.end(account) > digits;
            }
        }
        return false;
    }

    private static long span(byte[] text, int from, int to, int at) {
        int start = at - 2;
        if (start < from
                || !Bytes.is(text[start], Bytes.LETTER)
                || !Bytes.is(text[start + 1], Bytes.LETTER)
                || !Bytes.beginsAt(text, from, start, Bytes.WORD)) {
            return Span.NONE;
        }
        int length = LENGTH[((text[start] | 0x20) - 'a') * 26 + (text[start + 1] | 0x20) - 'a'];
        if (length == 0) {
            return Span.NONE;
        }
        int taken = 0;
        int remainder = 0;
        int head = 0; // country and check digits, which count at the end
        int end = start;
        while (taken < length) {
            if (end >= to) {
                return Span.NONE;
            }
            byte b = text[end];
            if (Bytes.is(b, Bytes.ALNUM)) {
                boolean digit = Bytes.is(b, Bytes.DIGIT);
                int value = digit ? b - '0' : (b | 0x20) - 'a' + 10;
                if (taken < 4) {
                    head = head * (digit ? 10 : 100) + value;
                } else {
                    remainder = (remainder * (digit ? 10 : 100) + value) % 97;
                }
                taken++;
            } else if ((b != ' ' && b != '-') || taken % 4 != 0 || !Bytes.is(text, from, to, end + 1, Bytes.ALNUM)) {
                return Span.NONE;
            }
            end++;
        }
        boolean ends = !Bytes.is(text, from, to, end, Bytes.WORD);
        return ends && (remainder * 1_000_000L + head) % 97 == 1 ? Span.of(start, end) : Span.NONE;
    }
}
