package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.sensor.action.Agent;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.protocol.McpResult;
import io.fourthlog.sensor.protocol.ModelPrompt;
import io.fourthlog.sensor.protocol.RpcCall;
import io.fourthlog.sensor.protocol.RpcExchange;
import io.fourthlog.sensor.protocol.RpcReader;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The MCP servers and A2A agents that tracked processes talk to over HTTP. What a message that was posted asks for is
 * answered in the response to it, or, after the response, in the events of another request to the same endpoint; a server
 * asks in events, and is answered by what is posted.
 */
final class ToolEndpoints {
    private static final int MAX_ENDPOINTS = 4096; // beyond it the one that was silent for longest is given up

    private record Key(Agent agent, @Nullable String host, long target) {}

    /** Where messages are posted, and what has no answer yet on either side. */
    private final class Endpoint implements Holder {
        private final Key key;
        private final MemoryBudget share = budget.share();
        private final ToolServer server;
        private final Requests client = new Requests(recorder, identities, share, now, null); // takes what others began
        private final Requests asked = new Requests(recorder, identities, share, now, null); // by the server
        private final Set<Requests> posting = new LinkedHashSet<>(); // of posts whose response is not over

        private Endpoint(final Key key) {
            this.key = key;
            server = new ToolServer(recorder, share, "mcp+http", key.host());
        }

        private void noAnswer() {
            client.noAnswer();
            asked.noAnswer();
        }

        @Override
        public long held() {
            return share.used();
        }

        @Override
        public void shed() {
            endpoints.remove(key);
            client.answersLost(-1);
            asked.answersLost(-1);
            share.close();
        }
    }

    private final Recorder recorder;
    private final Identities identities;
    private final MemoryBudget budget;
    private final Supplier<Instant> now;
    private final Map<Key, Endpoint> endpoints = new LinkedHashMap<>(16, 0.75f, true);

    ToolEndpoints(
            final Recorder recorder,
            final Identities identities,
            final MemoryBudget budget,
            final Supplier<Instant> now) {
        this.recorder = recorder;
        this.identities = identities;
        this.budget = budget;
        this.now = now;
    }

    /** The kernel lost records of whatever kind. */
    void lost() {
        endpoints.values().forEach(endpoint -> {
            endpoint.client.mayBeLost();
            endpoint.asked.mayBeLost();
            endpoint.posting.forEach(Requests::mayBeLost);
        });
    }

    /** A process has ended: what it asked has no answer any more. */
    void ended(final Agent agent) {
        for (final Map.Entry<Key, Endpoint> each : List.copyOf(endpoints.entrySet())) {
            if (each.getKey().agent() == agent) {
                endpoints.remove(each.getKey());
                each.getValue().noAnswer();
                each.getValue().share.close();
            }
        }
    }

    void addTo(final List<Holder> holders) {
        holders.addAll(endpoints.values());
    }

    /** What a request of {@code agent} begins, if it carries messages; what waits for its answer counts to the connection's {@code share}. */
    RpcExchange.Listener exchange(
            final Agent agent, final HttpHead head, final MemoryBudget share, final @Nullable Destination where) {
        return new Exchange(agent, head, share, where);
    }

    /** Whether messages were posted to where this request goes. */
    boolean knows(final Agent agent, final HttpHead head) {
        return !endpoints.isEmpty() && endpoints.containsKey(new Key(agent, head.host(), head.targetHash()));
    }

    private Endpoint at(final Key key) {
        final Endpoint known = endpoints.get(key);
        if (known != null) {
            return known;
        }
        if (endpoints.size() >= MAX_ENDPOINTS) {
            endpoints.values().iterator().next().shed(); // the one that was silent for longest
        }
        final Endpoint endpoint = new Endpoint(key);
        endpoints.put(key, endpoint);
        return endpoint;
    }

    private final class Exchange implements RpcExchange.Listener {
        private final Agent agent;
        private final Requests posted; // by this exchange
        private final @Nullable String namedTrace;
        private Key key;

        private Exchange(
                final Agent agent, final HttpHead head, final MemoryBudget share, final @Nullable Destination where) {
            this.agent = agent;
            this.posted = new Requests(recorder, identities, share, now, where);
            this.namedTrace = head.traceId();
            this.key = new Key(agent, head.host(), head.targetHash());
        }

        @Override
        public RpcReader.Listener client() {
            return new Client();
        }

        @Override
        public RpcReader.Listener server() {
            return new Server();
        }

        @Override
        public void endpoint(final long targetHash) {
            key = new Key(agent, key.host(), targetHash);
            at(key);
        }

        @Override
        public void gap(final boolean client, final GapCause cause, final long missingBytes) {
            recorder.gap(
                    agent,
                    agent.session().ambient(agent).inTrace(namedTrace),
                    null,
                    cause,
                    now.get(),
                    now.get(),
                    missingBytes);
            if (!client) {
                posted.answersLost(missingBytes);
                final Endpoint endpoint = endpoints.get(key);
                if (endpoint != null) {
                    endpoint.client.answersLost(missingBytes);
                    endpoint.posting.forEach(Requests::mayBeLost);
                }
            }
        }

        @Override
        public boolean answered() {
            return posted.answered();
        }

        @Override
        public void end(final int status) {
            final Endpoint known = endpoints.get(key);
            if (known != null) {
                known.posting.remove(posted);
            }
            if (status >= 400) {
                posted.noAnswer();
            } else if (!posted.isEmpty()) {
                at(key).client.addAll(posted); // the answer comes in the events of another request
            }
        }

        /** The endpoint that something is posted to; it is answered here, or, maybe before the response is over, in the events of another. */
        private Endpoint here() {
            final Endpoint endpoint = at(key);
            endpoint.posting.add(posted);
            return endpoint;
        }

        /** Who waits for the answer to the request with this id. */
        private @Nullable Requests asking(final Endpoint endpoint, final String id) {
            return Stream.concat(Stream.of(posted, endpoint.client), endpoint.posting.stream())
                    .filter(each -> each.expects(id))
                    .findFirst()
                    .orElse(null);
        }

        private final class Client implements RpcReader.Listener {
            @Override
            public void ambiguous() {
                gap(true, GapCause.MCP, -1);
            }

            @Override
            public void call(final RpcCall call) {
                final RpcCall named = call.traceId() != null ? call : call.inTrace(namedTrace);
                final Endpoint endpoint = here();
                posted.call(agent, endpoint.server, named, endpoint.client);
            }

            @Override
            public void sampling(final String id, final ModelPrompt prompt) {
                here();
                posted.sampling(agent, id, prompt);
            }

            @Override
            public void request(final String id) {
                here();
                posted.request(id);
            }

            @Override
            public boolean resumed(final String id, final String task) {
                final Requests asking = asking(here(), task);
                return asking != null && posted.resumed(id, task, asking);
            }

            @Override
            public void cancelled(final String id) {
                final Endpoint known = endpoints.get(key);
                final Requests asking = known == null ? null : asking(known, id);
                if (asking != null) {
                    asking.cancelled(id);
                }
            }

            @Override
            public boolean result(final McpResult result) {
                try (result) {
                    final Endpoint known = endpoints.get(key);
                    return known != null && known.asked.answered(result);
                }
            }
        }

        private final class Server implements RpcReader.Listener {
            @Override
            public void ambiguous() {
                gap(true, GapCause.MCP, -1);
            }

            @Override
            public void call(final RpcCall call) {
                at(key).asked.call(agent, null, call);
            }

            @Override
            public void sampling(final String id, final ModelPrompt prompt) {
                at(key).asked.sampling(agent, id, prompt);
            }

            @Override
            public void request(final String id) {
                at(key).asked.request(id);
            }

            @Override
            public boolean resumed(final String id, final String task) {
                final Requests asked = at(key).asked;
                return asked.resumed(id, task, asked);
            }

            @Override
            public void cancelled(final String id) {
                at(key).asked.cancelled(id);
            }

            @Override
            public boolean result(final McpResult result) {
                try (result) {
                    final Endpoint endpoint = at(key);
                    endpoint.server.introduced(result);
                    endpoint.server.defines(result, agent, now.get());
                    final Requests asking = asking(endpoint, result.id());
                    return asking != null && asking.answered(result);
                }
            }
        }
    }
}
