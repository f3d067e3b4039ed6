package io.fourthlog.policy.behaviour;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.IdentityAssertion;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.actionlog.event.ToolInvocation;
import java.util.Objects;

/** What an event is about, as a name: the tool, the model, the resource, …; empty if that is not known. */
final class Subjects {

    private Subjects() {}

    static String of(Event event) {
        return switch (event) {
            case ToolInvocation tool -> tool.toolName();
            case ModelInvocation model -> Objects.requireNonNullElse(model.modelId(), "");
            case DataAccess access -> access.resourceUri();
            case IdentityAssertion identity ->
                identity.serviceAccount() != null
                        ? identity.serviceAccount()
                        : Objects.requireNonNullElse(identity.federatedIdentity(), "");
            case ErrorEvent error -> error.errorClass();
            case PolicyDecision decision -> decision.policyId();
        };
    }
}
