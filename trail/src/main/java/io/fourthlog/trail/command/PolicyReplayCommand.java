package io.fourthlog.trail.command;

import io.fourthlog.actionlog.event.Event;
import io.fourthlog.policy.Compiled;
import io.fourthlog.policy.PolicyCompiler;
import io.fourthlog.policy.PolicySet;
import io.fourthlog.policy.PolicySource;
import io.fourthlog.policy.author.PolicyReader;
import io.fourthlog.policy.author.Replay;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.reading.TrailStream;
import io.fourthlog.trail.trace.Essentials;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code fourthlog policy replay}: what policies would have decided about what is in a trail. */
@Command(
        name = "replay",
        description =
                "Shows what policies would have decided about the events of a trail, and what that changes against the"
                        + " decisions in it.",
        mixinStandardHelpOptions = true)
final class PolicyReplayCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(arity = "1..*", paramLabel = "FILE|DIR", description = "policies, as kubectl apply takes them")
    private List<Path> named = List.of();

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "judge this namespace's events (the one that the policies name; all if they name none)")
    private @Nullable String namespace;

    @Option(
            names = "--fail-on-deny",
            description = "exit code 1 if something would be denied that was not denied at the time")
    private boolean failOnDeny;

    @Mixin
    private OutputOption output = new OutputOption();

    @Mixin
    private SelectionOptions selection = new SelectionOptions();

    @Mixin
    private Source source = new Source();

    PolicyReplayCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws UsageException {
        final List<PolicyReader.Read> policies = new ArrayList<>();
        boolean faulty = false;
        for (final Path file : PolicyFiles.policies(named)) {
            final PolicyReader.Result read = PolicyReader.read(PolicyFiles.text(file));
            policies.addAll(read.policies());
            read.errors().forEach(error -> terminal.complain(PolicyFiles.fault(file, error)));
            faulty |= !read.errors().isEmpty();
        }
        final List<PolicySource> sources =
                policies.stream().map(PolicyReader.Read::policy).toList();
        final Compiled compiled = PolicyCompiler.compile(sources);
        compiled.errors().forEach(error -> terminal.complain(Essentials.printable(error.toString())));
        if (faulty || !compiled.errors().isEmpty()) {
            return ExitCode.USAGE;
        }
        final Optional<String> judged = namespace(policies);
        final Predicate<Event> ofNamespace = judged.map(Replay::inNamespace).orElse(event -> true);
        final Replay replay = new Replay(
                compiled.set(), PolicySet.EMPTY, selection.selection(null).matcher());
        final OpenedTrail opened = source.open(terminal);
        final TrailStream.Passed passed = TrailStream.read(
                opened.trail(),
                event -> {
                    if (ofNamespace.test(event)) {
                        replay.take(event);
                    }
                },
                (done, of) -> terminal.progress("replaying", done, of));
        terminal.clearProgress();
        passed.sealed().forEach((why, count) -> terminal.complain(Counted.of(count, "event") + " not judged: " + why));
        if (replay.report().events() == 0) {
            throw new UsageException("there is no event"
                    + judged.map(name -> " of namespace " + name).orElse("") + " to judge in "
                    + opened.trail().directory() + ": --namespace, --workload, --since and --until say which ones");
        }
        final ReplayResult result = new ReplayResult(judged, replay.report(), sources, passed.unreadable());
        if (output.isTable()) {
            result.table(terminal);
        } else {
            output.write(result.machine(), terminal);
        }
        final int code = opened.report(terminal);
        return failOnDeny && replay.report().newlyDenied() > 0 ? ExitCode.FINDING : code;
    }

    /** The namespace whose events the policies are about; empty for all. */
    private Optional<String> namespace(List<PolicyReader.Read> policies) throws UsageException {
        if (namespace != null) {
            return Optional.of(namespace);
        }
        final Set<String> names = new LinkedHashSet<>();
        policies.forEach(policy -> policy.namespace().ifPresent(names::add));
        if (names.size() > 1) {
            throw new UsageException(
                    "the policies are of the namespaces " + String.join(", ", names) + ": say which with --namespace");
        }
        return names.stream().findFirst();
    }
}
