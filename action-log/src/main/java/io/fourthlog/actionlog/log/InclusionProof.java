package io.fourthlog.actionlog.log;

import java.util.List;

/**
 * Shows that a leaf is in a tree: RFC 6962, section 2.1.1.
 *
 * @param index the leaf's index
 * @param treeSize the tree's size
 * @param path the hashes beside the way from the leaf to the root, from the bottom to the top
 */
public record InclusionProof(long index, long treeSize, List<Hash> path) {

    public InclusionProof {
        path = List.copyOf(path);
    }

    /** Whether it leads from this leaf to this root: RFC 9162, section 2.1.3.2. */
    public boolean verify(Hash leaf, Hash root) {
        if (index < 0 || index >= treeSize) {
            return false;
        }
        long node = index;
        long last = treeSize - 1;
        Hash hash = leaf;
        for (final Hash sibling : path) {
            if (last == 0) {
                return false;
            }
            if ((node & 1) == 1 || node == last) {
                hash = MerkleTree.nodeHash(sibling, hash);
                while ((node & 1) == 0 && node != 0) {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                hash = MerkleTree.nodeHash(hash, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && hash.equals(root);
    }
}
