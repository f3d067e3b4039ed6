package io.fourthlog.trail.collector;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.actionlog.log.AcceptResult;
import io.fourthlog.actionlog.log.Contradiction;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.folder.NumberedFiles;
import io.fourthlog.trail.folder.TrailFolder;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The collector's resources. Sensors push, readers read, and nobody does both.
 *
 * <pre>
 *   POST /v1/logs/LOG               a batch, see {@link Batch}
 *     200 {"size":S,"cosignature":"…"}   it has S events now; "erased": keys of theirs that were destroyed, and not to be used again
 *     409 {"size":S,"error":"…"}         it has S events: go on from there, or the log contradicts itself
 *   GET  /v1/logs                   {"witness":"VKEY","witness_ml_dsa_44":"VKEY","logs":[{"name":…,"size":…,"expired":…,"last_push":…,"conflicts":…}]}
 *   GET  /v1/logs/LOG/checkpoint    C2SP tlog-tiles, with /tile/…; log.json has the log's vkeys
 *   GET  /v1/logs/LOG/tombstones.json  what is left of what expired; there is none while nothing has
 *   GET  /v1/logs/LOG/evidence      [{"kind":…,"held":NOTE,"offered":NOTE,…}]
 *   GET  /v1/timestamps             {"last":N}: timestamps are numbered from 1; /v1/timestamps/N is one
 *   GET  /v1/erasures               the same of records of erasures
 *   GET  /v1/subject-keys/ID        {"key_id":…,"key":BASE64}: what opens events that are sealed with it
 *   POST /v1/logs/LOG/subject-keys  {"keys":[…]}: keys of subjects, wrapped for GET /v1/recipient {"public_key":BASE64}
 * </pre>
 */
final class HttpApi {

    private static final Logger LOG = LoggerFactory.getLogger(HttpApi.class);

    static final Duration BODY_TIME = Duration.ofSeconds(30); // as long as a sensor waits for the answer
    private static final JsonMapper JSON = new JsonMapper();
    private static final String JSON_TYPE = "application/json";
    private static final Pattern LOG_PATH = Pattern.compile("/v1/logs/(?<log>[a-z0-9.@-]+)(?:/(?<file>[a-z0-9./-]+))?");
    private static final Pattern NUMBERED_PATH =
            Pattern.compile("/v1/(?<kind>timestamps|erasures)(?:/(?<number>[1-9][0-9]{0,7}))?");
    private static final Pattern KEY_PATH = Pattern.compile("/v1/subject-keys/([0-9a-f]{32})");

    private final Mirrors mirrors;
    private final TrailFolder folder;
    private final SubjectKeyApi subjectKeys;
    private final TrailMetrics metrics;
    private final Admission admission = new Admission();

    HttpApi(Mirrors mirrors, TrailFolder folder, SubjectKeyApi subjectKeys, TrailMetrics metrics) {
        this.mirrors = mirrors;
        this.folder = folder;
        this.subjectKeys = subjectKeys;
        this.metrics = metrics;
    }

    void handle(ServerRequest request, ServerResponse response) {
        try {
            serve(request, response, caller(request));
        } catch (RefusedException e) {
            refuse(response, e.refusal(), JSON.createObjectNode().put("error", e.getMessage()));
        } catch (NoSuchFileException e) {
            refuse(response, Refusal.NOT_FOUND, JSON.createObjectNode().put("error", "there is no such file"));
        } catch (IOException e) {
            LOG.error("{} {}", request.prologue().method(), request.path().rawPath(), e);
            refuse(response, Refusal.STORAGE, JSON.createObjectNode().put("error", "the trail's disk fails"));
        }
    }

    private static Caller caller(ServerRequest request) throws RefusedException {
        final Certificate[] chain = request.remotePeer().tlsCertificates().orElse(new Certificate[0]);
        if (chain.length == 0 || !(chain[0] instanceof X509Certificate certificate)) {
            throw new RefusedException(Refusal.FORBIDDEN, "there is no client certificate");
        }
        return Caller.of(certificate);
    }

    private void serve(ServerRequest request, ServerResponse response, Caller caller)
            throws RefusedException, IOException {
        final String path = request.path().rawPath(); // as it came: nothing in a name of ours needs decoding
        final Method method = request.prologue().method();
        final Matcher matcher = LOG_PATH.matcher(path);
        final Matcher numbered = NUMBERED_PATH.matcher(path);
        final Matcher key = KEY_PATH.matcher(path);
        final boolean matches = matcher.matches();
        if (path.equals("/v1/logs") && method.equals(Method.GET)) {
            requireReader(caller);
            send(response, Status.OK_200, list());
        } else if (numbered.matches() && method.equals(Method.GET)) {
            requireReader(caller);
            numbered(response, numbered);
        } else if (key.matches() && method.equals(Method.GET)) {
            requireReader(caller);
            response.header(HeaderNames.CACHE_CONTROL, "no-store");
            send(response, Status.OK_200, subjectKeys.key(key.group(1)));
        } else if (path.equals("/v1/recipient") && method.equals(Method.GET)) {
            send(response, Status.OK_200, JSON.createObjectNode().put("public_key", subjectKeys.recipient()));
        } else if (matches && "subject-keys".equals(matcher.group("file")) && method.equals(Method.POST)) {
            final LogName name = log(matcher);
            requireSensorOf(name, caller);
            try (Admission.Ticket _ = admission.enter(name.namespace())) {
                subjectKeys.take(name, request.content().inputStream());
            }
            send(response, Status.OK_200, JSON.createObjectNode());
        } else if (matches && matcher.group("file") == null && method.equals(Method.POST)) {
            push(request, response, caller, log(matcher));
        } else if (matches && matcher.group("file") != null && method.equals(Method.GET)) {
            requireReader(caller);
            file(response, log(matcher), matcher.group("file"));
        } else {
            throw new RefusedException(Refusal.NOT_FOUND, "there is no such resource");
        }
    }

    private void numbered(ServerResponse response, Matcher path) throws IOException {
        final NumberedFiles files = path.group("kind").equals("timestamps") ? folder.timestamps() : folder.erasures();
        final String number = path.group("number");
        if (number == null) {
            send(response, Status.OK_200, JSON.createObjectNode().put("last", files.last()));
        } else {
            response.header(HeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8");
            response.send(files.read(Integer.parseInt(number)));
        }
    }

    private static LogName log(Matcher matcher) throws RefusedException {
        return LogName.parse(matcher.group("log"))
                .orElseThrow(() -> new RefusedException(
                        Refusal.NOT_FOUND,
                        "a log's name looks like CLUSTER.NAMESPACE.NODE or CLUSTER.NAMESPACE.NODE@CLASS"));
    }

    private static void requireReader(Caller caller) throws RefusedException {
        if (!(caller instanceof Caller.Reader)) {
            throw new RefusedException(
                    Refusal.FORBIDDEN, caller.describe() + " may not read: that takes a certificate for reader:NAME");
        }
    }

    private static void requireSensorOf(LogName name, Caller caller) throws RefusedException {
        if (!(caller instanceof Caller.Sensor(String namespace)) || !namespace.equals(name.namespace())) {
            throw new RefusedException(
                    Refusal.FORBIDDEN,
                    caller.describe() + " may not push " + name + ": that takes a certificate for sensor:"
                            + name.namespace());
        }
    }

    private void push(ServerRequest request, ServerResponse response, Caller caller, LogName name)
            throws RefusedException, IOException {
        requireSensorOf(name, caller);
        final Mirrors.Taken taken;
        final Set<String> erased;
        try (Admission.Ticket ticket = admission.enter(name.namespace())) {
            final Batch batch = read(request);
            taken = ticket.whenRoom(() -> mirrors.accept(name, batch, caller.describe()));
            erased = subjectKeys.erased(batch.entries());
        }
        switch (taken.result()) {
            case AcceptResult.Accepted accepted -> {
                metrics.accepted(name, taken.added(), taken.bytes());
                final ObjectNode answer = JSON.createObjectNode()
                        .put("size", taken.size())
                        .put("cosignature", accepted.cosignature().toString());
                erased.forEach(answer.withArray("erased")::add);
                send(response, Status.OK_200, answer);
            }
            case AcceptResult.Stale(long size) ->
                refuse(
                        response,
                        Refusal.STALE,
                        JSON.createObjectNode().put("size", size).put("error", "go on from " + size));
            case AcceptResult.Conflict(Contradiction found) -> {
                metrics.conflict(name, found);
                refuse(
                        response,
                        Refusal.CONFLICT,
                        JSON.createObjectNode().put("size", taken.size()).put("error", found.message()));
            }
            case AcceptResult.Refused(String message) -> throw new RefusedException(Refusal.UNTRUSTED, message);
        }
    }

    private static Batch read(ServerRequest request) throws RefusedException, IOException {
        try {
            return Batch.read(request.content().inputStream(), BODY_TIME);
        } catch (CloseConnectionException | DataReader.InsufficientDataAvailableException e) {
            // How Helidon says that the connection failed, or was silent for too long.
            throw new RefusedException(Refusal.INCOMPLETE, "the body does not come: " + e.getMessage());
        }
    }

    private ObjectNode list() {
        final ObjectNode list = JSON.createObjectNode()
                .put("witness", mirrors.witness().toString())
                .put("witness_ml_dsa_44", mirrors.lastingWitness().toString());
        final ArrayNode logs = list.putArray("logs");
        mirrors.states().forEach((name, state) -> {
            final ObjectNode log = logs.addObject().put("name", name.name()).put("size", state.size());
            log.put("expired", state.expired());
            log.put("last_push", state.lastPush().map(Object::toString).orElse(null));
            log.put("conflicts", state.conflicts());
        });
        return list;
    }

    private void file(ServerResponse response, LogName name, String file) throws IOException {
        if (file.equals("evidence")) {
            final ArrayNode all = JSON.createArrayNode();
            mirrors.evidence(name).all().forEach(all::add);
            response.header(HeaderNames.CONTENT_TYPE, JSON_TYPE);
            response.send(all.toString().getBytes(StandardCharsets.UTF_8));
            return;
        }
        final byte[] content = mirrors.published(name, file);
        // Tiles never change; a checkpoint is another one soon, and nothing keeps an entry that has expired here.
        response.header(
                HeaderNames.CACHE_CONTROL,
                file.startsWith("tile/") && !file.startsWith("tile/entries/")
                        ? "private, immutable, max-age=604800"
                        : "no-store");
        response.header(
                HeaderNames.CONTENT_TYPE,
                file.startsWith("tile/") ? "application/octet-stream" : "text/plain; charset=utf-8");
        response.send(content);
    }

    private void refuse(ServerResponse response, Refusal refusal, ObjectNode body) {
        metrics.refused(refusal);
        if (refusal == Refusal.BUSY) {
            response.header(HeaderNames.RETRY_AFTER, "1");
        }
        send(response, Status.create(refusal.status()), body);
    }

    private static void send(ServerResponse response, Status status, ObjectNode body) {
        response.status(status);
        response.header(HeaderNames.CONTENT_TYPE, JSON_TYPE);
        response.send(body.toString().getBytes(StandardCharsets.UTF_8));
    }
}
