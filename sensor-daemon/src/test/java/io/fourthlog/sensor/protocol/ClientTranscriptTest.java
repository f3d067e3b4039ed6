package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.Transcript;
import io.fourthlog.sensor.Transcript.Chunk;
import io.fourthlog.sensor.streams.GapCause;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What official clients sent and got, recorded against a scripted endpoint (src/test/recording), and what is to be read of
 * it: {@code clients.golden}, a section for each connection, a line for each prompt and each answer.
 */
class ClientTranscriptTest {
    private static final Map<String, List<String>> GOLDEN = golden();

    private static Map<String, List<String>> golden() {
        final Map<String, List<String>> sections = new LinkedHashMap<>();
        try (InputStream file =
                Objects.requireNonNull(Transcript.class.getResourceAsStream("transcripts/clients.golden"))) {
            List<String> section = new ArrayList<>();
            for (final String line : new String(file.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                if (line.startsWith("== ")) {
                    section = new ArrayList<>();
                    sections.put(line.substring(3), section);
                } else {
                    section.add(line);
                }
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        return sections;
    }

    private static List<String> connections() {
        return List.copyOf(GOLDEN.keySet());
    }

    @Provide
    Arbitrary<String> recorded() {
        return Arbitraries.of(connections());
    }

    private static List<String> lines(final Watched watched) {
        final List<String> lines = new ArrayList<>();
        watched.prompts.forEach(prompt -> lines.add("asked " + prompt));
        watched.answers.forEach(answer -> lines.add("answered " + answer));
        return lines;
    }

    /** What may be read of a connection of which a part was lost, as the message that names the model for all questions of a session. */
    private static List<String> allowed(final String name) {
        final List<String> golden = Objects.requireNonNull(GOLDEN.get(name));
        final List<String> lines = new ArrayList<>(golden);
        golden.forEach(line -> lines.add(line.replaceFirst("^asked [^|]*", "asked null")));
        return lines;
    }

    /**
     * Whether a live session's messages were said in this order. Nothing in them says where a question begins and ends, and a
     * loss shows with what comes next in its direction only: until then questions may be one, and messages missing.
     */
    private static boolean isSaid(final String name, final String line) {
        if (!name.startsWith("gemini-live") || !line.startsWith("asked ")) {
            return false;
        }
        final Iterator<String> said = Objects.requireNonNull(GOLDEN.get(name)).stream()
                .filter(each -> each.startsWith("asked "))
                .flatMap(ClientTranscriptTest::messages)
                .iterator();
        return messages(line).allMatch(message -> {
            while (said.hasNext()) {
                if (said.next().equals(message)) {
                    return true;
                }
            }
            return false;
        });
    }

    private static Stream<String> messages(final String line) {
        return Arrays.stream(line.split("\\|(?=[A-Z]+ )")).skip(1);
    }

    @ParameterizedTest
    @MethodSource("connections")
    void everyPromptAndAnswerIsRead(final String name) {
        final Watched watched =
                new Watched().pass(Transcript.load(name + ".capture")).close();
        assertThat(lines(watched)).isEqualTo(GOLDEN.get(name));
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.budget.used()).isZero();
    }

    @Property(tries = 800)
    void everyChunkingGivesTheSame(
            @ForAll("recorded") final String name,
            @ForAll @Size(min = 1, max = 12) final List<@IntRange(min = 1, max = 700) Integer> sizes) {
        final Watched cut = new Watched()
                .pass(Transcript.cut(Transcript.load(name + ".capture"), sizes))
                .close();
        assertThat(lines(cut)).isEqualTo(GOLDEN.get(name));
        assertThat(cut.gaps).isEmpty();
        assertThat(cut.budget.used()).isZero();
    }

    @Property(tries = 800)
    void aCaptureThatBeginsInTheMiddleIsNeverWrong(
            @ForAll("recorded") final String name,
            @ForAll @IntRange(min = 50, max = 2000) final int size,
            @ForAll @IntRange(min = 1, max = 300) final int missed) {
        final List<Chunk> chunks = Transcript.cut(Transcript.load(name + ".capture"), List.of(size));
        final Watched late = new Watched();
        for (int i = missed % chunks.size(); i < chunks.size(); i++) {
            late.pass(chunks.get(i)); // its positions begin here as well
        }
        late.close();
        assertThat(GOLDEN.get(name)).containsAll(lines(late));
        assertThat(late.budget.used()).isZero();
    }

    @Test
    void anHttp2ConnectionIsReadAgainAfterItsBeginningWasMissed() {
        final List<Chunk> chunks = Transcript.load("python-http2-0.capture");
        int firstAnswer = 0;
        while (chunks.get(firstAnswer).sent() || firstAnswer < chunks.size() / 3) {
            firstAnswer++;
        }
        final Watched late = new Watched();
        chunks.subList(firstAnswer, chunks.size()).forEach(late::pass);
        late.close();
        assertThat(late.answers).isNotEmpty();
        assertThat(late.gaps).contains(GapCause.MIDDLE);
        assertThat(GOLDEN.get("python-http2-0")).containsAll(lines(late));
    }

    @Property(tries = 800)
    void lostChunksAreAGapAndNeverAWrongAnswer(
            @ForAll("recorded") final String name,
            @ForAll @Size(min = 1, max = 12) final List<@IntRange(min = 20, max = 900) Integer> sizes,
            @ForAll @Size(min = 1, max = 4) final List<@IntRange(min = 0, max = 1000) Integer> which) {
        final List<Chunk> chunks = Transcript.cut(Transcript.load(name + ".capture"), sizes);
        final Set<Integer> lost = Transcript.lost(chunks, which);
        final Watched lossy = new Watched();
        for (int i = 0; i < chunks.size(); i++) {
            lossy.pass(chunks.get(i), !lost.contains(i));
        }
        lossy.close();
        final List<String> allowed = allowed(name);
        assertThat(lines(lossy)).allMatch(line -> allowed.contains(line) || isSaid(name, line));
        if (lossy.gaps.isEmpty()) { // only what says nothing about the messages was lost
            assertThat(lines(lossy)).isEqualTo(GOLDEN.get(name));
        }
        assertThat(lossy.budget.used()).isZero();
    }
}
