package io.fourthlog.redaction.detect;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * The format of a token, as a line of {@code secrets.rules} gives it: texts, and runs of bytes of a set. Matched from left to right in
 * one go, each run as long as it can be, without ever going back. A run may be broken by a line break before it is long enough.
 * Immutable.
 */
final class TokenFormat {

    private static final String UUID = "%H{8}-%H{4}-%H{4}-%H{4}-%H{12}";
    private static final int MOST = 600; // bytes of an open run, more than anyone is shown

    private static final int DISTINCTIVE = 5; // characters

    private sealed interface Part {}

    /** One of some texts, longest first. */
    private record Text(List<String> choices) implements Part {}

    /** Bytes of a set. */
    private record Run(ByteSet set, String name, int least, int most) implements Part {}

    private final String written;
    private final List<Part> parts;
    private final int anchorPart; // index of the text to look for
    private final int anchorOffset; // bytes before it
    private final boolean mixed; // has to have letters and digits, for want of a text that says enough

    private TokenFormat(String written, List<Part> parts) {
        this.written = written;
        this.parts = parts;
        int best = -1;
        int bestOffset = 0;
        int offset = 0;
        boolean fixed = true;
        boolean letters = false;
        boolean digits = false;
        for (int i = 0; i < parts.size(); i++) {
            switch (parts.get(i)) {
                case Text text -> {
                    int length = text.choices().getLast().length();
                    if (fixed && (best < 0 || (length > shortest(best) && shortest(best) < 3))) {
                        best = i;
                        bestOffset = offset;
                    }
                    fixed &= length == text.choices().getFirst().length();
                    offset += length;
                }
                case Run run -> {
                    fixed &= run.least() == run.most();
                    offset += run.least();
                    letters |= run.set().has((byte) 'a') || run.set().has((byte) 'A');
                    digits |= run.set().has((byte) '4');
                }
            }
        }
        anchorPart = best;
        anchorOffset = bestOffset;
        mixed = letters && digits && (best < 0 || shortest(best) < DISTINCTIVE);
    }

    private int shortest(int part) {
        return ((Text) parts.get(part)).choices().getLast().length();
    }

    /**
     * Reads a format.
     *
     * @throws IllegalArgumentException if it is not one
     */
    static TokenFormat parse(String written) {
        return new TokenFormat(written, List.copyOf(new Parser(written.replace("%U", UUID)).parts()));
    }

    /** The texts that every token has one of, {@link #anchorOffset} bytes after its beginning. */
    List<Anchor> anchors() {
        if (anchorPart < 0) {
            throw new IllegalArgumentException("no text to look for: " + written);
        }
        ByteSet next = anchorPart + 1 < parts.size() && parts.get(anchorPart + 1) instanceof Run run && run.least() >= 2
                ? run.set()
                : null;
        ByteSet before = anchorPart > 0 && parts.get(anchorPart - 1) instanceof Run run ? run.set() : null;
        List<Anchor> anchors = new ArrayList<>();
        for (String choice : ((Text) parts.get(anchorPart)).choices()) {
            boolean begins = anchorOffset == 0 && Bytes.is((byte) choice.charAt(0), Bytes.ALNUM);
            anchors.add(new Anchor.Literal(choice, false, begins, false, before, next));
        }
        return anchors;
    }

    /** Where a token would begin whose text is at an anchor. */
    int start(int anchor) {
        return anchor - anchorOffset;
    }

    /**
     * Index after the token that begins at an index, or -1 if none does: no letter or digit may be next to it, and it has to look like
     * something that a machine made.
     */
    int match(byte[] text, int from, int to, int at) {
        if (at < from || !Bytes.beginsAt(text, from, at, Bytes.ALNUM)) {
            return -1;
        }
        int end = at;
        int body = -1;
        for (Part part : parts) {
            switch (part) {
                case Text choice -> end = after(choice, text, end, to);
                case Run run -> {
                    body = body < 0 ? end : body;
                    end = after(run, text, end, to);
                }
            }
            if (end < 0) {
                return -1;
            }
        }
        boolean ends = !Bytes.is(text, at, to, end, Bytes.ALNUM);
        if (parts.getLast() instanceof Run run) {
            ends &= end >= to || !run.set().has(text[end]) || text[end] == '.' || text[end] == '=';
        }
        return ends && (body < 0 || Randomness.isPlausible(text, body, end, mixed)) ? end : -1;
    }

    private static int after(Text part, byte[] text, int at, int to) {
        for (String choice : part.choices()) {
            if (Bytes.startsWith(text, at, to, choice)) {
                return at + choice.length();
            }
        }
        return -1;
    }

    private static int after(Run run, byte[] text, int at, int to) {
        int end = at;
        int count = 0;
        while (true) {
            while (end < to && count < run.most() && run.set().has(text[end])) {
                end++;
                count++;
            }
            if (count >= run.least()) {
                return end;
            }
            int next = Lines.skipBreak(text, end, to);
            if (count == 0 || next == end || next >= to || !run.set().has(text[next])) {
                return -1;
            }
            end = next;
        }
    }

    /** A token of this format that means nothing. */
    String sample(Random random) {
        StringBuilder token = new StringBuilder();
        for (Part part : parts) {
            switch (part) {
                case Text text ->
                    token.append(
                            text.choices().get(random.nextInt(text.choices().size())));
                case Run run -> {
                    int spread = Math.min(run.most(), run.least() + 8) - run.least();
                    int length = run.least() + (spread == 0 ? 0 : random.nextInt(spread));
                    for (int i = 0; i < length; ) {
                        byte b = (byte) (' ' + random.nextInt(95));
                        boolean edge = i == 0 || i == length - 1;
                        if (run.set().has(b)
                                && (!edge
                                        || Bytes.is(b, Bytes.ALNUM)
                                        || run.set().size() < 3)) {
                            token.append((char) b);
                            i++;
                        }
                    }
                }
            }
        }
        return token.toString();
    }

    /** As people read it: texts as they are, runs as what they are made of and how many. */
    String describe() {
        StringBuilder described = new StringBuilder();
        for (Part part : parts) {
            switch (part) {
                case Text text -> described.append(String.join("|", text.choices()));
                case Run run ->
                    described
                            .append('<')
                            .append(run.least())
                            .append(run.most() == run.least() ? "" : run.most() >= MOST ? "+" : "–" + run.most())
                            .append(' ')
                            .append(run.name())
                            .append('>');
            }
        }
        return described.toString();
    }

    @Override
    public String toString() {
        return written;
    }

    /** Reads the notation. */
    private static final class Parser {

        private final String written;
        private final List<Part> parts = new ArrayList<>();
        private List<String> choices = List.of("");
        private int at;

        Parser(String written) {
            this.written = written;
        }

        List<Part> parts() {
            while (at < written.length()) {
                char c = written.charAt(at);
                switch (c) {
                    case '(' -> {
                        int close = until(')');
                        append(List.of(written.substring(at + 1, close).split("\\|")));
                        at = close + 1;
                    }
                    case '%' -> {
                        String set = set(written.charAt(at + 1));
                        at += 2;
                        run(set);
                    }
                    case '[' -> {
                        int close = until(']');
                        String set = written.substring(at + 1, close);
                        at = close + 1;
                        run(set);
                    }
                    default -> {
                        append(List.of(Character.toString(c)));
                        at++;
                    }
                }
            }
            closeText();
            return parts;
        }

        private void append(List<String> endings) {
            List<String> all = new ArrayList<>();
            for (String choice : choices) {
                endings.forEach(ending -> all.add(choice + ending));
            }
            choices = all;
        }

        private void closeText() {
            if (!choices.equals(List.of(""))) {
                parts.add(new Text(choices.stream()
                        .sorted(Comparator.comparingInt(String::length).reversed())
                        .toList()));
                choices = List.of("");
            }
        }

        private void run(String set) {
            closeText();
            if (at == written.length() || written.charAt(at) != '{') {
                throw new IllegalArgumentException("how many? at " + at + " of " + written);
            }
            int close = until('}');
            String[] numbers = written.substring(at + 1, close).split(",", -1);
            int least = Integer.parseInt(numbers[0]);
            int most = numbers.length == 1 ? least : numbers[1].isEmpty() ? MOST : Integer.parseInt(numbers[1]);
            parts.add(new Run(ByteSet.of(set), name(set), least, most));
            at = close + 1;
        }

        private int until(char c) {
            int index = written.indexOf(c, at);
            if (index < 0) {
                throw new IllegalArgumentException("no " + c + " after " + at + " of " + written);
            }
            return index;
        }

        private static String set(char name) {
            return switch (name) {
                case 'a' -> "A-Za-z0-9";
                case 'w' -> "A-Za-z0-9_-";
                case 'e' -> "A-Za-z0-9_=-";
                case 'b' -> "A-Za-z0-9+/";
                case 'h' -> "0-9a-f";
                case 'H' -> "0-9A-Fa-f";
                case 'd' -> "0-9";
                case 'l' -> "a-z0-9";
                case 'u' -> "A-Z0-9";
                case 's' -> "A-Za-z";
                default -> throw new IllegalArgumentException("no set %" + name);
            };
        }

        private static String name(String set) {
            return switch (set) {
                case "A-Za-z0-9" -> "alphanumeric";
                case "A-Za-z0-9_-" -> "base64url";
                case "A-Za-z0-9+/" -> "base64";
                case "0-9a-f", "0-9A-Fa-f" -> "hex";
                case "0-9" -> "digits";
                case "A-Za-z" -> "letters";
                default -> "[" + set + "]";
            };
        }
    }
}
