package io.fourthlog.actionlog.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All tombstones of a log, {@code tombstones.json} beside it, which stays for ever. They are the leaves of a small tree of their own,
 * whose checkpoint is signed: so none can be changed, taken out or put in between without the key, and one signature vouches for all.
 *
 * <pre>{"checkpoint":"cluster.namespace.node@pci-12mo/tombstones\n1\n…","tombstones":[{"first":0,"day":"…","class":"pci-12mo",…}]}</pre>
 *
 * @param signed the checkpoint of the tree of tombstones
 * @param all in the order of the leaves that they speak of, without holes; at least one
 */
record Tombstones(Checkpoint signed, List<Tombstone> all) {

    static final int MAX_LENGTH = PublishedLog.MAX_FILE; // bytes; one a day for some forty years

    private static final String OF_A_LOG = "/tombstones"; // no log's name has a slash
    private static final JsonFactory JSON = new JsonFactory();

    Tombstones {
        all = List.copyOf(all);
    }

    /** Signs; each signer adds its signature of the checkpoint's text. */
    static Tombstones sign(String origin, List<Tombstone> all, List<Signer> signers) throws IOException {
        final String text =
                origin + OF_A_LOG + "\n" + all.size() + "\n" + root(all).base64() + "\n";
        final List<NoteSignature> signatures = new ArrayList<>();
        for (final Signer signer : signers) {
            signatures.add(signer.sign(text));
        }
        return new Tombstones(Checkpoint.parse(new Note(text, signatures)), all);
    }

    /** Signs a checkpoint's text. */
    @FunctionalInterface
    interface Signer {
        NoteSignature sign(String text) throws IOException;
    }

    private static Hash root(List<Tombstone> all) {
        final CompactRange range = new CompactRange();
        all.forEach(tombstone -> range.append(MerkleTree.leafHash(bytes(json -> tombstone.write(json)))));
        return range.root();
    }

    /** How many leaves of the log are gone: those before this index. */
    long pruned() {
        return all.getLast().end();
    }

    /** Whether these are all of the earlier ones, and perhaps more. */
    boolean continues(Tombstones earlier) {
        return all.size() >= earlier.all.size()
                && all.subList(0, earlier.all.size()).equals(earlier.all);
    }

    /**
     * What does not hold about them.
     *
     * @param identity of the log
     * @param size of the log
     * @param witnesses that are trusted, of which one has to have signed; if there is none, {@code logKeys} may have, but only for what
     *     is with the collector
     * @param logKeys the log's keys that are trusted
     */
    List<Finding> check(
            LogIdentity identity, long size, Collection<VerifierKey> witnesses, Collection<VerifierKey> logKeys) {
        if (!signed.origin().equals(identity.origin() + OF_A_LOG)
                || signed.size() != all.size()
                || !signed.rootHash().equals(root(all))) {
            return List.of(wrong(null, "the signed checkpoint is not that of these tombstones"));
        }
        final Note.Verification signatures = signed.note().verify(witnesses.isEmpty() ? logKeys : witnesses);
        if (!signatures.holds()) {
            return List.of(wrong(
                    null,
                    (witnesses.isEmpty() ? "no trusted key" : "no trusted witness") + " has signed that leaves expired"
                            + (witnesses.isEmpty() ? "; trust the witness's as well (--key)" : "")));
        }
        final Set<String> handedOver = identity.successions().stream()
                .map(succession -> succession.at().note().text())
                .collect(Collectors.toSet());
        final List<Finding> findings = new ArrayList<>();
        long first = 0;
        for (final Tombstone tombstone : all) {
            final Optional<Finding> wrong = checkDay(tombstone, first, handedOver, size, witnesses);
            wrong.ifPresent(findings::add);
            if (wrong.isEmpty()
                    && witnesses.isEmpty()
                    && !tombstone.why().retentionClass().equals(Tombstone.SHIPPED)) {
                findings.add(wrong(
                        first, "the log itself says that they expired, and only a witness can: trust its key (--key)"));
            }
            if (wrong.isEmpty() && !witnesses.isEmpty()) {
                checkPeriod(tombstone, identity.origin(), witnesses).ifPresent(findings::add);
            }
            first = tombstone.end();
        }
        if (!witnesses.isEmpty()) {
            final Instant at = cosignedAt(signed.note(), witnesses).orElse(Instant.MIN);
            if (all.getLast().why().expired().isAfter(at)) {
                findings.add(early(all.getLast(), "it was signed before that, at " + at));
            }
        }
        return findings;
    }

    /** A day's end is where a key handed over, and its root the one that this key signed. */
    private static Optional<Finding> checkDay(
            Tombstone tombstone, long first, Set<String> handedOver, long size, Collection<VerifierKey> witnesses) {
        if (tombstone.first() != first || tombstone.end() <= first) {
            return Optional.of(
                    wrong(first, "it speaks of leaves from " + tombstone.first() + " on, and not from " + first));
        }
        if (tombstone.end() >= size) {
            return Optional.of(
                    wrong(first, "it speaks of " + tombstone.end() + " leaves, and the log has " + size + " in all"));
        }
        if (!handedOver.contains(tombstone.day().note().text())) {
            return Optional.of(wrong(
                    first,
                    "no key of the log handed over at leaf " + tombstone.end() + " with the root "
                            + tombstone.day().rootHash()));
        }
        return witnesses.isEmpty() || tombstone.day().note().verify(witnesses).holds()
                ? Optional.empty()
                : Optional.of(
                        wrong(first, "no trusted witness has seen how the key handed over at leaf " + tombstone.end()));
    }

    /** Neither the events nor the witness's sight of the day are younger than the period, nor that shorter than the log's name says. */
    private static Optional<Finding> checkPeriod(
            Tombstone tombstone, String origin, Collection<VerifierKey> witnesses) {
        final Tombstone.Why why = tombstone.why();
        final Optional<RetentionClass> promised = RetentionClass.ofLog(origin);
        if (promised.isPresent() && promised.get().days() > why.keptDays()) {
            return Optional.of(early(
                    tombstone,
                    "they were kept for " + why.keptDays() + " days, and the log is for "
                            + promised.get().days()));
        }
        final Instant seen = cosignedAt(tombstone.day().note(), witnesses)
                .orElse(Instant.MIN)
                .plus(why.keptDays(), ChronoUnit.DAYS);
        final Instant due = why.until().plus(why.keptDays(), ChronoUnit.DAYS);
        final Instant earliest = seen.isAfter(due) ? seen : due;
        return why.expired().isBefore(earliest)
                ? Optional.of(early(tombstone, "they were to be kept until " + earliest))
                : Optional.empty();
    }

    private static Optional<Instant> cosignedAt(Note note, Collection<VerifierKey> witnesses) {
        return note.signatures().stream()
                .filter(signature -> witnesses.stream().anyMatch(key -> key.matches(signature)))
                .map(NoteSignature::cosignedAt)
                .max(Instant::compareTo);
    }

    private static Finding wrong(@Nullable Long leaf, String message) {
        return new Finding(Finding.Kind.TOMBSTONE, leaf, LogFiles.TOMBSTONES, message);
    }

    private static Finding early(Tombstone tombstone, String message) {
        return new Finding(
                Finding.Kind.EXPIRED_EARLY,
                tombstone.first(),
                LogFiles.TOMBSTONES,
                "leaves " + tombstone.first() + " to " + (tombstone.end() - 1) + " expired at "
                        + tombstone.why().expired() + ": " + message);
    }

    /** Reads the bytes that {@link #bytes} writes, and refuses all others. */
    static Tombstones parse(byte[] bytes) throws LogFormatException {
        final Tombstones tombstones;
        try (JsonParser json = JSON.createParser(bytes)) {
            expect(json, JsonToken.START_OBJECT, null);
            expect(json, JsonToken.FIELD_NAME, "checkpoint");
            expect(json, JsonToken.VALUE_STRING, null);
            final Checkpoint signed = Checkpoint.parse(Note.parse(json.getText().getBytes(StandardCharsets.UTF_8)));
            expect(json, JsonToken.FIELD_NAME, "tombstones");
            expect(json, JsonToken.START_ARRAY, null);
            final List<Tombstone> all = new ArrayList<>();
            while (json.nextToken() == JsonToken.START_OBJECT) {
                all.add(Tombstone.read(json));
            }
            if (all.isEmpty()) {
                throw new LogFormatException("tombstones.json has no tombstone");
            }
            tombstones = new Tombstones(signed, all);
        } catch (LogFormatException e) {
            throw e;
        } catch (IOException e) {
            throw new LogFormatException("tombstones.json is not JSON: " + e.getMessage());
        }
        if (!Arrays.equals(tombstones.bytes(), bytes)) {
            throw new LogFormatException("tombstones.json is not as it was written");
        }
        return tombstones;
    }

    byte[] bytes() {
        return bytes(json -> {
            json.writeStartObject();
            json.writeStringField("checkpoint", signed.note().toString());
            json.writeArrayFieldStart("tombstones");
            for (final Tombstone tombstone : all) {
                tombstone.write(json);
            }
            json.writeEndArray();
            json.writeEndObject();
            json.writeRaw('\n');
        });
    }

    @FunctionalInterface
    private interface Content {
        void write(JsonGenerator json) throws IOException;
    }

    private static byte[] bytes(Content content) {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            content.write(json);
        } catch (IOException e) {
            throw new UncheckedIOException("a generator into memory does no output", e);
        }
        return out.toByteArray();
    }

    static void expect(JsonParser json, JsonToken token, @Nullable String name) throws IOException {
        if (json.nextToken() != token || (name != null && !name.equals(json.currentName()))) {
            throw new LogFormatException("tombstones.json looks like {\"checkpoint\":…,\"tombstones\":[…]}");
        }
    }
}
