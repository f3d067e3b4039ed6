package io.fourthlog.trail.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.IdentityAssertion;
import io.fourthlog.trail.Scene;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EssentialsTest {
    private static String asked(@Nullable String clientAddress, @Nullable String federatedIdentity) {
        final String reason = "not seen";
        Map<String, String> unknown =
                Map.of("service_account", reason, "asserted_scope", reason, "granted_scope", reason);
        if (federatedIdentity == null) {
            unknown = Map.of(
                    "service_account",
                    reason,
                    "asserted_scope",
                    reason,
                    "granted_scope",
                    reason,
                    "federated_identity",
                    reason);
        }
        return Essentials.of(new IdentityAssertion(
                Scene.header(1, Scene.HELPDESK_TRACE, Scene.HELPDESK, null, 0).withUnknown(unknown),
                null,
                federatedIdentity,
                null,
                null,
                "POST https://helpdesk/chat",
                clientAddress));
    }

    @Test
    void whoAskedForWhat() {
        assertThat(asked("10.1.2.3", "hmac:k1:abab"))
                .isEqualTo("POST https://helpdesk/chat · from 10.1.2.3 · a credential · hmac:k1:abab");
        assertThat(asked(null, null))
                .isEqualTo("POST https://helpdesk/chat · from an unknown address · without a credential");
    }
}
