package io.fourthlog.actionlog.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;

/** The tree of a log at one size, as its tiles on disk have it: gives nodes, roots and proofs. For one thread. */
final class TreeTiles {

    private static final int CACHED_TILES =
            512; // 16 KiB each; all above the leaves' of a log of 20 million leaves, and more

    private final LogFiles files;
    private final long size;
    private final LinkedHashMap<LogPath, TileNodes> cache = new LinkedHashMap<>(16, 0.75f, true);

    TreeTiles(LogFiles files, long size) {
        this.files = files;
        this.size = size;
    }

    /** The compact range of the first {@code prefix} leaves. */
    CompactRange range(long prefix) throws IOException {
        final List<Hash> roots = new ArrayList<>();
        long start = 0;
        for (int height = Long.SIZE - 2; height >= 0; height--) {
            if ((prefix >> height & 1) == 1) {
                roots.add(node(height, start >> height));
                start += 1L << height;
            }
        }
        return new CompactRange(prefix, roots);
    }

    /** What shows that another tree, of no more leaves, is not the beginning of this one; empty if it is. */
    Optional<Contradiction.Fork> fork(Checkpoint other) throws IOException {
        final Hash root = range(other.size()).root();
        return root.equals(other.rootHash())
                ? Optional.empty()
                : Optional.of(new Contradiction.Fork(root, consistency(other.size())));
    }

    /** Of the tile of each level that leaf {@code index} would come into, the hashes that come before it. */
    List<byte[]> edge(long index) throws IOException {
        final List<byte[]> edge = new ArrayList<>();
        for (int level = 0; LogPath.hashes(level, index) > 0; level++) {
            final LogPath at = LogPath.last(level, index);
            edge.add(
                    at.width() == 0
                            ? new byte[0]
                            : Arrays.copyOf(
                                    files.tile(LogPath.inTree(level, at.index(), size)), at.width() * Hash.LENGTH));
        }
        return edge;
    }

    InclusionProof inclusion(long index) throws IOException {
        final List<Hash> path = new ArrayList<>();
        long start = 0;
        long end = size;
        while (end - start > 1) {
            final long middle = start + largestPowerBelow(end - start);
            if (index < middle) {
                path.addFirst(subtree(middle, end));
                end = middle;
            } else {
                path.addFirst(subtree(start, middle));
                start = middle;
            }
        }
        return new InclusionProof(index, size, path);
    }

    ConsistencyProof consistency(long from) throws IOException {
        final List<Hash> path = new ArrayList<>();
        long start = 0;
        long end = size;
        while (from != end && from != 0) {
            final long middle = start + largestPowerBelow(end - start);
            if (from <= middle) {
                path.addFirst(subtree(middle, end));
                end = middle;
            } else {
                path.addFirst(subtree(start, middle));
                start = middle;
            }
        }
        if (start > 0) {
            path.addFirst(subtree(start, end));
        }
        return new ConsistencyProof(from, size, path);
    }

    /** The root over the leaves from {@code start} to {@code end}, as the recursion of RFC 6962 cuts them. */
    private Hash subtree(long start, long end) throws IOException {
        final long length = end - start;
        if (Long.bitCount(length) == 1) {
            final int height = Long.numberOfTrailingZeros(length);
            return node(height, start >> height);
        }
        final long middle = start + largestPowerBelow(length);
        return MerkleTree.nodeHash(subtree(start, middle), subtree(middle, end));
    }

    private static long largestPowerBelow(long length) {
        return Long.highestOneBit(length - 1);
    }

    private Hash node(int height, long index) throws IOException {
        final int level = height / LogPath.TILE_HEIGHT;
        final int above = height % LogPath.TILE_HEIGHT;
        final long first = index << above;
        return tile(level, first / LogPath.FULL).node(above, (int) (first % LogPath.FULL) >> above);
    }

    private TileNodes tile(int level, long index) throws IOException {
        final LogPath path = LogPath.inTree(level, index, size);
        final TileNodes cached = cache.get(path);
        if (cached != null) {
            return cached;
        }
        final TileNodes tile = new TileNodes(files.tile(path));
        if (cache.size() == CACHED_TILES) {
            cache.pollFirstEntry(); // the one that was not used for the longest time
        }
        cache.put(path, tile);
        return tile;
    }
}
