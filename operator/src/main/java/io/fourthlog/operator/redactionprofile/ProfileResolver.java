package io.fourthlog.operator.redactionprofile;

import io.fourthlog.api.RedactionProfileSpec;
import io.fourthlog.api.RedactionProfileSpec.Allowed;
import io.fourthlog.api.RedactionProfileSpec.Classifier;
import io.fourthlog.api.RedactionProfileSpec.CustomDetector;
import io.fourthlog.api.RedactionProfileSpec.Detectors;
import io.fourthlog.api.RedactionProfileSpec.Hashing;
import io.fourthlog.api.RedactionProfileSpec.KeyNames;
import io.fourthlog.api.RedactionProfileSpec.Preview;
import io.fourthlog.api.RedactionProfileSpec.PromptClass;
import io.fourthlog.api.RedactionProfileSpec.PromptClasses;
import io.fourthlog.api.RedactionProfileSpec.Shape;
import io.fourthlog.api.config.EngineSources;
import io.fourthlog.operator.cluster.Fault;
import io.fourthlog.operator.redactionprofile.ProfileResolution.Refused;
import io.fourthlog.operator.redactionprofile.ProfileResolution.Resolved;
import io.fourthlog.redaction.ProfileCompiler;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Merges a profile with the profiles that it extends, and checks the result with the compiler that sensors use. A child adds to what
 * it inherits; it disables, or lets pass without any distinction, only what the profile that it comes from lists as optional, and its bounds only tighten.
 */
public final class ProfileResolver {

    private static final int DEPTH = 8; // profiles in one chain
    private static final Pattern CLASS = Pattern.compile("\\\\.|\\[(?:\\\\.|[^\\]\\\\])*]"); // or an escaped character
    private static final Pattern LITERAL = // four characters of which none may be left out
            Pattern.compile("(?:[A-Za-z0-9 _@:/,=%&#~<>!;'\"-]|\\\\[^A-Za-z0-9]){4}(?![?*{])");

    private ProfileResolver() {}

    /**
     * Resolves one profile.
     *
     * @param name of the profile, for messages and the compiler
     * @param profiles spec of a profile by name; null when there is none
     */
    public static ProfileResolution resolve(String name, Function<String, @Nullable RedactionProfileSpec> profiles) {
        Set<String> chain = new LinkedHashSet<>();
        List<RedactionProfileSpec> specs = new ArrayList<>();
        String next = name;
        while (next != null) {
            if (!chain.add(next)) {
                return refused(
                        "spec.extends", "the profiles " + chain + " extend each other in a circle: remove one extends");
            }
            if (chain.size() > DEPTH) {
                return refused(
                        "spec.extends", "more than " + DEPTH + " profiles extend each other: merge some of " + chain);
            }
            RedactionProfileSpec spec = profiles.apply(next);
            if (spec == null) {
                return refused(
                        "spec.extends",
                        "there is no RedactionProfile \"" + next
                                + "\": \"kubectl get rdp\" lists those that there are");
            }
            specs.addFirst(spec);
            next = spec.parent();
        }
        List<Fault> faults = new ArrayList<>();
        RedactionProfileSpec merged = specs.getFirst();
        for (RedactionProfileSpec child : specs.subList(1, specs.size())) {
            merged = merge(merged, child, faults);
        }
        if (!faults.isEmpty()) {
            return new Refused(faults);
        }
        // What would be so anyway is left out, so that sensors from before it could be written do not refuse it.
        PromptClasses classes = merged.promptClasses();
        RedactionProfileSpec result = new RedactionProfileSpec(
                null,
                merged.detectors(),
                merged.shape(),
                merged.hashing(),
                classes.classifier() == Classifier.LINEAR
                        ? new PromptClasses(classes.taxonomy(), null, classes.custom())
                        : classes,
                merged.onFailure(),
                merged.previews() ? Preview.MASKED : null);
        return switch (ProfileCompiler.compile(EngineSources.profile(name, result))) {
            case ProfileCompiler.Result.Compiled compiled -> new Resolved(result);
            case ProfileCompiler.Result.Refused refused ->
                new Refused(refused.errors().stream()
                        .map(error -> new Fault(error.path(), error.message()))
                        .toList());
        };
    }

    private static RedactionProfileSpec merge(
            RedactionProfileSpec parent, RedactionProfileSpec child, List<Fault> faults) {
        Detectors inherited = parent.detectors();
        Detectors own = child.detectors();
        checkHeld("spec.detectors.disable", own.disable(), inherited, child.parent(), faults);
        checkHeld("spec.detectors.optional", own.optional(), inherited, child.parent(), faults);
        for (int i = 0; i < own.allow().size(); i++) {
            Allowed allow = own.allow().get(i);
            if (isHeld(allow.tag(), inherited) && !isNarrow(allow.pattern())) {
                faults.add(new Fault(
                        "spec.detectors.allow[" + i + "].pattern",
                        "it can let pass any " + allow.tag()
                                + ", which is inherited and not optional: name at least four characters"
                                + " in a row of what it is for, without | and groups, as in @example\\.com$, or add the tag to"
                                + " detectors.optional of the profile that \"" + child.parent() + "\" takes it from"));
            }
        }
        checkNames("spec.detectors.custom", "detector", inherited.custom(), own.custom(), CustomDetector::name, faults);
        checkNames(
                "spec.promptClasses.custom",
                "class",
                parent.promptClasses().custom(),
                child.promptClasses().custom(),
                PromptClass::name,
                faults);
        if (child.preview() == Preview.MASKED && parent.preview() == Preview.NONE) {
            faults.add(new Fault(
                    "spec.preview",
                    "masked, but a profile that this one extends says none: remove it here, or the none from the profile that \""
                            + child.parent() + "\" takes it from"));
        }
        return new RedactionProfileSpec(
                child.parent(),
                new Detectors(
                        union(inherited.enable(), own.enable()),
                        union(inherited.disable(), own.disable()),
                        union(inherited.optional(), own.optional()),
                        union(inherited.custom(), own.custom()),
                        union(inherited.allow(), own.allow())),
                new Shape(
                        Math.min(parent.shape().maxDepth(), child.shape().maxDepth()),
                        Math.min(parent.shape().maxFields(), child.shape().maxFields()),
                        parent.shape().keyNames() == KeyNames.HASH
                                ? KeyNames.HASH
                                : child.shape().keyNames()),
                new Hashing(parent.hashing().fingerprints() && child.hashing().fingerprints()),
                new PromptClasses(
                        child.promptClasses().taxonomy(),
                        child.promptClasses().classifier() == null
                                ? parent.promptClasses().classifier()
                                : child.promptClasses().classifier(),
                        union(
                                parent.promptClasses().custom(),
                                child.promptClasses().custom())),
                child.onFailure(),
                child.preview() == null ? parent.preview() : child.preview());
    }

    private static void checkHeld(
            String path, List<String> tags, Detectors inherited, @Nullable String parent, List<Fault> faults) {
        for (int i = 0; i < tags.size(); i++) {
            if (isHeld(tags.get(i), inherited)) {
                faults.add(new Fault(
                        path + "[" + i + "]",
                        tags.get(i)
                                + " is inherited and not optional: remove it here, or add it to detectors.optional of the profile that \""
                                + parent + "\" takes it from"));
            }
        }
    }

    private static <T> void checkNames(
            String path, String what, List<T> inherited, List<T> own, Function<T, String> name, List<Fault> faults) {
        Set<String> names = inherited.stream().map(name).collect(Collectors.toCollection(HashSet::new));
        for (int i = 0; i < own.size(); i++) {
            if (!names.add(name.apply(own.get(i)))) {
                faults.add(new Fault(
                        path + "[" + i + "].name",
                        "\"" + name.apply(own.get(i)) + "\" is the name of an inherited " + what + ": choose another"));
            }
        }
    }

    /** Whether a profile that inherits these detectors may not switch off what finds a tag, or any of a family. */
    private static boolean isHeld(String tag, Detectors inherited) {
        boolean there = inherited.enable().stream().anyMatch(enabled -> overlap(enabled, tag))
                || inherited.custom().stream().anyMatch(custom -> overlap(custom.tag(), tag));
        return there && inherited.optional().stream().noneMatch(optional -> within(tag, optional));
    }

    /** Whether what a pattern finds has certain characters in it. */
    private static boolean isNarrow(String pattern) {
        String plain = CLASS.matcher(pattern.replaceFirst("^\\(\\?i\\)", ""))
                .replaceAll(found -> found.group().startsWith("[") ? "." : Matcher.quoteReplacement(found.group()));
        return plain.indexOf('|') < 0
                && plain.indexOf('(') < 0
                && LITERAL.matcher(plain).find();
    }

    /** Whether every tag of the first is one of the second: {@code PII:ip} is within {@code PII:*}. */
    private static boolean within(String tag, String family) {
        return tag.equals(family)
                || (family.endsWith(":*") && tag.startsWith(family.substring(0, family.length() - 1)));
    }

    private static boolean overlap(String one, String other) {
        return within(one, other) || within(other, one);
    }

    private static <T> List<T> union(List<T> first, List<T> second) {
        return Stream.concat(first.stream(), second.stream()).distinct().toList();
    }

    private static Refused refused(String path, String message) {
        return new Refused(List.of(new Fault(path, message)));
    }
}
