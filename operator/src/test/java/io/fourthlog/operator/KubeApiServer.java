package io.fourthlog.operator;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A real etcd and kube-apiserver (and, if asked for, kube-controller-manager) on free ports of loopback, from the binaries that
 * {@code make setup} builds. They are ended by pid; what a killed test left behind, the next one ends, from the pids recorded in its
 * folder.
 */
public final class KubeApiServer implements AutoCloseable {

    private static final Path CACHE = Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
            .map(Path::of)
            .orElse(Path.of(System.getProperty("user.home"), ".cache"))
            .resolve("fourthlog");
    private static final Path RUNS = CACHE.resolve("test-clusters");
    private static final String TOKEN = "test";
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final Path folder;
    private final Path binaries;
    private final int port;
    private final List<Process> processes = new ArrayList<>();
    private List<String> apiServerArguments = List.of();
    private @Nullable Process apiServerProcess;

    private KubeApiServer(Path folder, Path binaries, int port) {
        this.folder = folder;
        this.binaries = binaries;
        this.port = port;
    }

    /** Starts one and waits until it is ready. */
    public static KubeApiServer start() {
        try {
            Files.createDirectories(RUNS);
            endWhatKilledTestsLeft();
            Path folder = Files.createTempDirectory(RUNS, "run-");
            int[] ports = freePorts(3);
            KubeApiServer server = new KubeApiServer(folder, binaries(), ports[2]);
            server.record(ProcessHandle.current());
            try {
                server.startEtcd(ports[0], ports[1]);
                server.startApiServer(ports[0]);
            } catch (IOException | RuntimeException e) {
                server.close();
                throw e;
            }
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A client with every right. */
    public KubernetesClient client() {
        return new KubernetesClientBuilder().withConfig(config(TOKEN)).build();
    }

    /** How a client reaches it. */
    public Config config(String token) {
        return new ConfigBuilder(Config.empty())
                .withMasterUrl("https://127.0.0.1:" + port)
                .withOauthToken(token)
                .withCaCertFile(folder.resolve("certificates/apiserver.crt").toString())
                .withRequestRetryBackoffLimit(0)
                .build();
    }

    /** Applies the files of a folder of the repository. */
    public static void apply(KubernetesClient client, String... files) {
        for (String file : files) {
            try {
                String yaml = Files.readString(root().resolve(file));
                for (HasMetadata object : client.load(new ByteArrayInputStream(yaml.getBytes(UTF_8)))
                        .items()) {
                    client.resource(object).serverSideApply();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Installs the API and waits until the server serves it. */
    public static void installCrds(KubernetesClient client) {
        apply(
                client,
                "config/crd/agentauditpolicies.yaml",
                "config/crd/redactionprofiles.yaml",
                "config/crd/retentiontiers.yaml");
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> client.apiextensions().v1().customResourceDefinitions().list().getItems().stream()
                        .allMatch(crd -> crd.getStatus().getConditions().stream()
                                .anyMatch(condition -> condition.getType().equals("Established")
                                        && condition.getStatus().equals("True"))));
    }

    /** Folder of the repository. */
    public static Path root() {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve("config/crd"))) {
                return folder;
            }
        }
        throw new IllegalStateException("run the tests inside the repository");
    }

    /** Kills the API server and starts it again with what etcd has: watches end, requests fail, as when it is upgraded. */
    public void restartApiServer(Runnable whileItIsAway) throws IOException {
        Process apiServer = Objects.requireNonNull(apiServerProcess);
        end(apiServer.toHandle());
        processes.remove(apiServer);
        whileItIsAway.run();
        apiServerProcess = spawn("kube-apiserver", apiServerArguments);
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(100)).until(this::ready);
    }

    /** Starts the garbage collector and the namespace controller as well. */
    public void startControllerManager() throws IOException {
        Path kubeconfig = folder.resolve("kubeconfig");
        Files.writeString(kubeconfig, """
                apiVersion: v1
                kind: Config
                clusters: [{name: c, cluster: {server: "https://127.0.0.1:%d", certificate-authority: "%s"}}]
                users: [{name: u, user: {token: %s}}]
                contexts: [{name: x, context: {cluster: c, user: u}}]
                current-context: x
                """.formatted(port, folder.resolve("certificates/apiserver.crt"), TOKEN));
        spawn(
                "kube-controller-manager",
                List.of(
                        "--kubeconfig=" + kubeconfig,
                        "--bind-address=127.0.0.1",
                        "--secure-port=" + freePorts(1)[0],
                        "--cert-dir=" + folder.resolve("certificates"),
                        "--leader-elect=false",
                        "--controllers=namespace,garbagecollector"));
    }

    @Override
    public void close() {
        for (Process process : processes.reversed()) {
            end(process.toHandle());
        }
        delete(folder);
    }

    private void startEtcd(int clients, int peers) throws IOException {
        spawn(
                "etcd",
                List.of(
                        "--data-dir=" + folder.resolve("etcd"),
                        "--listen-client-urls=http://127.0.0.1:" + clients,
                        "--advertise-client-urls=http://127.0.0.1:" + clients,
                        "--listen-peer-urls=http://127.0.0.1:" + peers,
                        "--initial-advertise-peer-urls=http://127.0.0.1:" + peers,
                        "--initial-cluster=default=http://127.0.0.1:" + peers,
                        "--unsafe-no-fsync"));
    }

    private void startApiServer(int etcd) throws IOException {
        Path key = folder.resolve("service-accounts.key");
        Files.writeString(key, serviceAccountKey());
        Path tokens = folder.resolve("tokens.csv");
        Files.writeString(tokens, TOKEN + ",admin,1,\"system:masters\"\n");
        apiServerArguments = List.of(
                "--etcd-servers=http://127.0.0.1:" + etcd,
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                "--secure-port=" + port,
                "--cert-dir=" + folder.resolve("certificates"),
                "--endpoint-reconciler-type=none",
                "--authorization-mode=RBAC",
                "--allow-privileged",
                "--token-auth-file=" + tokens,
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-signing-key-file=" + key,
                "--service-account-key-file=" + key,
                "--service-cluster-ip-range=10.96.0.0/16",
                "--disable-admission-plugins=ServiceAccount");
        apiServerProcess = spawn("kube-apiserver", apiServerArguments);
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(100)).until(this::ready);
    }

    private boolean ready() {
        for (Process process : processes) {
            if (!process.isAlive()) {
                throw new IllegalStateException("a process ended: see " + folder);
            }
        }
        if (!Files.exists(folder.resolve("certificates/apiserver.crt"))) {
            return false;
        }
        try (KubernetesClient client = client()) {
            return "ok".equals(client.raw("/readyz"))
                    && client.namespaces().withName("default").get() != null;
        } catch (KubernetesClientException notYet) {
            return false;
        }
    }

    private Process spawn(String binary, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(binaries.resolve(binary).toString()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(binary + ".log").toFile())
                .start();
        processes.add(process);
        record(process.toHandle());
        return process;
    }

    private static Path binaries() {
        Path folder = Optional.ofNullable(System.getenv("KUBE_BIN_DIR"))
                .map(Path::of)
                .orElse(CACHE.resolve("kube-1.36.3/bin"));
        for (String binary : List.of("etcd", "kube-apiserver", "kube-controller-manager")) {
            if (!Files.isExecutable(folder.resolve(binary))) {
                throw new IllegalStateException(folder + " has no " + binary
                        + ": run \"make setup\", or set KUBE_BIN_DIR to a folder that has it");
            }
        }
        return folder;
    }

    private static int[] freePorts(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        int[] ports = new int[count];
        for (int i = 0; i < count; i++) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            held.add(socket);
            ports[i] = socket.getLocalPort();
        }
        for (ServerSocket socket : held) {
            socket.close();
        }
        return ports;
    }

    private static String serviceAccountKey() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'})
                    .encodeToString(generator.generateKeyPair().getPrivate().getEncoded());
            return "-----BEGIN PRIVATE KEY-----\n" + base64 + "\n-----END PRIVATE KEY-----\n";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    // The record of a run: a line "PID START" for the test's own process first, then for each that it started.

    private void record(ProcessHandle process) throws IOException {
        Files.writeString(
                folder.resolve("pids"),
                process.pid() + " " + started(process) + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    private static Instant started(ProcessHandle process) {
        return process.info().startInstant().orElse(Instant.EPOCH);
    }

    private static void endWhatKilledTestsLeft() throws IOException {
        try (Stream<Path> runs = Files.list(RUNS)) {
            for (Path run : runs.toList()) {
                Path pids = run.resolve("pids");
                List<String> lines = Files.exists(pids) ? Files.readAllLines(pids) : List.of();
                if (lines.isEmpty() || running(lines.getFirst()).isPresent()) {
                    continue;
                }
                lines.stream().flatMap(line -> running(line).stream()).forEach(KubeApiServer::end);
                delete(run);
            }
        }
    }

    private static Optional<ProcessHandle> running(String line) {
        String[] parts = line.split(" ", 2);
        return ProcessHandle.of(Long.parseLong(parts[0]))
                .filter(process -> started(process).toString().equals(parts[1]));
    }

    private static void end(ProcessHandle process) {
        process.destroyForcibly();
        process.onExit().join();
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
