package io.fourthlog.actionlog.log;

import java.util.List;

/**
 * The growing end of a log: what the next leaves go on from.
 *
 * @param range the tree so far
 * @param tiles the hashes of the partial tile of each level, from level 0
 * @param bundle the bytes of the partial entry bundle
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, never changed
record Edge(CompactRange range, List<byte[]> tiles, byte[] bundle) {

    static final Edge EMPTY = new Edge(new CompactRange(), List.of(), new byte[0]);
}
