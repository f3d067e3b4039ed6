package io.fourthlog.sensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.actionlog.event.ToolInvocation;
import io.fourthlog.actionlog.log.LogReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The demo's recording, told again. */
class ReplayTest {
    private static final Path CAPTURE = Path.of("../demo/capture/helpdesk.capture");

    @TempDir
    private Path folder;

    private String said = "";

    private int replay(final Path capture, final Path out) {
        final StringWriter error = new StringWriter();
        final CommandLine command = SensorMain.commandLine().setErr(new PrintWriter(error));
        final int code = command.execute("replay", capture.toString(), "--out", out.toString());
        said = error.toString();
        return code;
    }

    private static List<Event> events(final Path state) throws IOException, EventFormatException {
        final LogReader log = LogReader.open(state.resolve("log"));
        final List<Event> events = new ArrayList<>();
        for (long i = 0; i < log.size(); i++) {
            events.add(EventCodec.decode(log.entry(i)));
        }
        return events;
    }

    private static <E extends Event> List<E> of(final List<Event> events, final Class<E> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    @Test
    void aRecordingBecomesATrail() throws IOException, EventFormatException {
        assertThat(replay(CAPTURE, folder.resolve("trail"))).as(said).isZero();

        final List<Event> events = events(folder.resolve("trail"));
        final List<ModelInvocation> models = of(events, ModelInvocation.class);
        final ToolInvocation tool = of(events, ToolInvocation.class).getFirst();
        assertThat(models).hasSize(2);
        assertThat(models.getFirst().toolsRequested())
                .singleElement()
                .satisfies(asked -> assertThat(asked.name()).isEqualTo("read_file"));
        assertThat(tool.header().triggeringEventId())
                .isEqualTo(models.getFirst().header().eventId());
        assertThat(models.getLast().header().triggeringEventId())
                .isEqualTo(tool.header().eventId());
        assertThat(models.getLast().inputSensitivity()).contains("PCI:pan", "PII:email");
        assertThat(of(events, DataAccess.class))
                .filteredOn(access -> access.resourceUri().equals("file:///data/customers.csv"))
                .singleElement()
                .satisfies(access -> assertThat(access.byteCount()).isEqualTo(tool.returnSize()))
                .satisfies(access -> assertThat(access.header().triggeringEventId())
                        .isEqualTo(tool.header().eventId()));
        assertThat(of(events, PolicyDecision.class))
                .anyMatch(decision -> "personal-data-to-a-model".equals(decision.ruleFired()));
    }

    @Test
    void noWordOfARecordingIsInItsTrail() throws IOException {
        assertThat(replay(CAPTURE, folder.resolve("trail"))).isZero();

        final List<String> words =
                List.of("Lovelace", "ada.lovelace@example.org", "4111 1111", "sk-proj-", "open cases", "weekly report");
        final String capture = Files.readString(CAPTURE, StandardCharsets.ISO_8859_1);
        assertThat(words).allSatisfy(word -> assertThat(capture).contains(word));
        try (Stream<Path> files = Files.walk(folder)) {
            for (final Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain(words);
            }
        }
    }

    @Test
    void whatIsNoRecordingIsRefusedByName() throws IOException {
        final Path other = Files.writeString(folder.resolve("other"), "GET / HTTP/1.1\r\n");
        assertThat(replay(other, folder.resolve("trail"))).isEqualTo(2);
        assertThat(said).contains(other + " is not a capture");

        final Path cut = folder.resolve("cut");
        final byte[] whole = Files.readAllBytes(CAPTURE);
        Files.write(cut, java.util.Arrays.copyOf(whole, whole.length - 7));
        assertThat(replay(cut, folder.resolve("trail2"))).isEqualTo(2);
        assertThat(said).contains(cut + " ends in the middle of a record");

        assertThat(replay(CAPTURE, folder)).isEqualTo(2);
        assertThat(said).contains("is not empty: name a new folder");
    }
}
