package io.fourthlog.actionlog.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProofTest {

    @TempDir
    Path folder;

    @Test
    void allProofsOfSmallTreesVerifyAndWrongOnesDoNot() throws Exception {
        final List<Hash> leaves = new ArrayList<>();
        for (int size = 1; size <= 33; size++) {
            leaves.add(MerkleTree.leafHash(Logs.entry(size - 1)));
            final Hash root = Logs.grow(folder, size).rootHash();
            assertThat(root).isEqualTo(MerkleTreeTest.definition(leaves));
            final LogReader reader = LogReader.open(folder);
            for (int index = 0; index < size; index++) {
                assertInclusion(reader.inclusionProof(index), leaves, root);
            }
            for (int from = 0; from <= size; from++) {
                assertConsistency(
                        reader.consistencyProof(from), MerkleTreeTest.definition(leaves.subList(0, from)), root);
            }
        }
    }

    @Test
    void proofsOfATreeOfThreeTileLevelsVerify() throws Exception {
        final long size = 65_536 + 256 + 3;
        final Hash root = Logs.grow(folder, 65_000, size).rootHash();
        final LogReader reader = LogReader.open(folder);
        final Random random = new Random(6962);

        assertThat(Logs.verify(folder).findings()).isEmpty();
        for (final long index : LongStream.concat(
                        LongStream.of(0, 255, 256, 65_535, 65_536, size - 1), random.longs(100, 0, size))
                .toArray()) {
            final Hash leaf = MerkleTree.leafHash(Logs.entry(index));
            assertThat(reader.inclusionProof(index).verify(leaf, root)).isTrue();
            assertThat(reader.consistencyProof(index).verify(reader.rootAt(index), root))
                    .isTrue();
        }
    }

    private static void assertInclusion(InclusionProof proof, List<Hash> leaves, Hash root) {
        final int index = (int) proof.index();
        final Hash leaf = leaves.get(index);
        final Hash stranger = MerkleTree.leafHash(Logs.entry(-1));

        assertThat(proof.verify(leaf, root)).isTrue();
        assertThat(proof.verify(stranger, root)).isFalse();
        assertThat(proof.verify(leaf, stranger)).isFalse();
        assertThat(new InclusionProof(proof.treeSize(), proof.treeSize(), proof.path()).verify(leaf, root))
                .isFalse();
        assertThat(new InclusionProof(-1, proof.treeSize(), proof.path()).verify(leaf, root))
                .isFalse();
        for (int other = 0; other < leaves.size(); other++) {
            if (other != index) {
                assertThat(new InclusionProof(other, proof.treeSize(), proof.path()).verify(leaf, root))
                        .isFalse();
            }
        }
        for (final List<Hash> path : wrong(proof.path(), stranger)) {
            assertThat(new InclusionProof(index, proof.treeSize(), path).verify(leaf, root))
                    .isFalse();
        }
    }

    private static void assertConsistency(ConsistencyProof proof, Hash from, Hash to) {
        final Hash stranger = MerkleTree.leafHash(Logs.entry(-1));

        assertThat(proof.verify(from, to)).isTrue();
        assertThat(proof.verify(stranger, to)).isFalse();
        if (proof.fromSize() > 0) {
            assertThat(proof.verify(from, stranger)).isFalse();
        }
        for (final List<Hash> path : wrong(proof.path(), stranger)) {
            assertThat(new ConsistencyProof(proof.fromSize(), proof.toSize(), path).verify(from, to))
                    .isFalse();
        }
    }

    /** Each path with one hash changed, one left out, or one too many. */
    private static List<List<Hash>> wrong(List<Hash> path, Hash stranger) {
        final List<List<Hash>> wrong = new ArrayList<>();
        for (int i = 0; i < path.size(); i++) {
            final List<Hash> changed = new ArrayList<>(path);
            changed.set(i, stranger);
            wrong.add(changed);
            final List<Hash> shorter = new ArrayList<>(path);
            shorter.remove(i);
            wrong.add(shorter);
        }
        final List<Hash> longer = new ArrayList<>(path);
        longer.add(stranger);
        wrong.add(longer);
        return wrong;
    }
}
