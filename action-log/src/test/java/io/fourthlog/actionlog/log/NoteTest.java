package io.fourthlog.actionlog.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds notes and keys against the examples of C2SP signed-note and of Go's sumdb/note. */
class NoteTest {

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
    void theCosignedMessageIsThatOfTheSpecification() {
        final String body = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

        assertThat(new String(VerifierKey.cosigned(body, 1_679_315_147), UTF_8))
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
}
