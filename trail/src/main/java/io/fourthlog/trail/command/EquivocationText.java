package io.fourthlog.trail.command;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.actionlog.log.Checkpoint;
import io.fourthlog.trail.proof.Equivocation;
import io.fourthlog.trail.trace.Essentials;
import java.nio.file.Path;
import java.util.Optional;

/** What the evidence against a log proves, in words and for programs. */
final class EquivocationText {

    private static final JsonMapper JSON = new JsonMapper();

    private final Terminal terminal;

    EquivocationText(Terminal terminal) {
        this.terminal = terminal;
    }

    void equivocation(Path file, Equivocation evidence, Equivocation.Verdict verdict) {
        terminal.line(terminal.styled(Style.BOLD, "Evidence against " + Essentials.printable(evidence.log())) + " "
                + Essentials.printable(file.toString()));
        checkpoint("held", verdict.held());
        checkpoint("offered", verdict.offered());
        field("says", Essentials.printable(evidence.message()));
        field("caught", Essentials.printable(evidence.detected() + ", presented by " + evidence.presentedBy()));
        verdict.findings()
                .forEach(finding -> field(terminal.styled(Style.ALARM, "FOUND  "), Essentials.printable(finding)));
        field(
                "result",
                verdict.proven()
                        ? terminal.styled(
                                Style.ALARM,
                                "PROVEN: the log's keys signed two trees of "
                                        + verdict.offered()
                                                .map(Checkpoint::size)
                                                .orElse(0L) + " leaves")
                        : terminal.styled(Style.WARNING, "PROVES NOTHING"));
        if (!verdict.pinned()) {
            terminal.line(
                    terminal.styled(
                            Style.DIM,
                            "Keys: as they stand in the file. This shows that it is whole, not whose log it is. Pin them with --key."));
        }
    }

    private void checkpoint(String name, Optional<Checkpoint> checkpoint) {
        checkpoint.ifPresent(
                signed -> field(name, Counted.of(signed.size(), "leaf", "leaves") + ", root " + signed.rootHash()));
    }

    private void field(String name, String value) {
        terminal.field("offered".length(), name, value);
    }

    /** For programs. */
    static ObjectNode machine(Equivocation evidence, Equivocation.Verdict verdict) {
        final ObjectNode result = JSON.createObjectNode()
                .put("proven", verdict.proven())
                .put("keys_pinned", verdict.pinned())
                .put("log", evidence.log())
                .put("kind", evidence.kind())
                .put("message", evidence.message())
                .put("detected", evidence.detected())
                .put("presented_by", evidence.presentedBy());
        verdict.held().ifPresent(held -> result.set("held", machine(held)));
        verdict.offered().ifPresent(offered -> result.set("offered", machine(offered)));
        verdict.findings().forEach(result.putArray("findings")::add);
        return result;
    }

    private static ObjectNode machine(Checkpoint checkpoint) {
        return JSON.createObjectNode()
                .put("size", checkpoint.size())
                .put("root", checkpoint.rootHash().hex());
    }
}
