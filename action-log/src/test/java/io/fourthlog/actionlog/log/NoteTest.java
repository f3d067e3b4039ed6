package io.fourthlog.actionlog.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds notes and keys against the examples of C2SP signed-note and of Go's sumdb/note. */
class NoteTest {

    /** What stands before the key in its SubjectPublicKeyInfo: RFC 9881. */
    private static final byte[] ML_DSA_44_INFO =
            HexFormat.of().parseHex("30820532300b06096086480165030403110382052100");

    private static final String SPEC_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    private static final String SPEC_NOTE = """
            This is an example message.

            — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
            """;

    private static final String GO_PRIVATE_KEY =
            "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    private static final String GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    private static final String GO_NOTE = """
            If you think cryptography is the answer to your problem,
            then you don't know what your problem is.

            — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
            """;

    @Test
    void theExampleOfTheSpecificationVerifies() throws Exception {
        final VerifierKey key = VerifierKey.parse(SPEC_KEY);

        assertThat(Note.parse(SPEC_NOTE).verify(List.of(key)).holds()).isTrue();
        assertThat(key).hasToString(SPEC_KEY);
        assertThat(Note.parse(SPEC_NOTE)).hasToString(SPEC_NOTE);
    }

    @Test
    void aKeyFileOfGoSignsLikeGo(@TempDir Path folder) throws Exception {
        final Path file = folder.resolve("key");
        Files.writeString(file, GO_PRIVATE_KEY + "\n");
        final SigningKey key = SigningKey.load(file);
        final String text = Note.parse(GO_NOTE).text();

        assertThat(key.verifierKey()).hasToString(GO_KEY);
        assertThat(new Note(text, List.of(key.sign(text)))).hasToString(GO_NOTE);
    }

    @Test
    void aStoredKeyIsTheOwnersAloneAndLoadsAgain(@TempDir Path folder) throws Exception {
        final Path file = folder.resolve("key");
        final SigningKey key = SigningKey.generateWitness("witness.example/1");
        key.store(file);

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(SigningKey.load(file).verifierKey()).isEqualTo(key.verifierKey());
        assertThatThrownBy(() -> key.store(file)).isInstanceOf(FileAlreadyExistsException.class);
        assertThat(key.toString())
                .doesNotContain(Files.readString(file).substring("PRIVATE+KEY+witness.example/1+01234567+".length()));
    }

    @Test
    void anotherTextDoesNotVerify() throws Exception {
        final Note other = Note.parse(SPEC_NOTE.replace("example message", "Example message"));

        assertThat(other.verify(List.of(VerifierKey.parse(SPEC_KEY))).holds()).isFalse();
        assertThat(other.verify(List.of(VerifierKey.parse(SPEC_KEY))).invalid()).hasSize(1);
    }

    @Test
    void signaturesOfUnknownKeysAreIgnored() throws Exception {
        final Note note = Note.parse(SPEC_NOTE)
                .withSignature(SigningKey.generate("example.com/foo").sign("another"));

        assertThat(note.verify(List.of(VerifierKey.parse(SPEC_KEY))).holds()).isTrue();
        assertThat(note.verify(List.of()).holds()).isFalse();
    }

    @Test
    void aCosignatureIsOverItsTime() throws Exception {
        final SigningKey log = SigningKey.generate("log.example");
        final SigningKey witness = SigningKey.generateWitness("witness.example");
        final Checkpoint checkpoint = Checkpoint.sign(log, 0, MerkleTree.emptyRoot());
        final NoteSignature cosignature =
                witness.cosign(checkpoint.note().text(), Instant.ofEpochSecond(1_700_000_000));
        final byte[] later = cosignature.signature();
        later[7]++;

        assertThat(checkpoint
                        .note()
                        .withSignature(cosignature)
                        .verify(List.of(witness.verifierKey()))
                        .holds())
                .isTrue();
        assertThat(checkpoint
                        .note()
                        .withSignature(new NoteSignature(cosignature.keyName(), cosignature.keyId(), later))
                        .verify(List.of(witness.verifierKey()))
                        .invalid())
                .containsExactly(witness.verifierKey());
    }

    @Test
    void anMlDsaCosignatureIsThatOfTheSpecificationAndOfAnotherImplementation() throws Exception {
        final String body = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        final SigningKey witness = SigningKey.generateMlDsaWitness("witness.example.com/w1");
        final NoteSignature cosignature = witness.cosign(body, Instant.ofEpochSecond(1_679_315_147));
        final byte[] vkey =
                Base64.getDecoder().decode(witness.verifierKey().toString().split("\\+", 3)[2]);
        final byte[] message = concat(
                "subtree/v1\n\0".getBytes(UTF_8),
                new byte[] {22},
                "witness.example.com/w1".getBytes(UTF_8),
                ByteBuffer.allocate(8).putLong(1_679_315_147).array(),
                new byte[] {27},
                "example.com/behind-the-sofa".getBytes(UTF_8),
                ByteBuffer.allocate(16).putLong(0).putLong(20_852_163).array(),
                Base64.getDecoder().decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="));
        final Signature jdk = Signature.getInstance("ML-DSA-44");
        jdk.initVerify(KeyFactory.getInstance("ML-DSA")
                .generatePublic(
                        new X509EncodedKeySpec(concat(ML_DSA_44_INFO, Arrays.copyOfRange(vkey, 1, vkey.length)))));
        jdk.update(message);

        assertThat(vkey).hasSize(1 + 1_312).startsWith(6);
        assertThat(jdk.verify(Arrays.copyOfRange(cosignature.signature(), 8, 8 + 2_420)))
                .isTrue();
        assertThat(cosignature.cosignedAt()).isEqualTo(Instant.ofEpochSecond(1_679_315_147));
        assertThat(witness.verifierKey().verifies(body, cosignature)).isTrue();
        assertThat(VerifierKey.parse(witness.verifierKey().toString()).verifies(body, cosignature))
                .isTrue();
        assertThat(witness.verifierKey().verifies(body.replace("163", "164"), cosignature))
                .isFalse();
        assertThat(witness.verifierKey().verifies("no checkpoint\n", cosignature))
                .isFalse();
    }

    @Test
    void anMlDsaKeyIsReadBackFromItsFile(@TempDir Path folder) throws Exception {
        final SigningKey key = SigningKey.generateMlDsaWitness("witness.example");
        key.store(folder.resolve("key"));

        assertThat(SigningKey.load(folder.resolve("key")).verifierKey()).isEqualTo(key.verifierKey());
    }

    @Test
    void aNameThatDoesNotFitIntoAnMlDsaCosignatureIsRefused() {
        final SigningKey witness = SigningKey.generateMlDsaWitness("witness.example");

        assertThatThrownBy(() -> witness.cosign(
                        "o".repeat(256) + "\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", Instant.EPOCH))
                .isInstanceOf(LogFormatException.class)
                .hasMessageContaining("255 bytes");
    }

    private static byte[] concat(byte[]... parts) {
        final ByteArrayOutputStream all = new ByteArrayOutputStream();
        List.of(parts).forEach(all::writeBytes);
        return all.toByteArray();
    }

    @Test
    void theCosignedMessageIsThatOfTheSpecification() throws Exception {
        final VerifierKey key =
                SigningKey.generateWitness("witness.example.com/w1").verifierKey();
        final String body = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

        assertThat(new String(key.cosigned(body, 1_679_315_147), UTF_8))
                .isEqualTo("cosignature/v1\ntime 1679315147\n" + body);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "text",
                "text\n",
                "text\n\n",
                "text\n\n— name\n",
                "text\n\n— name AAAAAA==",
                "text\n\nname AAAAAAAA\n",
                "text\n\n— name AAAAAAB=\n",
                "text\n\n— na+me AAAAAAAA\n",
                "text\n\n—  AAAAAAAA\n",
                "te\txt\n\n— name AAAAAAAA\n",
                "text\n\n— name AAAAAAAA\n\n",
                "text\n\n— name AAAAAAAA\n— name\n"
            })
    void whatIsNoNoteIsRefused(String text) {
        assertThatThrownBy(() -> Note.parse(text)).isInstanceOf(LogFormatException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "example.com/foo",
                "example.com/foo+530d903a",
                "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                "example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
                "example com+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
            })
    void whatIsNoVerifierKeyIsRefused(String text) {
        assertThatThrownBy(() -> VerifierKey.parse(text)).isInstanceOf(LogFormatException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "origin\n5\n",
                "origin\n05\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
                "origin\n-5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
                "origin\n9223372036854775808\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
                "origin\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n",
                "origin\n5\n47DEQpj8HBSa\n",
                "\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
                "origin\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\nextension\n"
            })
    void whatIsNoCheckpointIsRefused(String text) throws IOException {
        final Note note = new Note(text, List.of(SigningKey.generate("origin").sign(text)));

        assertThatThrownBy(() -> Checkpoint.parse(note)).isInstanceOf(LogFormatException.class);
    }

    @Test
    void aNameHasNothingThatCannotBeSeen() {
        assertThat(VerifierKey.isName("demo.support.node-1@pci-12mo")).isTrue();
        assertThat(List.of(
                        "",
                        "a+b",
                        "a b",
                        "a\nb",
                        "a\u001Bb",
                        "a\u007Fb",
                        "a\u0085b",
                        "a\u009Bb",
                        "a\u202Eb",
                        "a\u2028b"))
                .noneMatch(VerifierKey::isName);
    }
}
