package io.fourthlog.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The images that {@code make images} wrote: made again, and looked into. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ImagesTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path IMAGES = ROOT.resolve("dist/images");
    private static final JsonMapper JSON = new JsonMapper();

    @TempDir
    private static Path folder = Path.of("");

    private final Map<String, JsonNode> configs = new TreeMap<>();
    private final Map<String, List<String>> layers = new TreeMap<>();

    @BeforeAll
    void unpack() throws IOException, InterruptedException {
        assertThat(IMAGES.resolve("fourthlog.tar")).as("run \"make images\"").isRegularFile();
        final Path archive = Files.createDirectory(folder.resolve("archive"));
        run(archive, Map.of(), "tar", "-xf", IMAGES.resolve("fourthlog.tar").toString());
        for (final JsonNode image :
                JSON.readTree(archive.resolve("manifest.json").toFile())) {
            final String name = image.at("/RepoTags/0").asText().replaceAll(".*/fourthlog-|:.*", "");
            configs.put(
                    name,
                    JSON.readTree(archive.resolve(image.path("Config").asText()).toFile())
                            .path("config"));
            layers.put(
                    name,
                    image.path("Layers")
                            .valueStream()
                            .map(layer -> archive.resolve(layer.asText()).toString())
                            .toList());
        }
    }

    @Test
    void theSameInputsMakeTheSameBytes() throws IOException, InterruptedException {
        final Path again = Files.createDirectory(folder.resolve("again"));
        run(ROOT, Map.of("IMAGES_DIR", again.toString()), "python3", "images/build.py", "fourthlog");
        assertThat(again.resolve("fourthlog.tar")).hasSameBinaryContentAs(IMAGES.resolve("fourthlog.tar"));
        for (final String program : configs.keySet()) {
            final String bill = "fourthlog-" + program + ".cdx.json";
            assertThat(again.resolve(bill)).hasSameBinaryContentAs(IMAGES.resolve(bill));
        }
    }

    @Test
    void onlyTheSensorIsRootAndNoneHasAShell() throws IOException, InterruptedException {
        final Map<String, String> users = new TreeMap<>();
        configs.forEach(
                (program, config) -> users.put(program, config.path("User").asText()));
        assertThat(users).isEqualTo(Map.of("operator", "65532", "sensor", "0", "trail", "65532"));
        for (final String program : configs.keySet()) {
            assertThat(files(program))
                    .contains("opt/java/bin/java")
                    .noneMatch(file -> file.matches("(usr/)?bin/.*|.*/(ba|da|)sh|.*/apt.*"));
        }
    }

    @Test
    void theBillOfMaterialsNamesEveryJarAndWhatTheyRunOn() throws IOException, InterruptedException {
        for (final String program : configs.keySet()) {
            final Path file = IMAGES.resolve("fourthlog-" + program + ".cdx.json");
            final JsonNode bill = JSON.readTree(file.toFile());
            assertThat(bill.path("bomFormat").asText()).isEqualTo("CycloneDX");
            final Set<String> jars = bill.path("components")
                    .valueStream()
                    .map(each -> each.path("name").asText() + "-"
                            + each.path("version").asText())
                    .collect(Collectors.toCollection(TreeSet::new));
            final String own = bill.at("/metadata/component/name").asText() + "-"
                    + bill.at("/metadata/component/version").asText();
            assertThat(files(program).stream()
                            .filter(name -> name.matches("opt/fourthlog/.*\\.jar"))
                            .map(name -> name.replaceAll(".*/|\\.jar$", ""))
                            .filter(jar -> !jar.equals(own) && !jar.equals("fourthlog-jsse"))) // a part of the sensor
                    .isNotEmpty()
                    .allSatisfy(jar -> assertThat(jars).anyMatch(jar::startsWith)); // a classifier may follow
            assertThat(bill.path("components")
                            .valueStream()
                            .map(each -> each.path("name").asText()))
                    .contains("openjdk");
            assertThat(files(program)).contains("usr/share/sbom/fourthlog-" + program + ".cdx.json");
        }
    }

    private List<String> files(final String program) throws IOException, InterruptedException {
        return layers.getOrDefault(program, List.of()).stream()
                .flatMap(layer -> {
                    try {
                        return run(folder, Map.of(), "tar", "-tf", layer).lines();
                    } catch (final IOException | InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .toList();
    }

    private static String run(final Path in, final Map<String, String> environment, final String... command)
            throws IOException, InterruptedException {
        final Path output = Files.createTempFile("images", ".out");
        try {
            final ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(in.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            builder.environment().putAll(environment);
            final int code = builder.start().waitFor();
            final String said = Files.readString(output);
            assertThat(code)
                    .as(Stream.of(command).collect(Collectors.joining(" ")) + ": " + said)
                    .isZero();
            return said;
        } finally {
            Files.delete(output);
        }
    }
}
