package io.fourthlog.actionlog.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Holds the hashes against the vectors of certificate-transparency and against the definition in RFC 6962. */
class MerkleTreeTest {

    /** The leaves of certificate-transparency-go's and Trillian's reference tree. */
    private static final List<String> LEAVES =
            List.of("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f");

    private static final List<String> ROOTS = List.of(
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");

    @Test
    void theRootsAreThoseOfTheReferenceTree() {
        final CompactRange range = new CompactRange();
        assertThat(range.root().hex()).isEqualTo(ROOTS.getFirst());
        for (int size = 1; size <= LEAVES.size(); size++) {
            range.append(MerkleTree.leafHash(HexFormat.of().parseHex(LEAVES.get(size - 1))));
            assertThat(range.root().hex()).isEqualTo(ROOTS.get(size));
        }
    }

    @Property(tries = 200)
    void aCompactRangeHasTheRootOfTheRecursiveDefinition(@ForAll @Size(max = 300) List<byte[]> entries) {
        final CompactRange range = new CompactRange();
        final List<Hash> leaves = new ArrayList<>();
        for (final byte[] entry : entries) {
            range.append(MerkleTree.leafHash(entry));
            leaves.add(MerkleTree.leafHash(entry));
        }

        assertThat(range.root()).isEqualTo(definition(leaves));
        assertThat(range.size()).isEqualTo(entries.size());
    }

    @Property(tries = 50)
    void theVisitorSeesEachPerfectSubtreeOnceWithItsRoot(@ForAll @Size(max = 100) List<byte[]> entries) {
        final List<Hash> leaves = entries.stream().map(MerkleTree::leafHash).toList();
        final List<String> seen = new ArrayList<>();
        final CompactRange range = new CompactRange();

        leaves.forEach(leaf -> range.append(leaf, (height, index, hash) -> {
            final int first = (int) index << height;
            assertThat(hash).isEqualTo(definition(leaves.subList(first, first + (1 << height))));
            seen.add(height + "/" + index);
        }));

        assertThat(seen).doesNotHaveDuplicates().hasSize(perfectSubtrees(leaves.size()));
    }

    private static int perfectSubtrees(int size) {
        int count = 0;
        for (int height = 0; size >> height > 0; height++) {
            count += size >> height;
        }
        return count;
    }

    /** MTH of RFC 6962, section 2.1, word by word. */
    static Hash definition(List<Hash> leaves) {
        return switch (leaves.size()) {
            case 0 -> MerkleTree.emptyRoot();
            case 1 -> leaves.getFirst();
            default -> {
                final int k = Integer.highestOneBit(leaves.size() - 1);
                yield MerkleTree.nodeHash(
                        definition(leaves.subList(0, k)), definition(leaves.subList(k, leaves.size())));
            }
        };
    }
}
