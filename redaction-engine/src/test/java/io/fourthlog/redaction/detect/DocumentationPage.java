package io.fourthlog.redaction.detect;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Writes {@code docs/detectors.md} from what the detectors say about themselves. */
final class DocumentationPage {

    private static final Map<String, String> FAMILIES = Map.of(
            "secret", "Secrets",
            "PII", "Personal data",
            "PCI", "Payment cards",
            "PHI", "Health data");

    private DocumentationPage() {}

    static String text() {
        Map<String, List<Documentation>> byTag = Detectors.builtIn().stream()
                .map(Detector::documentation)
                .collect(Collectors.groupingBy(Documentation::tag, TreeMap::new, Collectors.toList()));
        StringBuilder page = new StringBuilder("""
                # Detectors

                What the redaction engine looks for. A profile enables tags (`PII:email`) or families (`secret:*`). This page is generated from the
                detectors, which a test holds; the families of secrets are data in
                [secrets.rules](../redaction-engine/src/main/resources/io/fourthlog/redaction/detect/secrets.rules). Each format was taken from the place that its
                source column names.

                All of them see through JSON, percent and HTML escapes, base64, base64url and hexadecimal text to a depth of two, the Unicode forms of ASCII
                characters, characters without width, and line breaks inside a token. `filesystem-sensitive` and `network-internal` are resolved from the names of
                files and hosts in parameters, and `unknown:WHY` says that a content was dropped because it could not be looked through.
                """);
        for (String family : List.of("secret", "PII", "PCI", "PHI")) {
            page.append("\n## ").append(FAMILIES.get(family)).append("\n\n");
            page.append("| tag | what | checked by | where | source |\n|---|---|---|---|---|\n");
            byTag.forEach((tag, documentations) -> {
                if (tag.startsWith(family + ":")) {
                    row(page, tag, documentations);
                }
            });
        }
        return page.toString();
    }

    private static void row(StringBuilder page, String tag, List<Documentation> documentations) {
        page.append("| `").append(tag).append("` | ");
        page.append(cell(documentations.stream().map(Documentation::summary), "<br>"))
                .append(" | ");
        page.append(cell(documentations.stream().map(Documentation::validator), "; "))
                .append(" | ");
        page.append(cell(documentations.stream().map(Documentation::locale), ", "))
                .append(" | ");
        page.append(cell(documentations.stream().map(Documentation::source), "<br>"))
                .append(" |\n");
    }

    private static String cell(java.util.stream.Stream<String> texts, String separator) {
        return texts.filter(text -> !text.isEmpty())
                .distinct()
                .collect(Collectors.joining(separator))
                .replace("|", "\\|");
    }
}
