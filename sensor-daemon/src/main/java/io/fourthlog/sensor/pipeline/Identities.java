package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.IdentityAssertion;
import io.fourthlog.redaction.Plaintext;
import io.fourthlog.redaction.RedactionEngine;
import io.fourthlog.sensor.action.Agent;
import io.fourthlog.sensor.action.Cause;
import io.fourthlog.sensor.action.Credential;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Records who a workload says it is, once for each session and credential, and who asks it for something. */
final class Identities {
    private static final String TOKEN_FOLDER = "/secrets/kubernetes.io/serviceaccount/";
    private static final String NOT_GRANTED_HERE = "what is granted is decided by the other side";
    private static final String NOT_SEEN_HERE = "what the agent allows is not seen";

    private final Recorder recorder;

    Identities(final Recorder recorder) {
        this.recorder = recorder;
    }

    /** A request carried these credentials: which of them counts is for the other side to say. */
    void asserted(final Agent agent, final List<Credential> credentials, final Cause cause, final Instant ts) {
        for (final Credential credential : credentials) {
            if (agent.session().firstUse(credential.keyedHash())) {
                presented(agent, null, null, credential, NOT_GRANTED_HERE, cause, ts);
            }
        }
    }

    /**
     * Somebody asks an agent for something, with these credentials, or with none that is known as one; answers the id of the first's event,
     * from which those of the others follow.
     */
    UUID asked(
            final Agent agent,
            final String request,
            final @Nullable String clientAddress,
            final List<Credential> credentials,
            final Cause cause,
            final Instant ts) {
        final Credential first = credentials.isEmpty() ? null : credentials.getFirst();
        final UUID id = presented(agent, request, clientAddress, first, NOT_SEEN_HERE, cause, ts);
        credentials.stream()
                .skip(1)
                .forEach(other -> presented(agent, request, clientAddress, other, NOT_SEEN_HERE, cause.then(id), ts));
        return id;
    }

    private UUID presented(
            final Agent agent,
            final @Nullable String request,
            final @Nullable String clientAddress,
            final @Nullable Credential credential,
            final String notGranted,
            final Cause cause,
            final Instant ts) {
        final TreeMap<String, String> unknown = new TreeMap<>();
        unknown.put("granted_scope", notGranted);
        if (credential == null) {
            for (final String field : List.of("service_account", "federated_identity", "asserted_scope")) {
                unknown.put(field, "the request carries no credential in its usual place");
            }
        } else {
            if (credential.serviceAccount() == null) {
                unknown.put("service_account", "the credential names none");
            }
            if (credential.scope() == null) {
                unknown.put("asserted_scope", "the credential is opaque");
            }
        }
        final UUID id = recorder.newId();
        final Evidence evidence = credential == null ? Evidence.OBSERVED : Evidence.SELF_REPORTED;
        final Header header = recorder.header(id, agent, cause, ts, Completeness.COMPLETE, evidence)
                .withUnknown(unknown);
        recorder.judgeAndRecord(
                new IdentityAssertion(
                        header,
                        credential == null ? null : credential.serviceAccount(),
                        credential == null ? null : "hmac:" + credential.keyedHash(),
                        credential == null ? null : masked(recorder.engine(agent), credential.scope()),
                        null,
                        request,
                        clientAddress),
                agent,
                cause);
        if (credential != null && credential.expires() >= 0 && credential.expires() < ts.getEpochSecond()) {
            recorder.error(agent, cause.then(id), ts, "identity.token.expired");
        }
        return id;
    }

    /** Without what is sensitive: whoever makes a token says what stands in it. */
    private static @Nullable List<String> masked(final RedactionEngine engine, final @Nullable List<String> scope) {
        return scope == null
                ? null
                : scope.stream().map(each -> masked(engine, each)).distinct().toList();
    }

    private static String masked(final RedactionEngine engine, final String scope) {
        final byte[] utf8 = scope.getBytes(StandardCharsets.UTF_8);
        try (Plaintext text = Plaintext.copyOf(utf8, 0, utf8.length)) {
            final SortedSet<String> tags = engine.sensitivity(text);
            return tags.isEmpty() ? scope : "(" + tags.first() + ")";
        }
    }

    /** A process logs in to a database, as far as its protocol says. */
    void loggedIn(final Agent agent, final String identity, final @Nullable String database, final Instant ts) {
        if (!agent.session().firstUse(identity + "/" + database)) {
            return;
        }
        final TreeMap<String, String> unknown = new TreeMap<>();
        unknown.put("service_account", "a database has users of its own");
        unknown.put("granted_scope", NOT_GRANTED_HERE);
        if (database == null) {
            unknown.put("asserted_scope", "the login names no database");
        }
        final Cause cause = agent.session().ambient(agent);
        final Header header = recorder.header(
                        recorder.newId(), agent, cause, ts, Completeness.COMPLETE, Evidence.SELF_REPORTED)
                .withUnknown(unknown);
        recorder.judgeAndRecord(
                new IdentityAssertion(
                        header, null, identity, database == null ? null : List.of(database), null, null, null),
                agent,
                cause);
    }

    /** Whether this file is the token of a pod's service account. */
    static boolean isToken(final String path) {
        return path.contains(TOKEN_FOLDER) && path.endsWith("/token");
    }

    /** A process opened the token of its pod's service account; {@code cause} is that data_access. */
    void tokenRead(final Agent agent, final Cause cause, final Instant ts) {
        final String account = "system:serviceaccount:" + agent.workload().namespace() + ":"
                + agent.workload().serviceAccount();
        if (!agent.session().firstUse(account)) {
            return;
        }
        final TreeMap<String, String> unknown = new TreeMap<>();
        unknown.put("federated_identity", "the token's content is not looked at");
        unknown.put("asserted_scope", "the token's content is not looked at");
        unknown.put("granted_scope", NOT_GRANTED_HERE);
        final Header header = recorder.header(
                        recorder.newId(), agent, cause, ts, Completeness.COMPLETE, Evidence.OBSERVED)
                .withUnknown(unknown);
        recorder.judgeAndRecord(new IdentityAssertion(header, account, null, null, null, null, null), agent, cause);
    }
}
