package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.redaction.Peek;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class TextBlocksTest {
    private static final String WORD = "ann.canary@example.org";

    private static List<String> blocks(
            final MemoryBudget budget, final boolean declared, final String text, final int cut) {
        final List<String> blocks = new ArrayList<>();
        final byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        try (TextBlocks texts = new TextBlocks(budget, declared, block -> {
            blocks.add(Peek.text(block));
            block.close();
        })) {
            for (int at = 0; at < bytes.length; at += cut) {
                texts.add(bytes, at, Math.min(cut, bytes.length - at));
            }
            texts.end();
        }
        assertThat(budget.used()).isZero();
        return blocks;
    }

    @Property(tries = 200)
    void aWordIsWholeInABlockWhereverItStands(
            @ForAll @IntRange(min = 60_000, max = 200_000) final int before,
            @ForAll @IntRange(min = 0, max = 70_000) final int behind,
            @ForAll @IntRange(min = 100, max = 100_000) final int cut) {
        final String text = "ab ".repeat(before / 3 + 1).substring(0, before) + " " + WORD + " " + "c".repeat(behind);
        final List<String> blocks = blocks(new MemoryBudget(1 << 20), true, text, cut);
        assertThat(blocks).anyMatch(block -> block.contains(" " + WORD + " "));
        assertThat(blocks).allMatch(block -> !block.startsWith("b") && block.length() <= TextBlocks.BLOCK);
        assertThat(blocks.stream().mapToInt(String::length).sum()).isBetween(text.length(), text.length() * 11 / 10);
    }

    @Test
    void aBodyWithoutMemoryForABlockIsLookedThroughAllTheSame() {
        assertThat(blocks(new MemoryBudget(0), false, WORD, 100)).containsExactly(WORD);
    }

    @Test
    void whatDoesNotLookLikeTextIsNotLookedThroughUnlessItIsSaidToBe() {
        final String binary = "PNG\0\0\0\u0001\u0002" + WORD;
        assertThat(blocks(new MemoryBudget(1 << 20), false, binary, 100)).isEmpty();
        assertThat(blocks(new MemoryBudget(1 << 20), true, binary, 100)).containsExactly(binary);
    }
}
