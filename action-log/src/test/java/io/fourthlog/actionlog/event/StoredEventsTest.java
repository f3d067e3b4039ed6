package io.fourthlog.actionlog.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Events as each version of the schema has stored them, one file for each: they are read for ever, to the same bytes. A file is
 * never changed; the one of a new version is written by the first run, and committed.
 */
final class StoredEventsTest {

    private static final Path STORED = Path.of("src/test/resources/io/fourthlog/actionlog/event/stored");
    private static final int OF_EACH_TYPE = 5;
    private static final int MAX_LENGTH = 4_000; // bytes of an event, so that the file can be read

    static List<Integer> versions() {
        final List<Integer> versions = new ArrayList<>();
        for (int version = 1; version <= Header.SCHEMA_VERSION; version++) {
            versions.add(version);
        }
        return versions;
    }

    @ParameterizedTest
    @MethodSource("versions")
    void whatAVersionStoredIsReadToTheSameBytes(int version) throws Exception {
        final Path file = STORED.resolve("v" + version + ".jsonl");
        if (version == Header.SCHEMA_VERSION && !Files.exists(file)) {
            write(file);
            throw new AssertionError(file + " was missing and has been written: look at it, and commit it");
        }
        final List<EventType> types = new ArrayList<>();
        for (final String line : Files.readAllLines(file)) {
            final byte[] stored = line.getBytes(StandardCharsets.UTF_8);
            final Event event = EventCodec.decode(stored);
            assertThat(event.header().schemaVersion()).isEqualTo(version);
            assertThat(EventCodec.encode(event)).isEqualTo(stored);
            types.add(event.type());
        }
        assertThat(types).contains(EventType.values()).hasSizeGreaterThanOrEqualTo(OF_EACH_TYPE);
    }

    private static void write(Path file) throws IOException {
        final List<String> lines = new ArrayList<>();
        final Random random = new Random(Header.SCHEMA_VERSION);
        for (final EventType type : EventType.values()) {
            int made = 0;
            while (made < OF_EACH_TYPE) {
                final Event event = Events.event(random);
                final byte[] bytes = EventCodec.encode(event);
                if (event.type() == type
                        && bytes.length < MAX_LENGTH
                        && event.header().schemaVersion() == Header.SCHEMA_VERSION) {
                    lines.add(new String(bytes, StandardCharsets.UTF_8));
                    made++;
                }
            }
        }
        Files.createDirectories(file.getParent());
        Files.write(file, lines);
    }
}
