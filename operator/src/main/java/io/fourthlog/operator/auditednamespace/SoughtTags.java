package io.fourthlog.operator.auditednamespace;

import io.fourthlog.api.AgentAuditPolicySpec;
import io.fourthlog.api.RedactionProfileSpec;
import io.fourthlog.operator.cluster.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Tells which tags the rules of a policy ask for that its profile does not look for, so that they are never there: by the patterns that an
 * expression has as literals, and the selectors of the profile.
 */
final class SoughtTags {

    private static final Pattern TAG = Pattern.compile("(['\"])((?:secret|PII|PCI|PHI):[A-Za-z0-9_.*?-]*)\\1");

    private SoughtTags() {}

    /**
     * What the author of a policy should know.
     *
     * @param profile its name
     * @param merged the profile with what it extends
     */
    static List<Fault> missing(AgentAuditPolicySpec policy, String profile, RedactionProfileSpec merged) {
        List<Fault> missing = new ArrayList<>();
        for (int i = 0; i < policy.variables().size(); i++) {
            add(
                    missing,
                    "spec.variables[" + i + "].expression",
                    policy.variables().get(i).expression(),
                    profile,
                    merged.detectors());
        }
        for (int i = 0; i < policy.rules().size(); i++) {
            add(missing, "spec.rules[" + i + "].when", policy.rules().get(i).when(), profile, merged.detectors());
        }
        return missing;
    }

    private static void add(
            List<Fault> missing,
            String path,
            String expression,
            String profile,
            RedactionProfileSpec.Detectors detectors) {
        Matcher tags = TAG.matcher(expression);
        while (tags.find()) {
            String tag = tags.group(2);
            if (!isSought(tag, detectors)) {
                missing.add(
                        new Fault(
                                path,
                                "the RedactionProfile \"" + profile + "\" does not look for " + tag
                                        + ", which no event has unless another policy's profile does: enable it there, or refer to another profile"));
            }
        }
    }

    private static boolean isSought(String tag, RedactionProfileSpec.Detectors detectors) {
        Stream<String> sought = Stream.concat(
                detectors.enable().stream(), detectors.custom().stream().map(RedactionProfileSpec.CustomDetector::tag));
        return sought.anyMatch(selector -> haveTagsInCommon(tag, selector))
                && detectors.disable().stream().noneMatch(selector -> covers(selector, tag));
    }

    /** Whether what two patterns begin with before what may be anything allows the same tag. */
    private static boolean haveTagsInCommon(String tag, String selector) {
        String literal = literal(tag);
        String selected = literal(selector);
        boolean open = isOpen(tag, literal);
        return isOpen(selector, selected)
                ? literal.startsWith(selected) || (open && selected.startsWith(literal))
                : open ? selected.startsWith(literal) : literal.equals(selected);
    }

    private static boolean covers(String selector, String tag) {
        String selected = literal(selector);
        return isOpen(selector, selected) ? literal(tag).startsWith(selected) : tag.equals(selector);
    }

    private static String literal(String pattern) {
        int end = 0;
        while (end < pattern.length() && "*?".indexOf(pattern.charAt(end)) < 0) {
            end++;
        }
        return pattern.substring(0, end);
    }

    /** Whether more may follow: also behind a family alone, as in {@code tag.startsWith('PII:')}. */
    private static boolean isOpen(String pattern, String literal) {
        return literal.length() < pattern.length() || pattern.endsWith(":");
    }
}
