package io.fourthlog.redaction.detect;

import java.util.ArrayList;
import java.util.List;

/**
 * Postal addresses of whatever country, in whatever script, that a text calls so: what is behind {@code "shipping_address":}, {@code
 * Address:} or {@code Adresse :} up to the quotation mark or the end of the line, if it has words and a number.
 */
final class LabelledAddress implements Detector {

    private static final int MAX_LABEL = 16; // bytes from the word to the operator
    private static final int MAX_ADDRESS = 160; // bytes
    private static final int MIN_ADDRESS = 8; // bytes
    private static final int MAX_QUALIFIER = 16; // bytes of the word before
    private static final List<String> LABELS =
            List.of("address", "adresse", "direccion", "indirizzo", "endereco", "deliver to", "ship to", "residing at");

    /** Addresses that are of machines, messages and money. */
    private static final Words OTHERS = Words.of(
            "ip ipv4 ipv6 mac email mail e web http memory server host wallet bind listen base url uri network node bitcoin btc eth contract return virtual src dst source destination remote"
                    + " local client peer broadcast loopback gateway dns physical link hardware pod cluster service external internal public private listening advertise api start end load buffer pool");

    @Override
    public Documentation documentation() {
        return Documentation.of("PII:address")
                .summary("Whatever a text calls an address, of words and a number; not those of machines and mailboxes")
                .validator("words and a number")
                .source("https://www.upu.int/en/postal-solutions/programmes-services/addressing-solutions")
                .finds(
                        "{\"shipping_address\": \"Furuveien 14, 3170 Sem\"}",
                        "Address: ulica Lipowa 318\n",
                        "Address: 東京都港区北山7丁目12番3号\n")
                .passes(
                        "IP address: 10 of 12",
                        "\"address\": \"0x7ffee4bff6c8\"",
                        "address: localhost:8080",
                        "email_address: jane at example 12",
                        "the address of 12 hosts");
    }

    @Override
    public List<Anchor> anchors() {
        List<Anchor> anchors = new ArrayList<>();
        LABELS.forEach(label -> anchors.add(Anchor.keyword(label)));
        return anchors;
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        int start = value(text, to, at);
        if (start < 0 || isOther(text, from, at)) {
            return Span.NONE;
        }
        byte quote = text[start - 1] == '"' || text[start - 1] == '\'' ? text[start - 1] : (byte) '\n';
        int end = start;
        int limit = Math.min(to, start + MAX_ADDRESS);
        boolean digits = false;
        int letters = 0;
        int words = 0;
        while (end < limit && text[end] != quote && text[end] != '@' && text[end] != '<' && text[end] != '{') {
            digits |= Bytes.is(text[end], Bytes.DIGIT) && !Bytes.is(text, start, to, end - 1, Bytes.LOWER);
            boolean letter = Bytes.is(text[end], Bytes.LETTER | Bytes.NON_ASCII);
            letters += letter ? 1 : 0;
            words += letter && !Bytes.is(text, start, to, end - 1, Bytes.ALNUM | Bytes.NON_ASCII) ? 1 : 0;
            end++;
        }
        boolean written = words > 1 || (words > 0 && text[start] < 0); // scripts without spaces
        boolean ends = end == limit || text[end] == quote;
        boolean address =
                digits && written && letters > 3 && ends && end - start >= MIN_ADDRESS && !isMachine(text, start, end);
        return address ? Span.of(start, end) : Span.NONE;
    }

    /** Index of what is behind the operator of a label, or behind a verb, or -1. */
    private static int value(byte[] text, int to, int at) {
        int limit = Math.min(to, at + MAX_LABEL);
        int i = at;
        while (i < limit && Bytes.is(text[i], Bytes.LETTER | Bytes.UNDERSCORE)) {
            i++;
        }
        boolean verb = (text[at] | 0x20) != 'a'
                && (Bytes.startsWithIgnoreCase(text, i, to, " to ") || Bytes.startsWithIgnoreCase(text, i, to, " at "));
        if (verb) {
            i += 4;
        } else {
            int operator = i;
            while (i < to && i - operator < 6 && (text[i] == '"' || text[i] == '\'' || text[i] == ' ')) {
                i++;
            }
            if (i >= to || (text[i] != ':' && text[i] != '=')) {
                return -1;
            }
            i++;
            while (i < to && text[i] == ' ') {
                i++;
            }
            i += i < to && (text[i] == '"' || text[i] == '\'') ? 1 : 0;
        }
        return i < to ? i : -1;
    }

    /** Whether the word before says what else has an address. */
    private static boolean isOther(byte[] text, int from, int at) {
        int end = at;
        while (end > from && at - end < 2 && (text[end - 1] == ' ' || text[end - 1] == '_' || text[end - 1] == '-')) {
            end--;
        }
        int start = end;
        while (start > from && end - start < MAX_QUALIFIER && Bytes.is(text[start - 1], Bytes.ALNUM)) {
            start--;
        }
        return start < end && OTHERS.has(text, start, end);
    }

    /** Whether it has the signs of a URL, a number of C, a path or code. */
    private static boolean isMachine(byte[] text, int from, int to) {
        for (int i = from; i < to; i++) {
            boolean url = text[i] == ':' && Bytes.has(text, from, to, i + 1, '/');
            boolean hexadecimal = text[i] == '0' && Bytes.has(text, from, to, i + 1, 'x');
            boolean code = text[i] == ';'
                    || text[i] == '='
                    || text[i] == '$'
                    || text[i] == '['
                    || text[i] == '('
                    || text[i] == '*';
            if (url || hexadecimal || code) {
                return true;
            }
        }
        return false;
    }
}
