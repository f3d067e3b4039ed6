package io.fourthlog.redaction.detect;

/** Capitalised words, as names have them. */
final class Names {

    static final Words GIVEN = Words.load("given-names.txt");

    /** Capitalised words that follow a name and are none. */
    private static final Words NOT_A_NAME = Words.of(
            "the and street road avenue university college school hospital church city county state company inc ltd llc"
                    + " corp corporation foundation institute museum airport hotel bank group team center centre park river lake mountain island beach"
                    + " january february march april june july august september october november december monday tuesday wednesday thursday friday saturday sunday"
                    + " is was has had will would can could should said says for from with this that who what when where how why not but if then api sdk"
                    + " java python english german french spanish italian american british european error warning info http https json");

    private static final String[] PARTICLES = {
        "van der ", "van den ", "von der ", "de la ", "van ", "von ", "de ", "da ", "di ", "del ", "dos ", "al-", "bin "
    };

    private Names() {}

    /** Index after a capitalised word that begins here, or -1: letters of Latin alphabets, hyphens and apostrophes inside. */
    static int wordEnd(byte[] text, int to, int at) {
        if (at >= to || !(Bytes.is(text[at], Bytes.UPPER) || isLatinPair(text, to, at))) {
            return -1;
        }
        int i = at;
        boolean lower = false;
        while (i < to) {
            if (Bytes.is(text[i], Bytes.LOWER)) {
                lower = true;
                i++;
            } else if (Bytes.is(text[i], Bytes.UPPER)) {
                i++;
            } else if (isLatinPair(text, to, i)) {
                lower = true;
                i += 2;
            } else if ((text[i] == '-' || text[i] == '\'') && Bytes.is(text, at, to, i + 1, Bytes.UPPER)) {
                i++;
            } else {
                break;
            }
        }
        return lower && i - at >= 2 && !Bytes.is(text, at, to, i, Bytes.DIGIT | Bytes.UNDERSCORE) ? i : -1;
    }

    /** Whether a word can be a surname. */
    static boolean canBeSurname(byte[] text, int from, int to) {
        return to - from >= 2 && !NOT_A_NAME.has(text, from, to);
    }

    /** Index after one to three more names and initials behind a name that ends here; the same index if there is none. */
    static int rest(byte[] text, int to, int end) {
        int last = end;
        for (int names = 0; names < 3; names++) {
            if (!Bytes.has(text, 0, to, last, ' ')) {
                return last;
            }
            int next = last + 1;
            if (Bytes.is(text, 0, to, next, Bytes.UPPER) && Bytes.has(text, 0, to, next + 1, '.')) {
                int after = rest(text, to, next + 2);
                return after > next + 2 ? after : last;
            }
            next += particle(text, to, next);
            int wordEnd = wordEnd(text, to, next);
            if (wordEnd < 0 || !canBeSurname(text, next, wordEnd)) {
                return last;
            }
            last = wordEnd;
        }
        return last;
    }

    /** Bytes of "van der ", "de " and the like. */
    private static int particle(byte[] text, int to, int at) {
        if (!Bytes.is(text, at, to, at, Bytes.LOWER)) {
            return 0;
        }
        for (String particle : PARTICLES) {
            if (Bytes.startsWith(text, at, to, particle)) {
                return particle.length();
            }
        }
        return 0;
    }

    private static boolean isLatinPair(byte[] text, int to, int at) {
        return at + 1 < to && (text[at] & 0xFF) >= 0xC3 && (text[at] & 0xFF) <= 0xC9 && (text[at + 1] & 0xC0) == 0x80;
    }
}
