package io.fourthlog.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cel.common.types.SimpleType;
import io.fourthlog.actionlog.event.EventType;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a rule is found by: the constants of its condition. That the index then leaves out nothing, CompiledCelTest holds. */
final class GuardsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "event.resource_uri == 'a'; event.resource_uri is one of [a]",
                "'a' == event.resource_uri; event.resource_uri is one of [a]",
                "event.byte_count == 5; event.byte_count is one of [5]",
                "event.resource_uri in ['a', 'b']; event.resource_uri is one of [a, b]",
                "event.resource_uri in variables.names; event.resource_uri is one of [n1, n2]",
                "variables.secret; event.resource_uri begins with [file:///etc/]",
                "event.resource_uri == 'a' || event.resource_uri == 'b'; event.resource_uri is one of [a, b]",
                "event.resource_uri == 'a' || event.resource_uri.startsWith('b'); event.resource_uri begins with [a, b]",
                "event.resource_uri == 'a' || event.access_mode == 'read'; -",
                "event.access_mode == 'read' && event.resource_uri == 'a'; event.resource_uri is one of [a]",
                "event.row_count > 3 && event.access_mode == 'read'; event.access_mode is one of [read]",
                "glob(event.resource_uri, ['file:///a/*', 'file:///b?']); event.resource_uri begins with [file:///a/, file:///b]",
                "glob(event.resource_uri, '**.env'); -",
                "'a' in event.sensitivity_tags_resolved; event.sensitivity_tags_resolved has one of [a]",
                "tagMatches(trace.sensitivity, 'secret:*'); trace.sensitivity has one that begins with [secret:]",
                "trace.tools.exists(t, t == 'a' || t == 'b'); trace.tools has one of [a, b]",
                "trace.tools.exists(t, t.startsWith('a') && t.size() > 3); trace.tools has one that begins with [a]",
                "trace.tools.all(t, t == 'a'); -",
                "event.destination.external; event.destination.external is true",
                "!event.destination.external; event.destination.external is false",
                "event.destination.host == 'a'; event.destination.host is one of [a]",
                "!(event.resource_uri == 'a'); -",
                "event.resource_uri != 'a'; -",
                "event.byte_count > 1 ? event.resource_uri == 'a' : false; -",
                "has(event.row_count); -",
            })
    void aConditionIsFoundByItsConstants(String condition, String guard) throws Scope.ExpressionException {
        final List<VariableSource> variables = List.of(
                new VariableSource("names", "['n1', 'n2']"),
                new VariableSource("secret", "event.resource_uri.startsWith('file:///etc/')"));

        assertThat(new Scope(Set.of(EventType.DATA_ACCESS), variables, new Scope.Slots())
                        .compile(condition, SimpleType.BOOL)
                        .guards()
                        .values())
                .singleElement()
                .satisfies(found ->
                        assertThat(found.map(GuardsTest::words).orElse("-")).isEqualTo(guard));
    }

    private static String words(Guard guard) {
        return guard.path().text()
                + switch (guard) {
                    case Guard.Equal equal -> " is one of " + new TreeSet<>(equal.values());
                    case Guard.Prefix prefix -> " begins with " + new TreeSet<>(prefix.prefixes());
                    case Guard.Member member -> " has one of " + new TreeSet<>(member.values());
                    case Guard.MemberPrefix prefix -> " has one that begins with " + new TreeSet<>(prefix.prefixes());
                    case Guard.Is is -> " is " + is.value();
                };
    }
}
