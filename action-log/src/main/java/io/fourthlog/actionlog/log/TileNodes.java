package io.fourthlog.actionlog.log;

import java.util.Arrays;

/**
 * The hashes of a tile and all nodes above them within it.
 *
 * <pre>
 * ┌────────────────────┬────────────────────────┬─────┬───────────┐
 * │ height 0: w hashes │ height 1: w / 2 hashes │  …  │ height 8  │   rounded down: only whole subtrees have a node
 * └────────────────────┴────────────────────────┴─────┴───────────┘
 * </pre>
 */
final class TileNodes {

    private final byte[] nodes;
    private final int[] starts = new int[LogPath.TILE_HEIGHT + 1]; // offset of each height

    TileNodes(byte[] tile) {
        final int width = tile.length / Hash.LENGTH;
        nodes = Arrays.copyOf(tile, 2 * tile.length);
        int end = tile.length;
        for (int height = 1; height <= LogPath.TILE_HEIGHT; height++) {
            starts[height] = end;
            for (int i = 0; i < width >> height; i++) {
                MerkleTree.nodeHash(nodes, starts[height - 1] + 2 * i * Hash.LENGTH, end);
                end += Hash.LENGTH;
            }
        }
    }

    /** The node over the hashes from {@code index << height} to the next multiple. */
    Hash node(int height, int index) {
        return Hash.at(nodes, starts[height] + index * Hash.LENGTH);
    }
}
