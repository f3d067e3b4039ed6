package io.fourthlog.redaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class KnownTextTest {
    private static final Hmac HMAC = Hmac.of("k1", new byte[32]);

    private static KnownText known(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return KnownText.of(HMAC, utf8, 0, utf8.length);
    }

    private static Set<KnownText> in(String text, KnownText... known) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        try (Plaintext plaintext = Plaintext.copyOf(utf8, 0, utf8.length)) {
            return KnownText.in(HMAC, plaintext, List.of(known));
        }
    }

    @Test
    void aTextIsFoundWhereverItStands() {
        KnownText question = known("Who is it?");
        for (String around : List.of("Who is it?", "Q: Who is it?", "Who is it? A:", "Who is Who is it? it?")) {
            assertThat(in(around, question, known("Who is she?"))).containsExactly(question);
        }
        assertThat(in("Who is it", question)).isEmpty();
        assertThat(in("", question)).isEmpty();
    }

    @Test
    void whatIsOnlyWithinAnotherIsNotFound() {
        KnownText shorter = known("Question one");
        KnownText longer = known("Question one and two");
        KnownText within = known("one and two");
        assertThat(in("Question one", shorter, longer, within)).containsExactly(shorter);
        assertThat(in("The Question one and two", shorter, longer, within)).containsExactly(longer);
        assertThat(in("Question one and two. Question one.", shorter, longer, within))
                .containsExactlyInAnyOrder(shorter, longer);
        assertThat(in("one and two Question one and two", within, longer)).containsExactlyInAnyOrder(within, longer);
    }

    @Test
    void whatIsShortIsNotLookedFor() {
        assertThat(in("hello you", known("hello"), known(""))).isEmpty();
    }

    /** Each of its positions could begin the text, and each would be hashed. */
    @Test
    void aPromptThatSeemsToHoldATextEverywhereIsGivenUp() {
        KnownText text = known("a".repeat(5000) + "b");
        assertThat(in("a".repeat(100_000) + "b", text)).isEmpty();
    }

    @Property(tries = 500)
    void itIsFoundIfItIsThere(
            @ForAll @Size(max = 40) byte[] before,
            @ForAll @Size(min = 8, max = 40) byte[] text,
            @ForAll @Size(max = 40) byte[] after) {
        byte[] all = new byte[before.length + text.length + after.length];
        System.arraycopy(before, 0, all, 0, before.length);
        System.arraycopy(text, 0, all, before.length, text.length);
        System.arraycopy(after, 0, all, before.length + text.length, after.length);
        KnownText known = KnownText.of(HMAC, text, 0, text.length);
        try (Plaintext plaintext = Plaintext.copyOf(all, 0, all.length)) {
            assertThat(KnownText.in(HMAC, plaintext, List.of(known))).containsExactly(known);
        }
    }
}
