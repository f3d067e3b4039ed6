package io.fourthlog.actionlog.log;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The hashes of a Merkle tree: RFC 6962, section 2.1, with SHA-256. */
public final class MerkleTree {

    private static final byte LEAF = 0x00;
    private static final byte NODE = 0x01;

    /** To get one from its provider takes as long as to hash a node with it. */
    private static final ThreadLocal<MessageDigest> DIGESTS = ThreadLocal.withInitial(MerkleTree::newSha256);

    private MerkleTree() {}

    /** The root of the tree without leaves. */
    public static Hash emptyRoot() {
        return Hash.owning(sha256().digest());
    }

    /** The hash of a leaf: SHA-256(0x00 ‖ entry). */
    public static Hash leafHash(byte[] entry) {
        return leafHash(entry, 0, entry.length);
    }

    static Hash leafHash(byte[] bytes, int offset, int length) {
        final MessageDigest digest = sha256();
        digest.update(LEAF);
        digest.update(bytes, offset, length);
        return Hash.owning(digest.digest());
    }

    /** The hash of an inner node: SHA-256(0x01 ‖ left ‖ right). */
    public static Hash nodeHash(Hash left, Hash right) {
        final byte[] node = new byte[1 + 2 * Hash.LENGTH];
        node[0] = NODE;
        left.copyTo(node, 1);
        right.copyTo(node, 1 + Hash.LENGTH);
        return Hash.owning(sha256().digest(node));
    }

    /** Hashes the two nodes that stand one after the other at {@code offset}, to 32 bytes at {@code target}. */
    static void nodeHash(byte[] nodes, int offset, int target) {
        final MessageDigest digest = sha256();
        digest.update(NODE);
        digest.update(nodes, offset, 2 * Hash.LENGTH);
        try {
            digest.digest(nodes, target, Hash.LENGTH);
        } catch (DigestException e) {
            throw new IllegalArgumentException("no room for a hash at " + target, e);
        }
    }

    /** This thread's digest, as new: every use has to end with {@code digest}. */
    static MessageDigest sha256() {
        return DIGESTS.get();
    }

    private static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
