package io.fourthlog.actionlog.log;

import java.util.Iterator;
import java.util.List;

/**
 * Shows that one tree is a prefix of another: RFC 6962, section 2.1.2.
 *
 * @param fromSize the size of the smaller tree
 * @param toSize the size of the larger tree
 * @param path the nodes that both roots can be made from
 */
public record ConsistencyProof(long fromSize, long toSize, List<Hash> path) {

    public ConsistencyProof {
        path = List.copyOf(path);
    }

    /** Whether it leads to both of these roots: RFC 9162, section 2.1.4.2. Every tree continues the empty one. */
    public boolean verify(Hash fromRoot, Hash toRoot) {
        if (fromSize < 0 || fromSize > toSize) {
            return false;
        }
        if (fromSize == 0) {
            return path.isEmpty() && fromRoot.equals(MerkleTree.emptyRoot());
        }
        if (fromSize == toSize) {
            return path.isEmpty() && fromRoot.equals(toRoot);
        }
        final Iterator<Hash> hashes = path.iterator();
        Hash first;
        if (Long.bitCount(fromSize) == 1) {
            first = fromRoot;
        } else if (hashes.hasNext()) {
            first = hashes.next();
        } else {
            return false;
        }
        final int skipped = Long.numberOfTrailingZeros(fromSize);
        long node = (fromSize - 1) >> skipped;
        long last = (toSize - 1) >> skipped;
        Hash second = first;
        while (hashes.hasNext()) {
            final Hash next = hashes.next();
            if (last == 0) {
                return false;
            }
            if ((node & 1) == 1 || node == last) {
                first = MerkleTree.nodeHash(next, first);
                second = MerkleTree.nodeHash(next, second);
                while ((node & 1) == 0 && node != 0) {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                second = MerkleTree.nodeHash(second, next);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && first.equals(fromRoot) && second.equals(toRoot);
    }
}
