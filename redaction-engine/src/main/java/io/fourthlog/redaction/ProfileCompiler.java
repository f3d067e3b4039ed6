package io.fourthlog.redaction;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.fourthlog.redaction.detect.Detector;
import io.fourthlog.redaction.detect.Detectors;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Checks a {@link ProfileSource} and compiles it; the operator does so for the status, the sensor to use it. */
public final class ProfileCompiler {

    private static final Set<String> FAMILIES = Set.of("secret", "PII", "PCI", "PHI");
    private static final String ANY = ":*";
    private static final int MAX_PATTERN_LENGTH = 1_000; // characters
    private static final int MAX_PROGRAM_SIZE = 2_000; // RE2 instructions; [0-9]{1000} is over it
    private static final int MAX_DEPTH = 64;
    private static final int MAX_FIELDS = 4_096;
    private static final int MAX_CLASSES = 16; // each takes 32 KiB
    private static final int MIN_EXAMPLES = 3;
    private static final int MAX_EXAMPLES = 64;
    private static final int MAX_EXAMPLE_LENGTH = 1_000; // characters

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final Pattern CLASS = Pattern.compile("[a-z0-9]+([ -][a-z0-9]+)*");
    private static final Pattern TAG = Pattern.compile("[A-Za-z][A-Za-z0-9]{0,31}:[A-Za-z0-9][A-Za-z0-9_.-]{0,62}");

    private final ProfileSource source;
    private final List<ProfileError> errors = new ArrayList<>();

    private ProfileCompiler(ProfileSource source) {
        this.source = source;
    }

    /** What became of a source. */
    public sealed interface Result {

        /** It compiled. */
        record Compiled(Profile profile) implements Result {}

        /** It did not, and here is everything that is wrong with it. */
        record Refused(List<ProfileError> errors) implements Result {

            public Refused {
                errors = List.copyOf(errors);
            }
        }
    }

    /** Compiles a profile, or says everything that is wrong with it. */
    public static Result compile(ProfileSource source) {
        return new ProfileCompiler(source).compile();
    }

    /**
     * Compiles what was put together from profiles that compile each. Their authors' examples of prompts may be nearer to another's class
     * than to their own, which is nobody's mistake.
     */
    public static Result compileTogether(ProfileSource source) {
        return new ProfileCompiler(source).compile(PromptClass.with(source.promptClasses()));
    }

    private Result compile() {
        return compile(promptClasses());
    }

    private Result compile(PromptClass promptClass) {
        checkSelectors();
        checkShape();
        checkPreviews();
        List<CustomPattern> custom = custom();
        Map<String, List<Pattern>> allowed = allowed();
        if (!errors.isEmpty()) {
            return new Result.Refused(errors);
        }
        List<Detector> detectors = Detectors.builtIn().stream()
                .filter(detector -> isEnabled(detector.documentation().tag()))
                .toList();
        return new Result.Compiled(new Profile(source, detectors, custom, allowed, promptClass));
    }

    private boolean isEnabled(String tag) {
        return source.enable().stream().anyMatch(selector -> selects(selector, tag)) && !isDisabled(tag);
    }

    private boolean isDisabled(String tag) {
        return source.disable().stream().anyMatch(selector -> selects(selector, tag));
    }

    private static boolean selects(String selector, String tag) {
        return selector.endsWith(ANY)
                ? tag.startsWith(selector.substring(0, selector.length() - 1))
                : selector.equals(tag);
    }

    private void checkSelectors() {
        Set<String> known = knownTags();
        for (int i = 0; i < source.enable().size(); i++) {
            String selector = source.enable().get(i);
            if (!selector.endsWith(ANY) && !known.contains(selector)) {
                error("spec.detectors.enable[" + i + "]", noDetector(selector, known));
            } else {
                checkFamily("spec.detectors.enable[" + i + "]", selector);
            }
        }
        for (int i = 0; i < source.disable().size(); i++) {
            checkFamily("spec.detectors.disable[" + i + "]", source.disable().get(i));
        }
    }

    private void checkFamily(String path, String selector) {
        int colon = selector.indexOf(':');
        if (colon < 0 || !FAMILIES.contains(selector.substring(0, colon))) {
            error(path, "'" + selector + "' is of no family; the families are " + sorted(FAMILIES));
        }
    }

    private Set<String> knownTags() {
        Set<String> known = Detectors.builtIn().stream()
                .map(detector -> detector.documentation().tag())
                .collect(Collectors.toCollection(TreeSet::new));
        source.custom().forEach(detector -> known.add(detector.tag()));
        return known;
    }

    private static String noDetector(String tag, Set<String> known) {
        return "no detector has the tag '" + tag + "'; there are " + String.join(", ", known);
    }

    private void checkShape() {
        int depth = source.shape().maxDepth();
        int fields = source.shape().maxFields();
        if (depth < 1 || depth > MAX_DEPTH) {
            error("spec.shape.maxDepth", "must be 1 to " + MAX_DEPTH + ", not " + depth);
        }
        if (fields < 1 || fields > MAX_FIELDS) {
            error("spec.shape.maxFields", "must be 1 to " + MAX_FIELDS + ", not " + fields);
        }
    }

    /** A preview shows whatever no detector finds, so none of them may be missing. */
    private void checkPreviews() {
        if (!source.previews()) {
            return;
        }
        List<String> missing = FAMILIES.stream()
                .sorted()
                .map(family -> family + ANY)
                .filter(family -> !source.enable().contains(family))
                .toList();
        if (!missing.isEmpty()) {
            error(
                    "spec.preview",
                    "masked shows what no detector finds, so every family has to be looked for: add "
                            + String.join(", ", missing) + " to spec.detectors.enable, or remove the preview");
        }
        if (!source.disable().isEmpty()) {
            error(
                    "spec.preview",
                    "masked would show what is disabled, in the clear: remove "
                            + String.join(", ", source.disable())
                            + " from spec.detectors.disable, or remove the preview");
        }
    }

    private List<CustomPattern> custom() {
        List<CustomPattern> compiled = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < source.custom().size(); i++) {
            ProfileSource.CustomDetector detector = source.custom().get(i);
            String path = "spec.detectors.custom[" + i + "]";
            if (!NAME.matches(detector.name())) {
                error(path + ".name", "must be a DNS label (lower-case letters, digits and hyphens), at most 63 long");
            } else if (!names.add(detector.name())) {
                error(path + ".name", "'" + detector.name() + "' is there twice");
            }
            if (!TAG.matches(detector.tag())) {
                error(path + ".tag", "'" + detector.tag() + "' is not FAMILY:name, such as PII:case_id");
            } else {
                checkFamily(path + ".tag", detector.tag());
            }
            Pattern pattern = pattern(path + ".pattern", detector.pattern());
            if (pattern != null) {
                checkExamples(path, detector, pattern);
                if (!isDisabled(detector.tag())) {
                    compiled.add(new CustomPattern(detector.tag(), pattern));
                }
            }
        }
        return compiled;
    }

    private void checkExamples(String path, ProfileSource.CustomDetector detector, Pattern pattern) {
        if (find(pattern, "")) {
            error(path + ".pattern", "finds something in an empty text, and so everywhere");
            return;
        }
        if (detector.examples().isEmpty()) {
            error(path + ".examples", "at least one text in which the pattern finds something");
        }
        for (int i = 0; i < detector.examples().size(); i++) {
            if (!find(pattern, detector.examples().get(i))) {
                error(path + ".examples[" + i + "]", "the pattern finds nothing in it");
            }
        }
        for (int i = 0; i < detector.counterExamples().size(); i++) {
            if (find(pattern, detector.counterExamples().get(i))) {
                error(path + ".counterExamples[" + i + "]", "the pattern finds something in it");
            }
        }
    }

    private static boolean find(Pattern pattern, String text) {
        return pattern.matcher(text.getBytes(StandardCharsets.UTF_8)).find();
    }

    private Map<String, List<Pattern>> allowed() {
        Map<String, List<Pattern>> allowed = new HashMap<>();
        Set<String> known = knownTags();
        for (int i = 0; i < source.allow().size(); i++) {
            ProfileSource.Allowed allow = source.allow().get(i);
            String path = "spec.detectors.allow[" + i + "]";
            if (!known.contains(allow.tag())) {
                error(path + ".tag", noDetector(allow.tag(), known));
            }
            if (allow.reason().isBlank()) {
                error(path + ".reason", "must say why");
            }
            Pattern pattern = pattern(path + ".pattern", allow.pattern());
            if (pattern != null) {
                allowed.computeIfAbsent(allow.tag(), tag -> new ArrayList<>()).add(pattern);
            }
        }
        return allowed;
    }

    private PromptClass promptClasses() {
        List<ProfileSource.PromptClass> own = source.promptClasses();
        int before = errors.size();
        if (own.size() > MAX_CLASSES) {
            error("spec.promptClasses.custom", own.size() + " classes, of at most " + MAX_CLASSES);
        }
        Set<String> names = new HashSet<>(PromptClass.builtIn().names());
        names.add(PromptClass.OTHER);
        for (int i = 0; i < own.size(); i++) {
            checkClass("spec.promptClasses.custom[" + i + "]", own.get(i), names);
        }
        if (own.isEmpty() || errors.size() > before) {
            return PromptClass.builtIn();
        }
        PromptClass trained = PromptClass.with(own);
        for (int i = 0; i < own.size(); i++) {
            checkExamples("spec.promptClasses.custom[" + i + "]", own.get(i), trained);
        }
        return trained;
    }

    private void checkClass(String path, ProfileSource.PromptClass own, Set<String> names) {
        if (!CLASS.matches(own.name()) || own.name().length() > 40) {
            error(path + ".name", "must be lower-case words of letters and digits, at most 40 characters");
        } else if (!names.add(own.name())) {
            error(path + ".name", "there is a class '" + own.name() + "' already");
        }
        int examples = own.examples().size();
        if (examples < MIN_EXAMPLES || examples > MAX_EXAMPLES) {
            error(
                    path + ".examples",
                    examples + " examples: it takes " + MIN_EXAMPLES + " to " + MAX_EXAMPLES
                            + " prompts as people write them");
        }
        for (int i = 0; i < examples; i++) {
            String example = own.examples().get(i);
            if (example.length() > MAX_EXAMPLE_LENGTH || !PromptClass.isEnough(example)) {
                error(
                        path + ".examples[" + i + "]",
                        "must be a prompt of four words or more, at most " + MAX_EXAMPLE_LENGTH + " characters");
            }
        }
    }

    /** A class is of use only if its examples are told from the other classes, and theirs from it. */
    private void checkExamples(String path, ProfileSource.PromptClass own, PromptClass trained) {
        for (int i = 0; i < own.examples().size(); i++) {
            String found = trained.of(own.examples().get(i)).orElse(PromptClass.OTHER);
            if (!found.equals(own.name())) {
                error(
                        path + ".examples[" + i + "]",
                        "reads as '" + found + "': give examples with words that only this class has");
            }
        }
        PromptClass.builtIn().examples().stream()
                .filter(example ->
                        trained.of(example.prompt()).filter(own.name()::equals).isPresent())
                .findFirst()
                .ifPresent(taken -> error(
                        path + ".examples",
                        "prompts such as '" + taken.prompt() + "' would be of this class, and no longer of '"
                                + taken.name() + "': give examples with words that only this class has"));
    }

    private @Nullable Pattern pattern(String path, String pattern) {
        if (pattern.length() > MAX_PATTERN_LENGTH) {
            error(path, "longer than " + MAX_PATTERN_LENGTH + " characters");
            return null;
        }
        try {
            Pattern compiled = Pattern.compile(pattern);
            if (compiled.programSize() <= MAX_PROGRAM_SIZE) {
                return compiled;
            }
            error(
                    path,
                    "compiles to " + compiled.programSize() + " instructions, more than " + MAX_PROGRAM_SIZE
                            + ": make its repetitions smaller");
        } catch (PatternSyntaxException e) {
            error(path, "not RE2 syntax: " + e.getDescription() + ": `" + e.getPattern() + "`");
        }
        return null;
    }

    private static String sorted(Set<String> words) {
        return String.join(", ", new TreeSet<>(words));
    }

    private void error(String path, String message) {
        errors.add(new ProfileError(path, message));
    }
}
