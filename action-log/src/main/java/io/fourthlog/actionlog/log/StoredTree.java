package io.fourthlog.actionlog.log;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The tree that a log's files hold, read back and not taken at its word: each hash is made again of what it is the hash of.
 *
 * @param pruned index of the first leaf that has not expired
 */
record StoredTree(LogFiles files, long pruned) {

    /** The edge of the tree; {@code null} when the files are damaged, or do not lead to this root. */
    @Nullable
    Edge edge(long size, @Nullable Hash root) throws IOException {
        try {
            final CompactRange range = new TreeTiles(files, size).range(size);
            if (root != null && !range.root().equals(root)) {
                return null;
            }
            final List<byte[]> tiles = new ArrayList<>();
            for (int level = 0; LogPath.hashes(level, size) > 0; level++) {
                final LogPath path = LogPath.last(level, size);
                tiles.add(path.width() == 0 ? new byte[0] : files.tile(path));
            }
            return new Edge(range, tiles, size % LogPath.FULL == 0 ? new byte[0] : lastBundle(size, tiles.getFirst()));
        } catch (LogFormatException | EntryBundle.Broken | NoSuchFileException e) {
            return null; // torn: the caller rebuilds from the entries, or says that it cannot
        }
    }

    /** The partial entry bundle, checked against the partial tile beside it. */
    private byte[] lastBundle(long size, byte[] hashes) throws IOException {
        final LogPath path = LogPath.last(LogPath.ENTRIES, size);
        final EntryBundle bundle = files.bundle(path);
        for (int i = 0; i < bundle.width(); i++) {
            final boolean expired = path.firstHash() + i < pruned;
            if (!expired && !bundle.leafHash(i).isAt(hashes, i * Hash.LENGTH)) {
                throw new LogFormatException(path + " does not match its tile");
            }
        }
        return bundle.bytes();
    }

    /** Each tile that is missing or wrong, as it has to be; the entries have been seen to lead to the signed root. */
    Map<LogPath, byte[]> tornTiles(Checkpoint trusted) throws IOException {
        if (!walkEntries(trusted, (path, hashes) -> {}).equals(trusted.rootHash())) {
            throw corrupt(trusted, "its entries do not lead to the signed root");
        }
        final Map<LogPath, byte[]> torn = new HashMap<>();
        walkEntries(trusted, (path, hashes) -> {
            if (!files.holds(path, hashes)) {
                torn.put(path, hashes);
            }
        });
        return torn;
    }

    /** Makes the tree of all entries, and returns its root. */
    private Hash walkEntries(Checkpoint trusted, BiConsumer<LogPath, byte[]> sink) throws IOException {
        final TreeTiles kept = new TreeTiles(files, trusted.size());
        final TileBuilder tiles = new TileBuilder(kept.range(pruned), kept.edge(pruned), sink);
        for (long index = pruned / LogPath.FULL; index * LogPath.FULL < trusted.size(); index++) {
            final LogPath path = LogPath.inTree(LogPath.ENTRIES, index, trusted.size());
            try {
                final EntryBundle bundle = files.bundle(path);
                for (int i = (int) Math.max(0, pruned - path.firstHash()); i < bundle.width(); i++) {
                    tiles.append(bundle.leafHash(i));
                }
            } catch (NoSuchFileException e) {
                throw corrupt(trusted, path + " is missing");
            } catch (LogFormatException | EntryBundle.Broken e) {
                throw corrupt(trusted, path + ": " + e.getMessage());
            }
        }
        tiles.finish();
        return tiles.range().root();
    }

    LogCorruptException corrupt(Checkpoint trusted, String reason) {
        return new LogCorruptException(files.directory() + " contradicts its checkpoint of size " + trusted.size()
                + ": " + reason + "; verify it, and keep it as evidence");
    }
}
