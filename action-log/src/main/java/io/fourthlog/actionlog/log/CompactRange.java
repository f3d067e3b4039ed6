package io.fourthlog.actionlog.log;

import java.util.ArrayList;
import java.util.List;

/**
 * The roots of the perfect subtrees that a tree of some size consists of, from the left to the right: all that is needed
 * to append to the tree and to know its root. At most 63 hashes, one for each bit of the size.
 *
 * <p>After the compact ranges of Google's Trillian; the visitor sees each perfect subtree once, when it is complete.
 */
public final class CompactRange {

    /** Sees each node as it comes into being. */
    @FunctionalInterface
    public interface NodeVisitor {

        /** The root of the perfect subtree over the leaves from {@code index << height} to the next multiple. */
        void node(int height, long index, Hash hash);
    }

    private final List<Hash> roots;
    private long size;

    /** The range of the empty tree. */
    public CompactRange() {
        this(0, List.of());
    }

    /** The range of a tree of {@code size} leaves with these roots, from the left to the right. */
    CompactRange(long size, List<Hash> roots) {
        if (roots.size() != Long.bitCount(size)) {
            throw new IllegalArgumentException("a tree of size " + size + " has " + Long.bitCount(size)
                    + " perfect subtrees, not " + roots.size());
        }
        this.size = size;
        this.roots = new ArrayList<>(roots);
    }

    /** The range of a tree of which each level's partial tile has these hashes. */
    static CompactRange ofEdge(long size, List<byte[]> tiles) {
        final List<Hash> roots = new ArrayList<>();
        for (int level = tiles.size() - 1; level >= 0; level--) {
            final TileNodes nodes = new TileNodes(tiles.get(level));
            final int width = tiles.get(level).length / Hash.LENGTH;
            int start = 0;
            for (int height = LogPath.TILE_HEIGHT - 1; height >= 0; height--) {
                if ((width >> height & 1) == 1) {
                    roots.add(nodes.node(height, start >> height));
                    start += 1 << height;
                }
            }
        }
        return new CompactRange(size, roots);
    }

    CompactRange copy() {
        return new CompactRange(size, roots);
    }

    /** How many leaves there are. */
    public long size() {
        return size;
    }

    /** Appends a leaf. */
    public void append(Hash leaf, NodeVisitor visitor) {
        Hash hash = leaf;
        int height = 0;
        visitor.node(height, size, hash);
        while ((size >> height & 1) == 1) {
            hash = MerkleTree.nodeHash(roots.removeLast(), hash);
            height++;
            visitor.node(height, size >> height, hash);
        }
        roots.add(hash);
        size++;
    }

    /** Appends a leaf. */
    public void append(Hash leaf) {
        append(leaf, (height, index, hash) -> {});
    }

    /** The root of the tree. */
    public Hash root() {
        if (size == 0) {
            return MerkleTree.emptyRoot();
        }
        Hash root = roots.getLast();
        for (int i = roots.size() - 2; i >= 0; i--) {
            root = MerkleTree.nodeHash(roots.get(i), root);
        }
        return root;
    }
}
