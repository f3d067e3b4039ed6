package io.fourthlog.policy;

import io.fourthlog.actionlog.event.EventType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** SHA-256 over policies as written: each text behind its length, each list behind its size, so that no two read alike. */
final class PolicyDigest {

    private static final int NONE = -1; // the length of a text that is not there

    private final MessageDigest sha256;

    private PolicyDigest() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    static String of(List<PolicySource> policies) {
        final PolicyDigest digest = new PolicyDigest();
        digest.number(policies.size());
        policies.forEach(digest::policy);
        return "sha256:" + HexFormat.of().formatHex(digest.sha256.digest());
    }

    private void policy(PolicySource policy) {
        text(policy.id());
        number(policy.deny() ? 1 : 0);
        text(policy.failurePolicy().name());
        number(policy.variables().size());
        for (final VariableSource variable : policy.variables()) {
            text(variable.name());
            text(variable.expression());
        }
        number(policy.rules().size());
        policy.rules().forEach(this::rule);
        number(policy.exceptions().size());
        for (final ExceptionSource exception : policy.exceptions()) {
            text(exception.rule());
            text(exception.when());
            text(exception.reason());
            text(exception.expiresAt() == null ? null : exception.expiresAt().toString());
        }
    }

    private void rule(RuleSource rule) {
        text(rule.name());
        number(rule.on().size());
        rule.on().stream().map(EventType::wire).forEach(this::text);
        text(rule.when());
        text(rule.decision().wire());
        text(rule.enforce().name());
        text(rule.severity());
        text(rule.messageExpression());
    }

    private void text(@Nullable String text) {
        if (text == null) {
            number(NONE);
            return;
        }
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        number(bytes.length);
        sha256.update(bytes);
    }

    private void number(int number) {
        sha256.update(ByteBuffer.allocate(Integer.BYTES).putInt(number).flip());
    }
}
