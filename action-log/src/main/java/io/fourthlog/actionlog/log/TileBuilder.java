package io.fourthlog.actionlog.log;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiConsumer;

/** Makes the tiles of a growing tree: a node whose height is a multiple of 8 is a hash in a tile. */
final class TileBuilder {

    private final CompactRange range;
    private final List<ByteArrayOutputStream> tiles = new ArrayList<>(); // the partial one of each level
    private final List<Boolean> grown = new ArrayList<>(); // whether it has a new hash
    private final BiConsumer<LogPath, byte[]> sink;

    /**
     * @param range the tree so far, which the builder takes over
     * @param edge the hashes of the partial tile of each level, from level 0
     * @param sink takes each tile that gets full, and at the end the partial ones that grew
     */
    TileBuilder(CompactRange range, List<byte[]> edge, BiConsumer<LogPath, byte[]> sink) {
        this.range = range;
        this.sink = sink;
        edge.forEach(hashes -> addLevel().writeBytes(hashes));
    }

    /** One that goes on alone from what this one has, to another sink. */
    TileBuilder copy(BiConsumer<LogPath, byte[]> target) {
        final TileBuilder copy = new TileBuilder(
                range.copy(),
                tiles.stream().map(ByteArrayOutputStream::toByteArray).toList(),
                target);
        Collections.copy(copy.grown, grown);
        return copy;
    }

    CompactRange range() {
        return range;
    }

    void append(Hash leaf) {
        range.append(leaf, this::node);
    }

    /** Hands out the partial tiles that grew, and returns the hashes of the partial tile of each level. */
    List<byte[]> finish() {
        final List<byte[]> edge = new ArrayList<>();
        for (int level = 0; level < tiles.size(); level++) {
            final byte[] hashes = tiles.get(level).toByteArray();
            edge.add(hashes);
            if (hashes.length > 0 && grown.get(level)) {
                sink.accept(LogPath.last(level, range.size()), hashes);
            }
        }
        return edge;
    }

    private void node(int height, long index, Hash hash) {
        if (height % LogPath.TILE_HEIGHT != 0) {
            return;
        }
        final int level = height / LogPath.TILE_HEIGHT;
        final ByteArrayOutputStream tile = level < tiles.size() ? tiles.get(level) : addLevel();
        hash.writeTo(tile);
        grown.set(level, true);
        if (tile.size() == LogPath.FULL * Hash.LENGTH) {
            sink.accept(new LogPath(level, index / LogPath.FULL, LogPath.FULL), tile.toByteArray());
            tile.reset();
        }
    }

    private ByteArrayOutputStream addLevel() {
        tiles.add(new ByteArrayOutputStream(LogPath.FULL * Hash.LENGTH));
        grown.add(false);
        return tiles.getLast();
    }
}
