package io.fourthlog.actionlog.event;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A workload said who it is, or was asked for something by somebody who said so.
 *
 * @param serviceAccount {@code NAMESPACE/NAME} of the Kubernetes service account
 * @param federatedIdentity issuer and subject of the token, or a keyed hash of an opaque one
 * @param assertedScope what it asked to be allowed; kept sorted
 * @param grantedScope what it was allowed; kept sorted
 * @param request what the workload was asked for, as {@code METHOD URL}; {@code null} where it said who it is itself
 * @param clientAddress who asked
 */
public record IdentityAssertion(
        Header header,
        @Nullable String serviceAccount,
        @Nullable String federatedIdentity,
        @Nullable List<String> assertedScope,
        @Nullable List<String> grantedScope,
        @Nullable String request,
        @Nullable String clientAddress)
        implements Event {

    public IdentityAssertion {
        serviceAccount = Rules.optionalText("service_account", serviceAccount);
        federatedIdentity = Rules.optionalText("federated_identity", federatedIdentity);
        assertedScope = assertedScope == null ? null : Rules.sortedSet("asserted_scope", assertedScope);
        grantedScope = grantedScope == null ? null : Rules.sortedSet("granted_scope", grantedScope);
        request = Rules.optionalText("request", request);
        clientAddress = Rules.optionalText("client_address", clientAddress);
        Rules.Unknowns.of(header)
                .field("service_account", serviceAccount)
                .field("federated_identity", federatedIdentity)
                .field("asserted_scope", assertedScope)
                .field("granted_scope", grantedScope)
                .nothingElse(EventType.IDENTITY_ASSERTION);
    }

    @Override
    public EventType type() {
        return EventType.IDENTITY_ASSERTION;
    }
}
