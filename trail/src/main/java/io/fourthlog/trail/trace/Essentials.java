package io.fourthlog.trail.trace;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Enforcement;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.Gap;
import io.fourthlog.actionlog.event.IdentityAssertion;
import io.fourthlog.actionlog.event.JsonFragment;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.actionlog.event.RequestedTool;
import io.fourthlog.actionlog.event.ToolInvocation;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** An event in one line, for people: what they would ask first. */
public final class Essentials {

    private static final int HASH_SHOWN = 26; // "hmac:", a key id of eight, a colon, twelve digits
    private static final long KIBI = 1024;

    private Essentials() {}

    /** The kind of event, in one short word. */
    public static String label(Event event) {
        return switch (event) {
            case ModelInvocation model -> "model";
            case ToolInvocation tool -> "tool";
            case DataAccess data -> "data";
            case PolicyDecision policy -> "policy";
            case IdentityAssertion identity -> "identity";
            case ErrorEvent error -> error.gap() == null ? "error" : "gap";
        };
    }

    /** Whether policy said no. */
    public static boolean denies(Event event) {
        return event instanceof PolicyDecision policy && policy.decision() == Decision.DENY;
    }

    /** What happened. */
    public static String of(Event event) {
        final List<String> parts = switch (event) {
            case ModelInvocation model -> model(model);
            case ToolInvocation tool -> tool(tool);
            case DataAccess data -> data(data);
            case PolicyDecision policy -> policy(policy);
            case IdentityAssertion identity -> identity(identity);
            case ErrorEvent error -> error(error);
        };
        if (event.header().completeness().gap() && !(event instanceof ErrorEvent)) {
            final Long missing = event.header().completeness().missingBytes();
            parts.add(missing == null ? "not all of it was seen" : bytes(missing) + " of it were not seen");
        }
        return printable(String.join(" · ", parts));
    }

    private static List<String> model(ModelInvocation model) {
        final List<String> parts = new ArrayList<>();
        parts.add(Objects.requireNonNullElse(model.modelId(), "a model that was not named")
                + (model.destination() == null ? "" : " at " + place(model.destination())));
        if (model.promptClass() != null) {
            parts.add(model.promptClass());
        }
        parts.add(count(model.promptTokenCount()) + " → " + count(model.outputTokenCount()) + " tokens");
        tags(parts, "in", model.inputSensitivity());
        tags(parts, "out", model.outputSensitivity());
        if (model.httpStatus() != null && model.httpStatus() >= 400) {
            parts.add("HTTP " + model.httpStatus());
        }
        for (final RequestedTool tool : model.toolsRequested()) {
            parts.add("asks for " + call(tool.name(), tool.paramSchema()));
        }
        return parts;
    }

    /** A host with its port, and whether that is outside. */
    public static String place(Destination destination) {
        return destination.host() + ":" + destination.port() + (destination.external() ? " (external)" : "");
    }

    private static List<String> tool(ToolInvocation tool) {
        final List<String> parts = new ArrayList<>();
        parts.add(call(tool.toolName(), tool.paramSchema())
                + (tool.destination() == null ? "" : " of " + tool.destination()));
        parts.add(Objects.requireNonNullElse(tool.returnStatus(), "status not known"));
        if (tool.returnSize() != null) {
            parts.add(bytes(tool.returnSize()) + " back");
        }
        if (tool.durationMs() != null) {
            parts.add(tool.durationMs() + " ms");
        }
        tags(parts, "params", tool.paramSensitivity());
        return parts;
    }

    private static List<String> data(DataAccess data) {
        final List<String> parts = new ArrayList<>();
        parts.add(data.accessMode() + " " + data.resourceUri());
        parts.add(data.byteCount() == null ? "bytes not known" : bytes(data.byteCount()));
        if (data.rowCount() != null) {
            parts.add(data.rowCount() + " rows");
        }
        tags(parts, "holds", data.sensitivityTagsResolved());
        return parts;
    }

    private static List<String> policy(PolicyDecision policy) {
        final List<String> parts = new ArrayList<>();
        parts.add(policy.decision().wire().toUpperCase(Locale.ROOT) + " by " + policy.policyId()
                + (policy.ruleFired() == null ? "" : ", rule " + policy.ruleFired()));
        if (policy.enforcement() != Enforcement.NONE) {
            parts.add(enforcement(policy));
        }
        if (policy.message() != null && !policy.message().equals(defaultMessage(policy))) {
            parts.add(policy.message());
        }
        if (policy.severity() != null) {
            parts.add(policy.severity());
        }
        return parts;
    }

    /** What became of the enforcement: {@code enforced (terminate)}, {@code failed (block: REASON)}. */
    public static String enforcement(PolicyDecision policy) {
        final String what = Stream.of(policy.enforcementAction(), policy.enforcementError())
                .flatMap(Stream::ofNullable)
                .collect(Collectors.joining(": "));
        return policy.enforcement().wire() + (what.isEmpty() ? "" : " (" + what + ")");
    }

    /** What a rule without a message of its own says. */
    private static String defaultMessage(PolicyDecision policy) {
        return "rule " + policy.ruleFired() + " of " + policy.policyId();
    }

    private static List<String> identity(IdentityAssertion identity) {
        final List<String> parts = new ArrayList<>();
        if (identity.request() != null) {
            parts.add(identity.request());
            parts.add("from " + (identity.clientAddress() == null ? "an unknown address" : identity.clientAddress()));
        }
        if (identity.serviceAccount() != null) {
            parts.add("service account " + identity.serviceAccount());
        } else {
            parts.add(
                    identity.request() != null && identity.federatedIdentity() == null
                            ? "without a credential"
                            : "a credential");
        }
        if (identity.federatedIdentity() != null) {
            parts.add(abbreviated(identity.federatedIdentity()));
        }
        tags(parts, "asks for", identity.assertedScope());
        tags(parts, "granted", identity.grantedScope());
        return parts;
    }

    /** A keyed hash is told from others by its beginning. */
    private static String abbreviated(String identity) {
        return identity.startsWith("hmac:") && identity.length() > HASH_SHOWN
                ? identity.substring(0, HASH_SHOWN) + "…"
                : identity;
    }

    private static List<String> error(ErrorEvent error) {
        final List<String> parts = new ArrayList<>();
        parts.add(error.errorClass());
        final Gap gap = error.gap();
        if (gap != null) {
            parts.add("not seen: " + unseen(gap));
        }
        if (error.recoveryAction() != null) {
            parts.add(error.recoveryAction());
        }
        return parts;
    }

    /** Whether policy let pass what no rule spoke of. */
    public static boolean allowsWithoutRule(Event event) {
        return event instanceof PolicyDecision policy
                && policy.decision() == Decision.ALLOW
                && policy.ruleFired() == null;
    }

    /** How much was not seen. */
    public static String unseen(Gap gap) {
        final List<String> parts = new ArrayList<>();
        if (gap.bytes() != null) {
            parts.add(bytes(gap.bytes()));
        }
        if (gap.events() != null) {
            parts.add(gap.events() + " events");
        }
        final long millis = gap.to().toEpochMilli() - gap.from().toEpochMilli();
        if (millis > 0) {
            parts.add(String.format(Locale.ROOT, "%.1f s", millis / 1000.0));
        }
        return parts.isEmpty() ? "how much is not known" : String.join(", ", parts);
    }

    /** A tool and the shape of its parameters. */
    public static String call(String name, @Nullable JsonFragment shape) {
        return name + (shape == null ? "(shape not known)" : ShapeText.of(shape));
    }

    private static void tags(List<String> parts, String what, @Nullable List<String> tags) {
        if (tags != null && !tags.isEmpty()) {
            parts.add(what + " " + String.join(" ", tags));
        }
    }

    private static String count(@Nullable Long count) {
        return count == null ? "?" : String.valueOf(count);
    }

    /** Bytes as people read them, exact up to a kibibyte. */
    public static String bytes(long bytes) {
        if (bytes < KIBI) {
            return bytes + " B";
        }
        return bytes < KIBI * KIBI
                ? String.format(Locale.ROOT, "%.1f KiB", bytes / (double) KIBI)
                : String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (KIBI * KIBI));
    }

    /**
     * Without what could steer a terminal, also by the controls of 8 bits (U+009B is ESC [), and what cannot be seen or turns the direction of
     * what can, but for what joins letters: names of tools and models come from outside.
     */
    public static String printable(String text) {
        return text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}&&[^\\u200C\\u200D]]", "\uFFFD");
    }
}
