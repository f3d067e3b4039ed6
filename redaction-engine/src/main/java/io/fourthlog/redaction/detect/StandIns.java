package io.fourthlog.redaction.detect;

/** What people write where a password would be: in instructions, templates and tests. */
final class StandIns {

    private static final Words PASSWORDS = Words.of(
            "password passwd passphrase pass pwd pw mypassword mypass yourpassword yourpass userpassword secretpassword changeme changeit change_me token xxx yyy zzz foo bar");

    private static final Phrases PARTS =
            Phrases.of("your_", "your-", "replace", "example", "placeholder", "xxxx", "****");

    private StandIns() {}

    /** Whether a range is none of anybody's passwords. */
    static boolean isPassword(byte[] text, int from, int to) {
        return PASSWORDS.has(text, from, to) || PARTS.areIn(text, from, to);
    }
}
