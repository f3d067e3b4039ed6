package io.fourthlog.actionlog.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fourthlog.testing.BriefFuzzing;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every reader of a log's files on bytes that no log wrote: they are refused with the reader's own exception, or they are
 * exactly what the reader would write. Known inputs, and some made of them, run in every build; {@code make fuzz} looks for new ones.
 */
class ReaderFuzzTest {

    private static final long MOST_LEAVES = 1L << 40;

    @TempDir
    private static Path folder = Path.of("");

    private static Path log = folder;

    @BeforeAll
    static void growALog() throws IOException {
        log = folder.resolve("log");
        Logs.grow(log, 3, 258);
    }

    @Test
    void noTargetBreaksOnWhatIsMadeOfItsSeeds() throws IOException {
        BriefFuzzing.run(this, 500);
    }

    @FuzzTest
    void note(final byte[] bytes) {
        try {
            assertThat(Note.parse(bytes).bytes()).isEqualTo(bytes);
        } catch (LogFormatException e) {
            assertThat(e).hasMessageNotContaining("\0");
        }
    }

    @FuzzTest
    void checkpoint(final byte[] bytes) {
        try {
            final Checkpoint checkpoint = Checkpoint.parse(bytes);
            assertThat(checkpoint.note().text())
                    .startsWith(checkpoint.origin() + "\n" + checkpoint.size() + "\n"
                            + checkpoint.rootHash().base64() + "\n");
            assertThat(checkpoint.note().verify(List.of(Logs.KEY.verifierKey())).holds())
                    .isFalse();
        } catch (LogFormatException e) {
            assertThat(e).hasMessageNotContaining("\0");
        }
    }

    @FuzzTest
    void succession(final byte[] bytes) {
        KeySuccession.parse(bytes).ifPresent(succession -> {
            assertThat(succession.entry()).isEqualTo(bytes);
            assertThat(succession.isBy(Logs.KEY.verifierKey())).isFalse();
        });
    }

    @FuzzTest
    void verifierKey(final FuzzedDataProvider data) {
        final String vkey = data.consumeRemainingAsString();
        try {
            assertThat(VerifierKey.parse(vkey)).hasToString(vkey);
        } catch (LogFormatException e) {
            assertThat(e).hasMessageNotContaining("null");
        }
    }

    @FuzzTest
    void keyFile(final byte[] bytes) throws IOException {
        final Path file = Files.write(folder.resolve("log.key"), bytes);
        try {
            final SigningKey key = SigningKey.load(file);
            assertThat(new String(key.bytes(), UTF_8).strip()).isEqualTo(new String(bytes, UTF_8).strip());
        } catch (LogFormatException e) {
            assertThat(e).hasMessageNotContaining("null");
        }
    }

    @FuzzTest
    void days(final byte[] bytes) throws IOException {
        final Path directory = Files.createDirectories(folder.resolve("days"));
        Files.write(directory.resolve(WitnessedDays.FILE), bytes);
        try {
            assertThat(WitnessedDays.read(new LogFiles(directory)).bytes()).isEqualTo(bytes);
        } catch (LogFormatException e) {
            assertThat(e).hasMessageContaining(" ");
        }
    }

    @FuzzTest
    void identity(final byte[] bytes) {
        try {
            assertThat(LogIdentity.parse(bytes).bytes()).isEqualTo(bytes);
        } catch (LogFormatException e) {
            assertThat(e).hasMessageContaining(" ");
        }
    }

    @FuzzTest
    void tombstones(final byte[] bytes) {
        try {
            final Tombstones tombstones = Tombstones.parse(bytes);
            assertThat(tombstones.bytes()).isEqualTo(bytes);
            assertThat(tombstones.check(
                            LogIdentity.of(Logs.KEY.verifierKey()),
                            Long.MAX_VALUE,
                            List.of(),
                            List.of(Logs.KEY.verifierKey())))
                    .isNotEmpty();
            tombstones
                    .all()
                    .forEach(tombstone -> assertThat(tombstone.describe()).contains("since"));
        } catch (LogFormatException e) {
            assertThat(e).hasMessageContaining(" ");
        }
    }

    @FuzzTest
    void bundle(final FuzzedDataProvider data) {
        final int width = data.consumeInt(1, LogPath.FULL);
        final boolean exact = data.consumeBoolean();
        final byte[] bytes = data.consumeRemainingAsBytes();
        EntryBundle bundle;
        try {
            bundle = EntryBundle.parse(bytes, width, exact);
            assertThat(bundle.width()).isEqualTo(width);
        } catch (EntryBundle.Broken e) {
            bundle = e.readable();
            assertThat(bundle.width()).isLessThanOrEqualTo(width);
            assertThat(e.entry()).isBetween(0, width - 1);
        }
        final byte[] readable = bundle.bytes();
        assertThat(Arrays.copyOf(bytes, readable.length)).isEqualTo(readable);
        for (int i = 0; i < bundle.width(); i++) {
            assertThat(bundle.leafHash(i)).isEqualTo(MerkleTree.leafHash(bundle.entry(i)));
        }
    }

    @FuzzTest
    void journal(final byte[] bytes) throws IOException {
        long end = -1;
        int at = 0;
        for (final Journal.Commit commit : Journal.parse(bytes)) {
            assertThat(end < 0 || commit.first() == end).isTrue();
            end = commit.checkpoint().size();
            assertThat(commit.entries()).hasSize((int) (end - commit.first()));
            final ByteArrayOutputStream record = new ByteArrayOutputStream();
            Journal.encode(commit, ByteBuffer.allocate(64), part -> {
                final byte[] taken = new byte[part.remaining()];
                part.get(taken);
                record.writeBytes(taken);
            });
            assertThat(record.size()).isEqualTo((int) Journal.length(commit));
            final int written = Journal.HEAD
                    + commit.checkpoint().note().bytes().length
                    + commit.entries().stream()
                            .mapToInt(entry -> EntryBundle.LENGTH_BYTES + entry.length)
                            .sum(); // what fills it up to a page may be anything
            assertThat(Arrays.copyOfRange(bytes, at, at + written))
                    .isEqualTo(Arrays.copyOf(record.toByteArray(), written));
            at += record.size();
        }
    }

    @FuzzTest
    void proof(final FuzzedDataProvider data) {
        final long first = data.consumeLong(-1, MOST_LEAVES);
        final long second = data.consumeLong(-1, MOST_LEAVES);
        final List<Hash> path = new ArrayList<>();
        while (data.remainingBytes() >= Hash.LENGTH) {
            path.add(Hash.of(data.consumeBytes(Hash.LENGTH)));
        }
        final Hash one = MerkleTree.leafHash(new byte[] {1});
        final Hash other = MerkleTree.leafHash(new byte[] {2});
        assertThat(new InclusionProof(first, second, path).verify(one, other)).isFalse();
        assertThat(new ConsistencyProof(first, second, path).verify(one, other)).isFalse();
    }

    /** Any file of a log, tiles among them, with other content: the verifier finds it and never throws. */
    @FuzzTest
    void fileOfALog(final FuzzedDataProvider data) throws IOException {
        final Path file = data.pickValue(Logs.files(log).stream()
                .filter(path -> !path.endsWith(LogFiles.LOCK))
                .toList());
        final byte[] before = Files.readAllBytes(file);
        final int at = data.consumeInt(0, before.length);
        final byte[] after = concat(before, at, data.consumeRemainingAsBytes());
        Files.write(file, after);
        final VerificationReport report = Logs.verify(log);
        Files.write(file, before);
        assertThat(report.holds()).as("%s", report.findings()).isEqualTo(Arrays.equals(before, after));
    }

    /** The head up to {@code at}, then the tail: cut, overwritten or grown. */
    private static byte[] concat(final byte[] head, final int at, final byte[] tail) {
        final byte[] all = Arrays.copyOf(head, at + tail.length);
        System.arraycopy(tail, 0, all, at, tail.length);
        return all;
    }
}
