package io.fourthlog.actionlog.log;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The place of a tile or an entry bundle in a log's directory: C2SP tlog-tiles.
 *
 * <pre>
 *   tile/0/x001/234/067        level 0, tile 1234067, full: 256 hashes
 *   tile/1/000.p/17            level 1, tile 0, partial: 17 hashes
 *   tile/entries/003.p/5       entry bundle 3, partial: 5 entries
 * </pre>
 *
 * @param level 0 to 63, or {@link #ENTRIES}
 * @param index the number of the tile within its level
 * @param width how many hashes or entries it has, 1 to {@link #FULL}
 */
record LogPath(int level, long index, int width) {

    static final int ENTRIES = -1;
    static final int FULL = 256; // hashes in a tile, entries in a bundle
    static final int TILE_HEIGHT = 8; // levels of the tree in a tile: 2^8 = 256
    static final int MAX_LEVEL = 63;

    static final String TILES = "tile";

    private static final Pattern PATTERN = Pattern.compile(
            "tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,5}[0-9]{3})" + "(?:\\.p/([1-9][0-9]{0,2}))?");

    /** The tile or bundle of this name, if it is one. */
    static Optional<LogPath> parse(String path) {
        final Matcher matcher = PATTERN.matcher(path);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        final int level = matcher.group(1).equals("entries") ? ENTRIES : Integer.parseInt(matcher.group(1));
        final long index = Long.parseLong(matcher.group(2).replace("x", "").replace("/", ""));
        final int width = matcher.group(3) == null ? FULL : Integer.parseInt(matcher.group(3));
        final LogPath parsed = new LogPath(level, index, width);
        return level <= MAX_LEVEL && parsed.toString().equals(path) ? Optional.of(parsed) : Optional.empty();
    }

    /** The tile or bundle {@code index} as it is in a tree of {@code size} leaves; none of width 0 exists. */
    static LogPath inTree(int level, long index, long size) {
        return new LogPath(level, index, (int) Math.min(FULL, hashes(level, size) - index * FULL));
    }

    /** How many hashes (or entries) a level has in a tree of {@code size} leaves. */
    static long hashes(int level, long size) {
        return size >> shift(level);
    }

    /** The tile of a level that a tree of {@code size} leaves would put its next hash into; its width may be 0. */
    static LogPath last(int level, long size) {
        return inTree(level, hashes(level, size) / FULL, size);
    }

    boolean isEntries() {
        return level == ENTRIES;
    }

    boolean isFull() {
        return width == FULL;
    }

    LogPath full() {
        return new LogPath(level, index, FULL);
    }

    /** How many leaves a tree has at least when this is a part of it. */
    long endOfLeaves() {
        final long end = firstHash() + width;
        return end > Long.MAX_VALUE >> shift(level) ? Long.MAX_VALUE : end << shift(level);
    }

    /** The index of its first hash within the level; for level 0 and entries, of its first leaf. */
    long firstHash() {
        return index * FULL;
    }

    /** The folder of the partial tiles of this one. */
    String partials() {
        return base() + ".p";
    }

    /** The path, relative to the log's directory. */
    @Override
    public String toString() {
        return isFull() ? base() : partials() + "/" + width;
    }

    private String base() {
        final StringBuilder groups = new StringBuilder(group(index));
        for (long rest = index / 1000; rest > 0; rest /= 1000) {
            groups.insert(0, "x" + group(rest) + "/");
        }
        return TILES + "/" + (isEntries() ? "entries" : String.valueOf(level)) + "/" + groups;
    }

    private static int shift(int level) {
        return Math.min(TILE_HEIGHT * Math.max(level, 0), Long.SIZE - 1);
    }

    private static String group(long number) {
        final String digits = String.valueOf(number % 1000);
        return "0".repeat(3 - digits.length()) + digits;
    }
}
