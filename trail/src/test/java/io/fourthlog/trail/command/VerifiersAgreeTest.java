package io.fourthlog.trail.command;

import static io.fourthlog.trail.command.Run.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Evidence of every kind with something in it changed at random: two verifiers that share no code come to the same verdict. */
final class VerifiersAgreeTest {

    private static final Path GOOD =
            Path.of("src/test/resources/io/fourthlog/trail/proof/EvidenceFuzzTestInputs/bundle");
    private static final int CHANGED = 60; // of each kind
    private static final JsonMapper JSON = new JsonMapper();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private static final String MANY = """
            import contextlib, io, sys
            sys.dont_write_bytecode = True
            sys.path.insert(0, "../docs/verify")
            import verify_bundle
            for file in sys.argv[1:]:
                sys.argv = ["verify_bundle.py", file]
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    code = verify_bundle.main()
                print(code)
            """;

    @TempDir
    private Path folder;

    /** A value, in what it stands. */
    private record Place(JsonNode container, String name, int index) {

        JsonNode value() {
            return container.isObject() ? container.get(name) : container.get(index);
        }

        void set(JsonNode value) {
            if (container instanceof ObjectNode object) {
                object.set(name, value);
            } else {
                ((ArrayNode) container).set(index, value);
            }
        }

        void remove() {
            if (container instanceof ObjectNode object) {
                object.remove(name);
            } else {
                ((ArrayNode) container).remove(index);
            }
        }
    }

    @Test
    void ofWhateverIsMadeOfEvidence() throws Exception {
        final Random random = new Random(9162);
        final List<String> files = new ArrayList<>();
        final List<Path> kinds;
        try (Stream<Path> good = Files.list(GOOD)) {
            kinds = good.sorted().toList();
        }
        for (final Path good : kinds) {
            files.add(good.toString());
            for (int i = 0; i < CHANGED; i++) {
                final JsonNode all = JSON.readTree(good.toFile());
                final List<Place> places = new ArrayList<>();
                collect(all, places);
                change(places.get(random.nextInt(places.size())), places, random);
                final Path file = folder.resolve(i + "-" + good.getFileName());
                JSON.writeValue(file.toFile(), all);
                files.add(file.toString());
            }
        }

        final List<String> command = new ArrayList<>(List.of("/usr/bin/python3", "-c", MANY));
        command.addAll(files);
        final Run theirs = Run.process(folder, command);
        assertThat(theirs.err()).isEmpty();
        final List<Integer> codes = theirs.out().lines().map(Integer::valueOf).toList();
        assertThat(codes).hasSameSizeAs(files).contains(0, 1, 2);
        assertThat(IntStream.range(0, files.size())
                        .filter(i -> run("verify", files.get(i)).code() != codes.get(i))
                        .mapToObj(i -> files.get(i) + ", theirs " + codes.get(i) + ": " + content(files.get(i))))
                .isEmpty();
    }

    private static String content(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            return String.valueOf(e);
        }
    }

    private static void collect(JsonNode container, List<Place> places) {
        for (final Map.Entry<String, JsonNode> member : container.properties()) {
            if (member.getKey().equals("token")) {
                continue; // what is in it takes the authority's certificate: TimestampTest
            }
            places.add(new Place(container, member.getKey(), 0));
            collect(member.getValue(), places);
        }
        for (int i = 0; container.isArray() && i < container.size(); i++) {
            places.add(new Place(container, "", i));
            collect(container.get(i), places);
        }
    }

    private static void change(Place place, List<Place> places, Random random) {
        switch (random.nextInt(5)) {
            case 0 -> place.remove();
            case 1 ->
                place.set(places.get(random.nextInt(places.size())).value().deepCopy());
            case 2 -> place.set(NODES.nullNode());
            default -> place.set(other(place.value(), random));
        }
    }

    private static JsonNode other(JsonNode value, Random random) {
        if (value.isTextual()) {
            final StringBuilder text = new StringBuilder(value.textValue());
            final int at = random.nextInt(text.length() + 1);
            switch (random.nextInt(4)) {
                case 0 -> text.delete(at, Math.min(text.length(), at + 1));
                case 1 -> text.insert(at, "\n \u2014=+A0".charAt(random.nextInt(7)));
                case 2 -> text.insert(at, text);
                default -> text.replace(at, Math.min(text.length(), at + 1), "A");
            }
            return NODES.textNode(text.toString());
        }
        return switch (value) {
            case ArrayNode list -> list.deepCopy().addAll(list.deepCopy());
            case ObjectNode object -> object.deepCopy().put("more", 1);
            default -> // of numbers, and of what is null
                List.of(
                                NODES.numberNode(-1),
                                NODES.numberNode(value.asLong() + 1),
                                NODES.numberNode(1L << 62),
                                NODES.numberNode(0.5),
                                NODES.booleanNode(true),
                                NODES.textNode("0"))
                        .get(random.nextInt(6));
        };
    }
}
