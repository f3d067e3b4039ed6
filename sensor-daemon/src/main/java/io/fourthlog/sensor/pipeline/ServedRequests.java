package io.fourthlog.sensor.pipeline;

import io.fourthlog.redaction.KnownText;
import io.fourthlog.sensor.action.Agent;
import io.fourthlog.sensor.action.Cause;
import io.fourthlog.sensor.action.Credential;
import io.fourthlog.sensor.action.ServedRequest;
import io.fourthlog.sensor.action.Session;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.protocol.ServedExchange;
import io.fourthlog.sensor.streams.GapCause;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes an identity_assertion of who asks an agent for something, as the root of what the agent does because of it: with the first action
 * that follows from the request, or when it is answered, if nothing was asked from that address before in the session.
 */
final class ServedRequests {
    private final Recorder recorder;
    private final Identities identities;
    private final Supplier<Instant> now;

    ServedRequests(final Recorder recorder, final Identities identities, final Supplier<Instant> now) {
        this.recorder = recorder;
        this.identities = identities;
        this.now = now;
    }

    /** What takes a request that begins. */
    ServedExchange.Listener request(
            final Agent agent,
            final HttpHead head,
            final boolean plain,
            final @Nullable String clientAddress,
            final List<Credential> credentials) {
        return new Request(agent, head, plain, clientAddress, credentials);
    }

    private final class Request implements ServedExchange.Listener {
        private final Agent agent;
        private final Session session;
        private final ServedRequest request;
        private final String methodAndUrl;
        private final @Nullable String clientAddress;
        private final List<Credential> credentials;
        private final Instant ts = now.get();

        private Request(
                final Agent agent,
                final HttpHead head,
                final boolean plain,
                final @Nullable String clientAddress,
                final List<Credential> credentials) {
            this.agent = agent;
            this.session = agent.session();
            this.clientAddress = clientAddress;
            this.credentials = credentials;
            final String url = HttpAccesses.masked(recorder.engine(agent), head, plain, new ArrayList<>());
            methodAndUrl = head.method() + " " + url;
            request = new ServedRequest(
                    agent,
                    head.traceId(),
                    credentials.isEmpty()
                            ? null
                            : credentials.stream().map(Credential::keyedHash).collect(Collectors.joining(" ")),
                    methodAndUrl.length()
                            + credentials.stream().mapToInt(Credential::length).sum(),
                    this::tell);
            session.served(request);
        }

        private Cause tell(final Cause before) {
            if (clientAddress != null) {
                session.firstRequest(clientAddress);
            }
            return before.then(identities.asked(agent, methodAndUrl, clientAddress, credentials, before, ts));
        }

        @Override
        public void becomesSocket() {
            session.servesSocket(request);
        }

        @Override
        public void speaks() {
            session.speaks(request);
        }

        @Override
        public void says(final byte[] utf8, final int from, final int to) {
            note(utf8, from, to);
            int start = from;
            int end = to;
            while (start < end && utf8[start] >= 0 && utf8[start] <= ' ') {
                start++;
            }
            while (start < end && utf8[end - 1] >= 0 && utf8[end - 1] <= ' ') {
                end--;
            }
            if (end - start < to - from) {
                note(utf8, start, end); // as an application hands it on
            }
        }

        private void note(final byte[] utf8, final int from, final int to) {
            if (from < to) {
                session.served(request, KnownText.of(recorder.config().hmac(), utf8, from, to));
            }
        }

        @Override
        public void unread(final GapCause cause) {
            recorder.gap(
                    agent,
                    request.cause(Cause.begin(Session.newTraceId())),
                    null,
                    cause,
                    ts,
                    now.get(),
                    -1,
                    "what is asked of the agent in a request is not known");
        }

        @Override
        public void answers() {
            if (!request.isTold() && clientAddress != null && session.firstRequest(clientAddress)) {
                request.cause(Cause.begin(Session.newTraceId()));
            }
        }

        @Override
        public void over() {
            session.servedEnded(request);
        }
    }
}
