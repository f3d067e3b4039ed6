package io.fourthlog.trail.proof;

import io.fourthlog.actionlog.log.Checkpoint;
import io.fourthlog.actionlog.log.ConsistencyProof;
import io.fourthlog.actionlog.log.Contradiction;
import io.fourthlog.actionlog.log.Hash;
import io.fourthlog.actionlog.log.LogFormatException;
import io.fourthlog.actionlog.log.Note;
import io.fourthlog.actionlog.log.VerifierKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a log was caught in, for somebody who has one of its keys and nothing else. A {@code fork} proves that keys of the log signed two
 * trees of one size; {@code entries} is kept to look into, and proves nothing by itself. The file format is docs/verify/README.md.
 *
 * @param format {@link #FORMAT}
 * @param kind {@code fork} or {@code entries}
 * @param message for people
 * @param detected RFC 3339 UTC; said, not proven
 * @param presentedBy who came with what was offered; said, not proven
 * @param log the origin
 * @param vkeys of the keys that signed the two notes
 * @param successions how the log's keys handed over, from its first on
 * @param held the note that the witness, or a reader's copy, holds
 * @param offered the note that contradicts it
 * @param root in base64: of as many of the first leaves of the tree of {@code held} as {@code offered} has; {@code null} if it is no fork
 * @param consistency hashes in base64, from that tree to that of {@code held}: RFC 6962, section 2.1.2
 */
public record Equivocation(
        String format,
        String kind,
        String message,
        String detected,
        String presentedBy,
        String log,
        List<String> vkeys,
        List<String> successions,
        String held,
        String offered,
        @Nullable String root,
        List<String> consistency)
        implements Evidence {

    /** The one version that there is. */
    public static final String FORMAT = "fourthlog-equivocation/1";

    public Equivocation {
        if (!FORMAT.equals(format)) {
            throw new IllegalArgumentException("format is \"" + format + "\", and should be \"" + FORMAT + "\"");
        }
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(message, "message");
        Objects.requireNonNull(detected, "detected");
        Objects.requireNonNull(presentedBy, "presented_by");
        Objects.requireNonNull(log, "log");
        Objects.requireNonNull(held, "held");
        Objects.requireNonNull(offered, "offered");
        vkeys = List.copyOf(vkeys);
        successions = List.copyOf(successions);
        consistency = List.copyOf(consistency);
    }

    static Equivocation of(Contradiction found, String presentedBy, Instant now) {
        final Optional<Contradiction.Fork> fork = found.fork();
        return new Equivocation(
                FORMAT,
                found.kind(),
                found.message(),
                now.toString(),
                presentedBy,
                found.keys().getFirst().name(),
                found.keys().stream()
                        .filter(key -> Stream.of(found.held(), found.offered())
                                .flatMap(note -> note.signatures().stream())
                                .anyMatch(key::matches))
                        .map(VerifierKey::toString)
                        .toList(),
                found.successions().stream()
                        .map(succession -> succession.at().note().toString())
                        .toList(),
                found.held().toString(),
                found.offered().toString(),
                fork.map(proof -> proof.root().base64()).orElse(null),
                fork.map(proof -> proof.consistency().path().stream()
                                .map(Hash::base64)
                                .toList())
                        .orElse(List.of()));
    }

    /**
     * What is known after it was checked.
     *
     * @param held the checkpoint, if it could be read and a trusted key signed it
     * @param pinned whether the log's key was given by whoever asked, and not read from the file
     * @param findings why it proves nothing
     */
    public record Verdict(
            Optional<Checkpoint> held, Optional<Checkpoint> offered, boolean pinned, List<String> findings) {

        public Verdict {
            findings = List.copyOf(findings);
        }

        /** Whether keys of the log signed two trees of one size. */
        public boolean proven() {
            return findings.isEmpty();
        }
    }

    /**
     * Checks it.
     *
     * @param given keys of logs; without one of the log, those in the file are believed, which shows that it is whole but not whose it is
     */
    public Verdict verify(List<VerifierKey> given) {
        final List<String> findings = new ArrayList<>();
        final boolean pinned = given.stream().anyMatch(key -> !key.type().isCosignature());
        Optional<Checkpoint> before = Optional.empty();
        Optional<Checkpoint> after = Optional.empty();
        try {
            final Set<VerifierKey> trusted = new LinkedHashSet<>();
            for (final VerifierKey key : pinned ? given : stated()) {
                if (BundleVerifier.isOf(log, key)) {
                    trusted.add(key);
                }
            }
            BundleVerifier.handOver(successions, log, 0, trusted);
            before = Optional.of(signed("held", held, trusted));
            after = Optional.of(signed("offered", offered, trusted));
            check(before.get(), after.get());
        } catch (LogFormatException | BundleVerifier.NotProvenException e) {
            findings.add(String.valueOf(e.getMessage()));
        }
        return new Verdict(before, after, pinned, findings);
    }

    private List<VerifierKey> stated() throws LogFormatException {
        final List<VerifierKey> keys = new ArrayList<>();
        for (final String vkey : vkeys) {
            keys.add(VerifierKey.parse(vkey));
        }
        return keys;
    }

    private Checkpoint signed(String place, String note, Set<VerifierKey> trusted)
            throws LogFormatException, BundleVerifier.NotProvenException {
        final Checkpoint checkpoint = Checkpoint.parse(Note.parse(note));
        if (!checkpoint.origin().equals(log)) {
            throw new BundleVerifier.NotProvenException(place + " is of " + checkpoint.origin());
        }
        if (!checkpoint.note().verify(trusted).holds()) {
            throw new BundleVerifier.NotProvenException("no trusted key of the log has signed what is " + place);
        }
        return checkpoint;
    }

    private void check(Checkpoint before, Checkpoint after)
            throws LogFormatException, BundleVerifier.NotProvenException {
        if (root == null) {
            throw new BundleVerifier.NotProvenException(
                    "it does not show two trees of one size: that entries do not lead from one to the other, the notes alone do not prove");
        }
        final Hash there = Hash.fromBase64(root);
        if (!new ConsistencyProof(after.size(), before.size(), BundleVerifier.hashes(consistency))
                .verify(there, before.rootHash())) {
            throw new BundleVerifier.NotProvenException(
                    "the first " + after.size() + " leaves of what is held do not have the root " + there);
        }
        if (there.equals(after.rootHash())) {
            throw new BundleVerifier.NotProvenException("what is held continues what was offered");
        }
    }
}
