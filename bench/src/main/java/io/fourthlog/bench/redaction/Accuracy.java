package io.fourthlog.bench.redaction;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fourthlog.redaction.Finding;
import io.fourthlog.redaction.Findings;
import io.fourthlog.redaction.Hmac;
import io.fourthlog.redaction.Plaintext;
import io.fourthlog.redaction.Profile;
import io.fourthlog.redaction.RedactionEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Scores the built-in profile on a labelled corpus, see {@code bench/accuracy/generate.py}: a case counts as found when a finding of its
 * label lies over its value, and as a false alarm of every other label that was found in it.
 */
final class Accuracy {

    /** Tags of each label. */
    private static final Map<String, List<String>> TAGS = new LinkedHashMap<>();

    static {
        TAGS.put("card", List.of("PCI:pan"));
        TAGS.put("iban", List.of("PII:iban"));
        TAGS.put("email", List.of("PII:email"));
        TAGS.put("ssn", List.of("PII:us-ssn"));
        TAGS.put("ip", List.of("PII:ip"));
        TAGS.put("phone", List.of("PII:phone"));
        TAGS.put(
                "national-id",
                List.of(
                        "PII:es-",
                        "PII:br-",
                        "PII:in-",
                        "PII:uk-",
                        "PII:fr-",
                        "PII:ca-",
                        "PII:sg-",
                        "PII:de-",
                        "PII:it-",
                        "PII:au-",
                        "PII:il-",
                        "PII:nl-",
                        "PII:pl-",
                        "PII:se-",
                        "PII:fi-",
                        "PII:ch-",
                        "PII:cn-",
                        "PII:kr-",
                        "PII:th-",
                        "PII:us-itin",
                        "PII:us-ein",
                        "PII:national-id"));
        TAGS.put("date-of-birth", List.of("PII:date-of-birth"));
        TAGS.put("health", List.of("PHI:"));
        TAGS.put("secret", List.of("secret:"));
        TAGS.put("person", List.of("PII:person"));
        TAGS.put("address", List.of("PII:address"));
    }

    /** How well a label is found. */
    record Score(int cases, int found, int falseAlarms) {

        double precision() {
            return found + falseAlarms == 0 ? 1 : (double) found / (found + falseAlarms);
        }

        double recall() {
            return cases == 0 ? 1 : (double) found / cases;
        }

        double f(double beta) {
            double weighted = beta * beta * precision() + recall();
            return weighted == 0 ? 0 : (1 + beta * beta) * precision() * recall() / weighted;
        }
    }

    /** Scores by label, and what went wrong. */
    record Report(
            Map<String, Score> scores, int negatives, int flagged, int hidden, int hiddenFound, List<String> misses) {

        /** Everything that is about people, but names and addresses, which are reported alone. */
        Score pii() {
            int cases = 0;
            int found = 0;
            int falseAlarms = 0;
            for (String label :
                    List.of("card", "iban", "email", "ssn", "ip", "phone", "national-id", "date-of-birth", "health")) {
                Score score = scores.getOrDefault(label, new Score(0, 0, 0));
                cases += score.cases();
                found += score.found();
                falseAlarms += score.falseAlarms();
            }
            return new Score(cases, found, falseAlarms);
        }

        double flaggedNegatives() {
            return negatives == 0 ? 0 : (double) flagged / negatives;
        }
    }

    private Accuracy() {}

    public static void main(String[] args) throws IOException {
        Report report = score(Files.readString(Path.of(args[0])));
        List<String> figures = new ArrayList<>();
        System.out.printf(
                Locale.ROOT, "%-14s %6s %9s %7s %6s %6s%n", "label", "cases", "precision", "recall", "F1", "F2");
        Map<String, Score> all = new LinkedHashMap<>(report.scores());
        all.put("PII overall", report.pii());
        all.forEach((label, score) -> {
            System.out.printf(
                    Locale.ROOT,
                    "%-14s %6d %9.3f %7.3f %6.3f %6.3f%n",
                    label,
                    score.cases(),
                    score.precision(),
                    score.recall(),
                    score.f(1),
                    score.f(2));
            String id = "redaction.accuracy."
                    + label.toLowerCase(Locale.ROOT).replace(' ', '_').replace('-', '_');
            figures.add(String.format(Locale.ROOT, "%s.precision %.4f", id, score.precision()));
            figures.add(String.format(Locale.ROOT, "%s.recall %.4f", id, score.recall()));
            figures.add(String.format(Locale.ROOT, "%s.f2 %.4f", id, score.f(2)));
        });
        System.out.printf(Locale.ROOT, "hidden: %d of %d found%n", report.hiddenFound(), report.hidden());
        System.out.printf(
                Locale.ROOT,
                "hard negatives: %d of %d flagged (%.1f %%)%n",
                report.flagged(),
                report.negatives(),
                100 * report.flaggedNegatives());
        System.out.println(report.misses().size() + " misses and false alarms:");
        report.misses().forEach(System.out::println);
        figures.add(String.format(Locale.ROOT, "redaction.accuracy.flagged_negatives %.4f", report.flaggedNegatives()));
        if (args.length > 1) {
            Files.write(Path.of(args[1]), figures);
        }
    }

    static Report score(String corpus) throws IOException {
        ObjectMapper json = new ObjectMapper();
        RedactionEngine engine =
                RedactionEngine.create(Profile.builtin(), Hmac.of("bench", new byte[Hmac.MIN_KEY_LENGTH]));
        Map<String, int[]> counts = new LinkedHashMap<>(); // cases, found, false alarms
        TAGS.keySet().forEach(label -> counts.put(label, new int[3]));
        List<String> misses = new ArrayList<>();
        int negatives = 0;
        int flagged = 0;
        int hidden = 0;
        int hiddenFound = 0;
        for (String line : corpus.lines().toList()) {
            JsonNode node = json.readTree(line);
            String label = node.get("label").asText();
            String text = node.get("text").asText();
            String value = node.get("value").asText();
            List<Finding> findings = findings(engine, text);
            if (label.equals("hidden")) {
                hidden++;
                hiddenFound += findings.isEmpty() ? 0 : 1;
                if (findings.isEmpty()) {
                    misses.add("hidden missed: " + text);
                }
                continue;
            }
            if (label.equals("none")) {
                negatives++;
                flagged += findings.isEmpty() ? 0 : 1;
            } else {
                boolean found = isFound(findings, tags(label), text, value);
                count(counts, label)[0]++;
                count(counts, label)[1] += found ? 1 : 0;
                if (!found) {
                    misses.add(label + " missed: " + text + "   found: " + findings);
                }
            }
            for (Map.Entry<String, int[]> other : counts.entrySet()) {
                boolean alarm = !other.getKey().equals(label)
                        && findings.stream().anyMatch(finding -> isOf(finding, tags(other.getKey())));
                other.getValue()[2] += alarm ? 1 : 0;
                if (alarm) {
                    misses.add(other.getKey() + " false alarm in " + label + ": " + text + "   found: " + findings);
                }
            }
        }
        Map<String, Score> scores = new LinkedHashMap<>();
        counts.forEach((label, count) -> scores.put(label, new Score(count[0], count[1], count[2])));
        return new Report(scores, negatives, flagged, hidden, hiddenFound, misses);
    }

    private static List<String> tags(String label) {
        return TAGS.getOrDefault(label, List.of());
    }

    private static int[] count(Map<String, int[]> counts, String label) {
        int[] count = counts.get(label);
        if (count == null) {
            throw new IllegalArgumentException("no label: " + label);
        }
        return count;
    }

    private static List<Finding> findings(RedactionEngine engine, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        try (Plaintext plaintext = Plaintext.copyOf(bytes, 0, bytes.length)) {
            return engine.findings(plaintext, Findings.Unit.UTF16).list();
        }
    }

    private static boolean isFound(List<Finding> findings, List<String> tags, String text, String value) {
        int start = text.indexOf(value);
        int end = start + value.length();
        return findings.stream()
                .anyMatch(finding -> isOf(finding, tags) && finding.start() < end && finding.end() > start);
    }

    private static boolean isOf(Finding finding, List<String> tags) {
        return tags.stream().anyMatch(finding.tag()::startsWith);
    }
}
