package io.fourthlog.sensor.config;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.EnforceAction;
import io.fourthlog.policy.PolicySource;
import io.fourthlog.policy.RuleSource;
import io.fourthlog.policy.VariableSource;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a process that opens a file has to wait until it is judged: under the folders that the rules name which terminate on
 * data_access. It costs each such opening a round trip to the sensor, so it is narrowed down where a rule's text allows it.
 *
 * <p>A rule without alternatives and negations can only fire for paths that begin as one of its {@code file:///} literals, and for none
 * if it asks for another kind of resource; any other rule is waited for at every file.
 */
public final class HeldPaths {
    private static final String EVERYWHERE = "";
    private static final String FILE = "file://";

    /** A CEL string literal without escapes, or a reference to a variable. */
    private static final Pattern LITERAL = Pattern.compile("'([^'\\\\]*)'|\"([^\"\\\\]*)\"");

    /** From here on a glob can be anything; in other literals these characters are rare, and waiting too often does no harm. */
    private static final Pattern WILDCARDS = Pattern.compile("[*?{]");

    /** Says of what is accessed that it is no file. */
    private static final Pattern NO_FILE =
            Pattern.compile("event\\.resource_uri(?:\\.startsWith\\(|\\s*==\\s*)['\"](?!file:)[a-z]+:"
                    + "|event\\.resource_type\\s*==\\s*['\"](?!file['\"])[a-z]+['\"]");

    private static final Pattern VARIABLE = Pattern.compile("\\bvariables\\.(\\w+)");
    private static final Pattern OPEN_ENDED = Pattern.compile("\\|\\||!|\\?|\\\\|\\+");

    private HeldPaths() {}

    /** Beginnings of paths, as {@link io.fourthlog.sensor.kernel.Kernel#hold} takes them. */
    public static Set<String> of(final List<PolicySource> policies) {
        final Set<String> paths = new TreeSet<>();
        for (final PolicySource policy : policies) {
            if (policy.deny()) {
                policy.rules().stream().filter(HeldPaths::terminates).forEach(rule -> paths.addAll(of(rule, policy)));
            }
        }
        return paths.contains(EVERYWHERE) ? Set.of(EVERYWHERE) : paths;
    }

    /** Whether any rule has something done, so that it matters how soon an event is judged. */
    public static boolean enforces(final List<PolicySource> policies) {
        return policies.stream()
                .filter(PolicySource::deny)
                .flatMap(policy -> policy.rules().stream())
                .anyMatch(rule -> rule.decision() == Decision.DENY && rule.enforce() != EnforceAction.NONE);
    }

    private static boolean terminates(final RuleSource rule) {
        return rule.on().contains(EventType.DATA_ACCESS)
                && rule.decision() == Decision.DENY
                && rule.enforce() == EnforceAction.TERMINATE;
    }

    private static Set<String> of(final RuleSource rule, final PolicySource policy) {
        final Set<String> folders = new TreeSet<>();
        boolean ofFiles = true;
        for (final String expression : expressions(rule, policy.variables())) {
            final String code = LITERAL.matcher(expression).replaceAll("''");
            if (OPEN_ENDED.matcher(code).find()) {
                return Set.of(EVERYWHERE);
            }
            ofFiles &= code.contains(".all(") || !NO_FILE.matcher(expression).find(); // nothing is all of an empty list
            for (final Matcher literal = LITERAL.matcher(expression); literal.find(); ) {
                final String text = literal.group(1) != null ? literal.group(1) : literal.group(2);
                if (text.startsWith(FILE)) {
                    folders.add(folder(WILDCARDS.split(text, 2)[0]));
                }
            }
        }
        return !ofFiles ? Set.of() : folders.isEmpty() ? Set.of(EVERYWHERE) : folders;
    }

    /** Kubelet may put a folder of its own between a volume and its files, so the name of a file says too much. */
    private static String folder(final String uri) {
        final String folder = uri.substring(FILE.length(), Math.max(FILE.length(), uri.lastIndexOf('/') + 1));
        try {
            return URI.create(FILE + folder).getPath();
        } catch (final IllegalArgumentException _) {
            return EVERYWHERE;
        }
    }

    /** The rule's condition and the variables that it uses, directly or not. */
    private static List<String> expressions(final RuleSource rule, final List<VariableSource> variables) {
        final Map<String, String> byName = new HashMap<>();
        variables.forEach(variable -> byName.put(variable.name(), variable.expression()));
        final List<String> expressions = new ArrayList<>();
        final Set<String> known = new HashSet<>();
        final Deque<String> open = new ArrayDeque<>(List.of(rule.when()));
        while (!open.isEmpty()) {
            final String expression = open.removeFirst();
            expressions.add(expression);
            for (final Matcher variable = VARIABLE.matcher(expression); variable.find(); ) {
                final String used = byName.get(variable.group(1));
                if (used != null && known.add(variable.group(1))) {
                    open.add(used);
                }
            }
        }
        return expressions;
    }
}
