package io.fourthlog.trail.timestamp;

import io.fourthlog.actionlog.log.Checkpoint;
import io.fourthlog.actionlog.log.Finding;
import io.fourthlog.actionlog.log.Hash;
import io.fourthlog.actionlog.log.LogFormatException;
import io.fourthlog.trail.folder.NumberedFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the timestamps of a trail say of each log, each token checked once. Whether a log is what was stamped, whoever has the log
 * finds out.
 */
public final class Timestamps {

    private final NumberedFiles folder;
    private final Map<String, List<Stamp>> stamps = new HashMap<>();
    private final List<Finding> findings = new ArrayList<>();

    private Timestamps(NumberedFiles folder) {
        this.folder = folder;
    }

    /**
     * A checkpoint of a log that an authority stamped.
     *
     * @param number of the timestamp
     * @param index of the checkpoint in it
     */
    public record Stamp(int number, int index, long size, Hash root, Token.Stated token) {}

    /**
     * Reads and checks all that are in a folder.
     *
     * @param trusted authorities; may be none
     */
    public static Timestamps read(NumberedFiles folder, Collection<X509Certificate> trusted) throws IOException {
        final Timestamps timestamps = new Timestamps(folder);
        for (final int number : folder.numbers()) {
            timestamps.add(number, trusted);
        }
        timestamps.stamps.values().forEach(each -> each.sort(Comparator.comparingLong(Stamp::size)));
        return timestamps;
    }

    private void add(int number, Collection<X509Certificate> trusted) throws IOException {
        try {
            final Timestamp timestamp = Timestamp.parse(folder.read(number));
            final Token.Stated stated =
                    Token.verify(timestamp.der(), timestamp.statement().getBytes(StandardCharsets.UTF_8), trusted);
            for (int i = 0; i < timestamp.checkpoints().size(); i++) {
                final Checkpoint checkpoint =
                        Timestamp.checkpoint(timestamp.checkpoints().get(i));
                stamps.computeIfAbsent(checkpoint.origin(), origin -> new ArrayList<>())
                        .add(new Stamp(number, i, checkpoint.size(), checkpoint.rootHash(), stated));
            }
        } catch (LogFormatException | TokenException e) {
            findings.add(
                    new Finding(Finding.Kind.TIMESTAMP, null, folder.name(number), String.valueOf(e.getMessage())));
        }
    }

    /** What was stamped of a log, the smallest tree first. */
    public List<Stamp> of(String origin) {
        return List.copyOf(stamps.getOrDefault(origin, List.of()));
    }

    /** The logs of which something was stamped. */
    public Set<String> origins() {
        return Set.copyOf(stamps.keySet());
    }

    /** The first stamp of a tree of a log that has this leaf. */
    public Optional<Stamp> firstOver(String origin, long leaf) {
        return stamps.getOrDefault(origin, List.of()).stream()
                .filter(stamp -> stamp.size() > leaf)
                .findFirst();
    }

    /** The name of the file that a stamp is in. */
    public String file(Stamp stamp) {
        return folder.name(stamp.number());
    }

    /** The timestamp that a stamp is of. */
    public Timestamp timestamp(Stamp stamp) throws IOException, TokenException {
        return Timestamp.parse(folder.read(stamp.number()));
    }

    /** Files that are none, or whose token does not hold. */
    public List<Finding> findings() {
        return List.copyOf(findings);
    }
}
