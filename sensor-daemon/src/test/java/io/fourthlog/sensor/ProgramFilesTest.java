package io.fourthlog.sensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramFilesTest {
    @TempDir
    private Path folder = Path.of("");

    private Path node = Path.of("");

    @BeforeEach
    void program() throws IOException {
        folder = folder.toRealPath();
        node = file("node", "\u007fELF");
    }

    private Path file(final String name, final String content) throws IOException {
        final Path file = Files.writeString(folder.resolve(name), content);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private List<Path> of(final String command) throws IOException {
        return ProgramFiles.of(command, "/nowhere:" + folder);
    }

    @Test
    void aProgramIsFoundByItsNameOrPathAndThroughLinks() throws IOException {
        Files.createSymbolicLink(folder.resolve("nodejs"), node);
        assertThat(of("node")).containsExactly(node);
        assertThat(of("nodejs")).containsExactly(node);
        assertThat(of(node.toString())).containsExactly(node);
    }

    @Test
    void ofAScriptTheInterpreterAsWell() throws IOException {
        final Path direct = file("direct", "#! " + node + " --flag\nx");
        final Path byEnv = file("by-env", "#!/usr/bin/env -S A=b node --flag\nx");
        final Path ofScript = file("of-script", "#!" + direct);
        assertThat(of("direct")).containsExactly(direct, node);
        assertThat(of("by-env")).containsExactly(byEnv, node);
        assertThat(of("of-script")).containsExactly(ofScript, direct, node);
    }

    @Test
    void whatIsNotThereOrNoProgramIsNone() throws IOException {
        Files.createDirectory(folder.resolve("sub"));
        Files.writeString(folder.resolve("text"), "#!" + node);
        for (final String command : List.of("none", "sub", "text", "/none/node", "")) {
            assertThat(of(command)).as(command).isEmpty();
        }
        final Path round = folder.resolve("round");
        file("round", "#!" + round);
        assertThat(of("round")).containsExactly(round);
        assertThat(of(file("bare", "#!").toString())).hasSize(1);
        assertThat(of(file("only-env", "#!/usr/bin/env").toString())).hasSize(1);
    }
}
