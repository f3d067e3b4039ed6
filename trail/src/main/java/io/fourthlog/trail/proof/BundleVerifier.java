package io.fourthlog.trail.proof;

import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.event.PartFingerprint;
import io.fourthlog.actionlog.event.SealedEvent;
import io.fourthlog.actionlog.log.Checkpoint;
import io.fourthlog.actionlog.log.ConsistencyProof;
import io.fourthlog.actionlog.log.Hash;
import io.fourthlog.actionlog.log.InclusionProof;
import io.fourthlog.actionlog.log.KeySuccession;
import io.fourthlog.actionlog.log.LogFormatException;
import io.fourthlog.actionlog.log.MerkleTree;
import io.fourthlog.actionlog.log.Note;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.trail.incident.Document;
import io.fourthlog.trail.incident.Document.Likeness;
import io.fourthlog.trail.timestamp.Timestamp;
import io.fourthlog.trail.timestamp.Token;
import io.fourthlog.trail.timestamp.TokenException;
import java.io.Serial;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks an evidence bundle from its own bytes, as docs/verify/README.md says. Keys that the user gives are trusted; without
 * any, those that stand in the bundle are, which proves that it is whole, but not whose it is.
 */
public final class BundleVerifier {

    private static final int MAX_HASHES = 63; // of a proof: no tree is higher

    private final EvidenceBundle bundle;
    private final List<VerifierKey> given;
    private final List<X509Certificate> authorities;
    private final Optional<Document> document;
    private final List<String> findings = new ArrayList<>();
    private final Map<String, BundleVerdict.ProvenLog> logs = new HashMap<>();
    private boolean pinned = true;

    /** Something in the bundle does not hold. */
    static final class NotProvenException extends Exception {

        @Serial
        private static final long serialVersionUID = 1;

        NotProvenException(String message) {
            super(message);
        }
    }

    private BundleVerifier(
            EvidenceBundle bundle,
            List<VerifierKey> given,
            List<X509Certificate> authorities,
            Optional<Document> document) {
        this.bundle = bundle;
        this.given = List.copyOf(given);
        this.authorities = List.copyOf(authorities);
        this.document = document;
    }

    /**
     * Verifies a bundle.
     *
     * @param given keys of logs and of witnesses; may be none
     * @param authorities who has to have certified the authorities of timestamps; may be none
     * @param document the document, if whoever asks has it
     */
    public static BundleVerdict verify(
            EvidenceBundle bundle,
            List<VerifierKey> given,
            List<X509Certificate> authorities,
            Optional<Document> document) {
        return new BundleVerifier(bundle, given, authorities, document).verify();
    }

    private BundleVerdict verify() {
        document.ifPresent(this::sameDocument);
        for (int i = 0; i < bundle.logs().size(); i++) {
            log("logs[" + i + "]", bundle.logs().get(i));
        }
        final List<BundleVerdict.Proven> events = leaves("events", bundle.events(), true);
        final List<BundleVerdict.Proven> gaps = leaves("gaps", bundle.gaps(), false);
        return new BundleVerdict(List.copyOf(logs.values()), events, gaps, pinned, findings);
    }

    private void sameDocument(Document held) {
        if (!held.digests().agree(bundle.document())) {
            findings.add("document: it is not about " + held.name());
        }
    }

    private void log(String place, EvidenceBundle.Log log) {
        try {
            final Checkpoint checkpoint = Checkpoint.parse(Note.parse(log.checkpoint()));
            if (!checkpoint.origin().equals(log.origin())) {
                throw new NotProvenException("the checkpoint is of " + checkpoint.origin());
            }
            final Set<VerifierKey> trusted = trusted(log);
            handOver(log.successions(), log.origin(), checkpoint.size(), trusted);
            final Note.Verification signatures = checkpoint.note().verify(trusted);
            if (signatures.valid().stream().noneMatch(key -> isOf(log.origin(), key))) {
                throw new NotProvenException("no trusted key of the log has signed the checkpoint");
            }
            for (final VerifierKey key : trusted) {
                if (key.type().isCosignature() && !signatures.valid().contains(key)) {
                    throw new NotProvenException("the checkpoint is not signed by " + key);
                }
            }
            if (!signatures.invalid().isEmpty()) {
                throw new NotProvenException(
                        "a signature of " + signatures.invalid().getFirst() + " is wrong");
            }
            final Optional<Instant> cosigned = checkpoint.note().cosignedAt(signatures.valid());
            final BundleVerdict.ProvenLog proven = new BundleVerdict.ProvenLog(
                    checkpoint, signatures.valid(), cosigned, stamps(place, log, checkpoint));
            if (logs.putIfAbsent(log.origin(), proven) != null) {
                throw new NotProvenException("the log stands in the bundle twice");
            }
        } catch (LogFormatException | NotProvenException e) {
            findings.add(place + ", " + log.origin() + ": " + e.getMessage());
        }
    }

    private List<BundleVerdict.Stamp> stamps(String place, EvidenceBundle.Log log, Checkpoint checkpoint) {
        final List<BundleVerdict.Stamp> stamps = new ArrayList<>();
        for (int i = 0; i < log.timestamps().size(); i++) {
            try {
                stamps.add(stamp(log.timestamps().get(i), checkpoint));
            } catch (LogFormatException | TokenException | NotProvenException e) {
                findings.add(place + ".timestamps[" + i + "]: " + e.getMessage());
            }
        }
        stamps.sort(Comparator.comparingLong(BundleVerdict.Stamp::size));
        return stamps;
    }

    private BundleVerdict.Stamp stamp(EvidenceBundle.Stamped stamped, Checkpoint of)
            throws LogFormatException, TokenException, NotProvenException {
        final Checkpoint at = Timestamp.checkpoint(stamped.checkpoint());
        final Checkpoint statement = Timestamp.checkpoint(stamped.statement());
        if (!at.origin().equals(of.origin()) || !statement.origin().equals(Timestamp.ORIGIN)) {
            throw new NotProvenException("it is not of this log");
        }
        if (!new ConsistencyProof(at.size(), of.size(), hashes(stamped.consistency()))
                .verify(at.rootHash(), of.rootHash())) {
            throw new NotProvenException("the log does not continue what was stamped");
        }
        if (!new InclusionProof(stamped.index(), statement.size(), hashes(stamped.path()))
                .verify(
                        MerkleTree.leafHash(stamped.checkpoint().getBytes(StandardCharsets.UTF_8)),
                        statement.rootHash())) {
            throw new NotProvenException("the log's checkpoint is not in what was stamped");
        }
        return new BundleVerdict.Stamp(
                at.size(),
                Token.verify(
                        Timestamp.der(stamped.token()),
                        stamped.statement().getBytes(StandardCharsets.UTF_8),
                        authorities));
    }

    static List<Hash> hashes(List<String> base64) throws LogFormatException, NotProvenException {
        if (base64.size() > MAX_HASHES) {
            throw new NotProvenException("a proof has at most " + MAX_HASHES + " hashes");
        }
        final List<Hash> hashes = new ArrayList<>();
        for (final String hash : base64) {
            hashes.add(Hash.fromBase64(hash));
        }
        return hashes;
    }

    /** A given key of a log speaks for that log only; a given key of a witness, for all. */
    private Set<VerifierKey> trusted(EvidenceBundle.Log log) throws LogFormatException {
        final Set<VerifierKey> trusted = new LinkedHashSet<>();
        given.stream()
                .filter(key -> isOf(log.origin(), key) || key.type().isCosignature())
                .forEach(trusted::add);
        final boolean anyLog = given.stream().anyMatch(key -> !key.type().isCosignature());
        final boolean anyWitness = given.stream().anyMatch(key -> key.type().isCosignature());
        pinned &= anyLog;
        for (final String vkey : log.vkeys()) {
            final VerifierKey stated = VerifierKey.parse(vkey);
            if (stated.type().isCosignature() ? !anyWitness : !anyLog && isOf(log.origin(), stated)) {
                trusted.add(stated);
            }
        }
        return trusted;
    }

    /** A trusted key vouches for the one that it handed over to, and does not sign any more for what came after. */
    static void handOver(List<String> successions, String origin, long size, Set<VerifierKey> trusted)
            throws NotProvenException {
        for (final String note : successions) {
            final KeySuccession succession = KeySuccession.parse(note.getBytes(StandardCharsets.UTF_8))
                    .orElseThrow(() -> new NotProvenException("one of its successions is none"));
            final Optional<VerifierKey> old =
                    trusted.stream().filter(succession::isBy).findFirst();
            if (old.isPresent() && succession.at().origin().equals(origin)) {
                trusted.add(succession.next());
                if (size > succession.index() + 1) {
                    trusted.remove(old.get());
                }
            }
        }
    }

    static boolean isOf(String log, VerifierKey key) {
        return !key.type().isCosignature() && key.name().equals(log);
    }

    private List<BundleVerdict.Proven> leaves(String name, List<EvidenceBundle.Leaf> leaves, boolean matching) {
        final List<BundleVerdict.Proven> proven = new ArrayList<>();
        for (int i = 0; i < leaves.size(); i++) {
            final String place = name + "[" + i + "]";
            final EvidenceBundle.Leaf leaf = leaves.get(i);
            try {
                proven.add(leaf(place, leaf));
                if (matching == leaf.matches().isEmpty()) {
                    findings.add(place
                            + (matching ? ": the document was recognised nowhere in it" : ": a gap has no matches"));
                }
            } catch (LogFormatException | EventFormatException | NotProvenException e) {
                findings.add(place + ": " + e.getMessage());
            }
        }
        return proven;
    }

    private BundleVerdict.Proven leaf(String place, EvidenceBundle.Leaf leaf)
            throws LogFormatException, EventFormatException, NotProvenException {
        final BundleVerdict.ProvenLog log = logs.get(leaf.log());
        if (log == null) {
            throw new NotProvenException("no checkpoint of " + leaf.log() + " holds");
        }
        final List<Hash> path = hashes(leaf.proof());
        final byte[] entry = leaf.entry().getBytes(StandardCharsets.UTF_8);
        final Checkpoint checkpoint = log.checkpoint();
        if (!new InclusionProof(leaf.index(), checkpoint.size(), path)
                .verify(MerkleTree.leafHash(entry), checkpoint.rootHash())) {
            throw new NotProvenException("the entry is not leaf " + leaf.index() + " of " + leaf.log());
        }
        final Event event = event(leaf, entry);
        final List<BundleVerdict.ProvenMatch> matches = new ArrayList<>();
        for (final EvidenceBundle.Match match : leaf.matches()) {
            final BundleVerdict.ProvenMatch proven = match(event, match);
            if (proven == null) {
                findings.add(place + ": " + match.field() + " is not the document (" + match.likeness() + ")");
            } else {
                matches.add(proven);
            }
        }
        return new BundleVerdict.Proven(leaf.log(), leaf.index(), path.size(), event, matches);
    }

    private static Event event(EvidenceBundle.Leaf leaf, byte[] entry) throws EventFormatException, NotProvenException {
        final EvidenceBundle.Opened opened = leaf.opened();
        if (SealedEvent.looksSealed(entry)) {
            if (opened == null) {
                throw new NotProvenException("the entry is sealed, and the bundle does not say what is in it");
            }
            try {
                return SealedEvent.parse(entry)
                        .requireOpens(
                                opened.event().getBytes(StandardCharsets.UTF_8),
                                Base64.getDecoder().decode(opened.salt()));
            } catch (IllegalArgumentException e) {
                throw new NotProvenException("the salt is not base64");
            }
        }
        final Event event = EventCodec.decode(entry);
        if (opened != null || !Arrays.equals(EventCodec.encode(event), entry)) {
            throw new NotProvenException("the entry is no event in canonical form");
        }
        return event;
    }

    /** {@code null} when the place is not what the bundle says it is. */
    private BundleVerdict.@Nullable ProvenMatch match(Event event, EvidenceBundle.Match match) {
        final Sighting.Whole whole = Sighting.whole(event);
        if (whole != null && whole.field().equals(match.field())) {
            return match.likeness().equals("exact") && bundle.document().has(whole.hash())
                    ? proven(match, whole.part(), true)
                    : null;
        }
        final List<PartFingerprint> parts = Sighting.parts(event);
        for (int i = 0; i < parts.size(); i++) {
            if (match.field().equals(Sighting.pointer(i))) {
                return match(parts.get(i), match);
            }
        }
        return null;
    }

    private BundleVerdict.@Nullable ProvenMatch match(PartFingerprint part, EvidenceBundle.Match match) {
        final boolean holds = switch (match.likeness()) {
            case "exact" ->
                bundle.document().has(part.sha256()) || bundle.document().has(part.keyedHash());
            case "normalized" ->
                part.normalizedSha256() != null
                        && part.normalizedSha256().equals(bundle.document().normalizedSha256());
            case "excerpt" -> part.winnow() != null;
            default -> false;
        };
        if (!holds || !match.likeness().equals("excerpt")) {
            return holds ? proven(match, part.part(), true) : null;
        }
        return switch (document.map(held -> held.compare(part)).orElse(new Likeness.Unknown("no document was given"))) {
            case Likeness.Excerpt excerpt -> proven(match, part.part(), true);
            case Likeness.Unknown unknown -> proven(match, part.part(), false);
            case Likeness.Exact exact -> null;
            case Likeness.Normalized normalized -> null;
            case Likeness.None none -> null;
        };
    }

    private static BundleVerdict.ProvenMatch proven(EvidenceBundle.Match match, String part, boolean proven) {
        return new BundleVerdict.ProvenMatch(match.field(), part, Sighting.roleOf(part), match.likeness(), proven);
    }
}
