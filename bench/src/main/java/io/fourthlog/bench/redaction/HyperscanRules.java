package io.fourthlog.bench.redaction;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fourthlog.bench.redaction.Hyperscan.Expression;
import io.fourthlog.redaction.RedactionEngine;
import io.fourthlog.redaction.detect.Detector;
import io.fourthlog.redaction.detect.Detectors;
import io.fourthlog.redaction.detect.Span;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What detectors look for as regular expressions: the lines of secrets.rules translated, and the forms of what other detectors know, each
 * with the detectors that say whether a match is one. An expression ends where they can tell, as Hyperscan reports every end.
 */
final class HyperscanRules {

    private static final int BEHIND = 192; // bytes before its place that a detector is shown
    private static final int AHEAD = 512; // bytes from its place on

    private static final String ASSIGNED = " assigned to a name with "; // in the summary of a family's detector

    /** Where in a match its detectors look. */
    enum Place {
        START,
        DIGIT,
        AT_SIGN,
        SCHEME_END,
        CHECK_DIGITS
    }

    /**
     * An expression.
     *
     * @param detectors those that decide
     */
    record Rule(Expression expression, Place place, List<Detector> detectors) {}

    private static final Map<String, List<Detector>> BY_TAG = Detectors.builtIn().stream()
            .collect(Collectors.groupingBy(detector -> detector.documentation().tag()));

    private HyperscanRules() {}

    static List<Rule> all() throws IOException {
        return Stream.concat(forms().stream(), families().stream()).toList();
    }

    /** For what detectors that are code look for. */
    private static List<Rule> forms() {
        return List.of(
                // whole: with one that stops at the second label everything was a quarter slower
                rule(
                        "[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\\.[A-Za-z0-9-]{1,63}){1,8}",
                        Place.AT_SIGN, "PII:email"),
                rule(
                        "\\b(4\\d{3}|5[1-5]\\d{2}|6011|65\\d{2}|3[47]\\d{2}|35\\d{2}|2[2-7]\\d{2})[ -]?\\d{4}[ -]?\\d{4}[ -]?\\d{1,4}\\b",
                        Place.START, "PCI:pan"),
                rule("\\b\\d{3}-\\d{2}-\\d{4}\\b", Place.START, "PII:us-ssn"),
                rule("\\b[A-Z]{2}\\d{2}[ ]?([A-Z0-9]{4}[ ]?){2,7}[A-Z0-9]{1,4}\\b", Place.CHECK_DIGITS, "PII:iban"),
                rule("\\b(\\d{1,3}\\.){3}\\d{1,3}\\b", Place.START, "PII:ip"),
                rule("\\b([0-9a-fA-F]{1,4}:){2,7}:?[0-9a-fA-F]{1,4}\\b", Place.DIGIT, "PII:ip"),
                rule("\\b([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}\\b", Place.DIGIT, "PII:mac"),
                rule("\\+\\d{1,3}[ .(-]{0,2}\\d{1,4}[ .)-]{0,2}\\d{2,4}[ .-]?\\d{2}", Place.DIGIT, "PII:phone"),
                rule("\\(?\\b[2-9]\\d{2}\\)?[ .-][2-9]\\d{2}[ .-]\\d{4}\\b", Place.DIGIT, "PII:phone"),
                anyCase(
                        "(password|passwd|secret|token|api_?key|credential)[\\w.-]{0,20}[ '\"]{0,3}[=:]{1,3}[ '\"]{0,5}[^ '\"]{8}",
                        "secret:assigned"),
                rule(
                        "[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^ :/@]{0,64}:[^ :/@]{1,64}@",
                        Place.SCHEME_END,
                        "secret:basic-auth-url"),
                rule("-----BEGIN [A-Z ]{0,40}PRIVATE KEY", Place.START, "secret:private-key"),
                rule("MII[A-Za-z0-9+/]{3}IBA(AK|AJ|DA|zC)", Place.START, "secret:private-key"),
                rule(
                        "\\b(MHcCAQEEI|MIGkAgEBBDA|MIHcAgEBBEI|MIGHAgEAMBMGByqGSM49|MIG2AgEAMBAGByqGSM49|MIHuAgEAMBAGByqGSM49|MC4CAQAwBQYDK2Vw|b3BlbnNzaC1rZXktdjE)",
                        Place.START,
                        "secret:private-key"),
                rule("\"kty\"", Place.START, "secret:private-key"),
                rule("\\beyJ[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{3}", Place.START, "secret:jwt"),
                rule("\\bgh[pousr]_[A-Za-z0-9_]{36}", Place.START, "secret:github"),
                rule("\\bgithub_pat_[A-Za-z0-9_]{40}", Place.START, "secret:github"),
                rule("\\bAKIA[A-Z2-7]{16}\\b", Place.START, "secret:aws-access-key"),
                rule("\\bsk-ant-[A-Za-z0-9_-]{20}", Place.START, "secret:anthropic"),
                rule("\\bsk-(proj-)?[A-Za-z0-9_-]{20}", Place.START, "secret:openai"),
                anyCase("\\b(dob|date of birth|born)[^\\n]{0,20}\\d{1,4}[-/.]\\d{1,2}[-/.]\\d", "PII:date-of-birth"),
                anyCase(
                        "\\b(mrn|passport|license|npi|dea|ssn|cvv|exp)[^\\n]{0,20}[A-Z0-9-]{3}",
                        "PHI:mrn",
                        "PII:passport",
                        "PII:drivers-license",
                        "PHI:npi",
                        "PHI:dea",
                        "PCI:cvv",
                        "PCI:expiry"),
                rule(
                        "\\b\\d{1,5} ([A-Z][a-z]+ ){1,4}(Street|St|Avenue|Ave|Road|Rd|Lane|Drive|Boulevard)\\b",
                        Place.START,
                        "PII:address"),
                rule("\\b(Mr|Mrs|Ms|Dr|Prof)\\.? [A-Z][a-z]", Place.START, "PII:person"));
    }

    /** For the lines of secrets.rules. */
    static List<Rule> families() throws IOException {
        List<Rule> rules = new ArrayList<>();
        for (String line : lines()) {
            List<String> columns = List.of(line.split(" \\| ", -1));
            String format = expression(columns.get(2));
            String where = columns.get(1);
            rules.add(
                    where.equals("token")
                            ? new Rule(
                                    new Expression(boundary(format) + withoutTail(format), false),
                                    Place.START,
                                    family(columns.getFirst(), false))
                            : new Rule(
                                    new Expression(
                                            "("
                                                    + where.substring("assign ".length())
                                                            .replace(',', '|')
                                                    + ")[\\w.-]{0,20}[ '\"]{0,3}[=:>|,]{1,3}[ '\"]{0,5}" + format
                                                    + "\\b",
                                            true),
                                    Place.START,
                                    family(columns.getFirst(), true)));
        }
        return rules;
    }

    /**
     * What the detectors of a rule say about a match.
     *
     * @return its {@link Span}, or {@link Span#NONE}
     */
    static long verify(Rule rule, byte[] text, int from, int to) {
        int at = place(rule.place(), text, from, to);
        for (Detector detector : rule.detectors()) {
            long span = verify(detector, text, at);
            if (span != Span.NONE) {
                return span;
            }
        }
        return Span.NONE;
    }

    /** What a detector says about a place, shown as much around it as a sweep shows. */
    static long verify(Detector detector, byte[] text, int at) {
        return detector.verify(text, Math.max(0, at - BEHIND), Math.min(text.length, at + AHEAD), at);
    }

    /** Where in a match a detector looks. */
    static int place(Place place, byte[] text, int from, int to) {
        return switch (place) {
            case START -> from;
            case CHECK_DIGITS -> from + 2;
            case DIGIT -> first(text, from, to, '0', '9');
            case AT_SIGN -> first(text, from, to, '@', '@');
            case SCHEME_END -> first(text, from, to, ':', ':');
        };
    }

    private static int first(byte[] text, int from, int to, char least, char most) {
        int at = from;
        while (at < to - 1 && (text[at] < least || text[at] > most)) {
            at++;
        }
        return at;
    }

    private static Rule rule(String expression, Place place, String... tags) {
        return new Rule(new Expression(expression, false), place, detectors(tags));
    }

    private static Rule anyCase(String expression, String... tags) {
        return new Rule(new Expression(expression, true), Place.START, detectors(tags));
    }

    private static List<Detector> detectors(String... tags) {
        List<Detector> detectors = new ArrayList<>();
        for (String tag : tags) {
            detectors.addAll(BY_TAG.get(tag));
        }
        return List.copyOf(detectors);
    }

    /** The detectors of a family in secrets.rules: those that know it by its format alone, or those of values that are assigned to a name. */
    private static List<Detector> family(String tag, boolean assigned) {
        return detectors(tag).stream()
                .filter(detector -> detector.documentation().summary().startsWith("`"))
                .filter(detector -> detector.documentation().summary().contains(ASSIGNED) == assigned)
                .toList();
    }

    /** A word boundary, if a format begins with what can be of a word. */
    private static String boundary(String format) {
        return Character.isLetterOrDigit(format.charAt(0)) || "[(".indexOf(format.charAt(0)) >= 0 ? "\\b" : "";
    }

    /** A format without what may be at its end and may not. */
    private static String withoutTail(String format) {
        return format.replaceAll("\\[[^]]*]\\{0,\\d*}$", "").replaceAll("\\{(\\d+),\\d*}$", "{$1}");
    }

    private static List<String> lines() throws IOException {
        try (InputStream in = RedactionEngine.class.getResourceAsStream("detect/secrets.rules")) {
            if (in == null) {
                throw new IOException("secrets.rules is not in the jar of the redaction engine");
            }
            return new String(in.readAllBytes(), UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
        }
    }

    /** The notation of secrets.rules as a regular expression. */
    private static String expression(String format) {
        StringBuilder out = new StringBuilder();
        String written = format.replace("%U", "%H{8}-%H{4}-%H{4}-%H{4}-%H{12}");
        for (int i = 0; i < written.length(); i++) {
            char c = written.charAt(i);
            switch (c) {
                case '%' ->
                    out.append(
                            switch (written.charAt(++i)) {
                                case 'a' -> "[A-Za-z0-9]";
                                case 'w' -> "[A-Za-z0-9_-]";
                                case 'e' -> "[A-Za-z0-9_=-]";
                                case 'b' -> "[A-Za-z0-9+/]";
                                case 'h' -> "[0-9a-f]";
                                case 'H' -> "[0-9A-Fa-f]";
                                case 'd' -> "[0-9]";
                                case 'l' -> "[a-z0-9]";
                                case 'u' -> "[A-Z0-9]";
                                case 's' -> "[A-Za-z]";
                                default -> throw new IllegalArgumentException(format);
                            });
                case '[' -> {
                    int close = written.indexOf(']', i);
                    out.append(written, i, close + 1);
                    i = close;
                }
                case '.', '$', '+', '*', '?', '^' -> out.append('\\').append(c);
                default -> out.append(c);
            }
        }
        return out.toString();
    }
}
