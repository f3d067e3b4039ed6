package io.fourthlog.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fourthlog redact} as it is laid out in {@code dist}: one command to users, a program with a class path of its own. */
final class RedactTest {

    private static final Path FOURTHLOG = Path.of("..", "dist", "bin", "fourthlog");

    @TempDir
    private Path folder;

    private record Ran(int code, String out) {}

    private Ran run(Path program, String input, String... arguments) throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        final Path in = Files.writeString(folder.resolve("in"), input);
        final Path out = folder.resolve("out");
        final int code = new ProcessBuilder(command)
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectErrorStream(true)
                .start()
                .waitFor();
        return new Ran(code, Files.readString(out, StandardCharsets.UTF_8));
    }

    @Test
    void aMailAddressACardAndATokenAreFound() throws Exception {
        final Ran ran = run(FOURTHLOG, """
                {"id":"mail","text":"write to jane.doe@example.com today"}
                {"id":"row","text":"id,name,card\\n7,Ada Lovelace,4111111111111111\\n"}
                {"id":"token","text":"export GH=ghp_16C7e42F292c6912E7710c838347Ae178B4a"}
                {"id":"none","text":"nothing to see"}
                """, "redact");

        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.out().lines())
                .satisfiesExactly(
                        line -> assertThat(line)
                                .startsWith(
                                        "{\"id\":\"mail\",\"findings\":[{\"tag\":\"PII:email\",\"start\":9,\"end\":29}]"),
                        line -> assertThat(line)
                                .startsWith(
                                        "{\"id\":\"row\",\"findings\":[{\"tag\":\"PCI:pan\",\"start\":28,\"end\":44}]"),
                        line -> assertThat(line)
                                .startsWith(
                                        "{\"id\":\"token\",\"findings\":[{\"tag\":\"secret:github\",\"start\":10,\"end\":50}]"),
                        line -> assertThat(line).startsWith("{\"id\":\"none\",\"findings\":[]"));
    }

    @Test
    void whereNothingIsFoundTheExitCodeIs0AndWhatIsNoLineIs2() throws Exception {
        assertThat(run(FOURTHLOG, "{\"text\":\"nothing to see\"}", "redact").code())
                .isZero();
        assertThat(run(FOURTHLOG, "nothing", "redact").code()).isEqualTo(2);
    }

    @Test
    void itIsListedAndHasHelp() throws Exception {
        assertThat(run(FOURTHLOG, "", "--help").out()).containsPattern("\n  redact +\\S");
        assertThat(run(FOURTHLOG, "", "redact", "--help").out()).startsWith("Usage: fourthlog redact");
        assertThat(run(FOURTHLOG, "", "help", "redact")).isEqualTo(run(FOURTHLOG, "", "redact", "--help"));
        assertThat(run(FOURTHLOG, "", "help", "trace").out()).startsWith("Usage: fourthlog trace");
    }

    @Test
    void aLinkToTheCommandIsTheCommand() throws Exception {
        final Path link = Files.createSymbolicLink(folder.resolve("f"), FOURTHLOG.toAbsolutePath());

        assertThat(run(link, "", "redact", "--help").out()).startsWith("Usage: fourthlog redact");
    }
}
