package io.fourthlog.operator;

import io.fabric8.kubernetes.client.Config;
import io.fourthlog.operator.cluster.OperatorConfig;
import io.fourthlog.operator.cluster.StartException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code fourthlog-operator}: runs until it is told to stop; exits with 2 when it cannot start. */
@Command(
        name = "fourthlog-operator",
        description = "Turns AgentAuditPolicies into sensors, and says in their status what became of them.",
        mixinStandardHelpOptions = true,
        version = "fourthlog-operator 0.1.0")
public final class OperatorMain implements Callable<Integer> {

    private static final int CANNOT_START = 2;
    private static final int LEADERSHIP_LOST =
            1; // at once: what it has begun must not end after the new leader's first writes

    @Option(
            names = "--config",
            paramLabel = "FILE",
            defaultValue = "${env:OPERATOR_CONFIG:-/etc/fourthlog/operator.yaml}",
            description = "What the chart renders from its values (default: ${DEFAULT-VALUE}).")
    private Path config = Path.of("/etc/fourthlog/operator.yaml");

    /**
     * ChaCha20 before AES. The JDK has AES-GCM in machine code only once its second compiler has seen it, which this program runs without; in
     * Java it took a seventh of a start and, being done by the one thread that reads from the API server, half of its time. Go's servers take
     * what their client likes best. AES is there for those that have nothing else.
     */
    private static final String CIPHER_SUITES = String.join(
            ",",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");

    public static void main(String[] arguments) {
        System.getProperties().putIfAbsent("jdk.tls.client.cipherSuites", CIPHER_SUITES); // before the first connection
        System.getProperties()
                .putIfAbsent("sun.net.httpserver.maxReqTime", "10"); // seconds; of the webhook and of metrics
        System.getProperties().putIfAbsent("jdk.httpserver.maxConnections", "256"); // of each; anybody may come in
        System.exit(new CommandLine(new OperatorMain()).execute(arguments));
    }

    @Override
    public Integer call() throws InterruptedException {
        CountDownLatch stopped = new CountDownLatch(1);
        try {
            OperatorConfig settings = OperatorConfig.read(config);
            FourthlogOperator operator = new FourthlogOperator(
                    FourthlogOperator.client(Config.autoConfigure(null)),
                    settings,
                    Clock.systemUTC(),
                    () -> Runtime.getRuntime().halt(LEADERSHIP_LOST));
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                operator.close();
                stopped.countDown();
            }));
            operator.start();
        } catch (StartException | IllegalArgumentException e) {
            System.err.println("fourthlog-operator: " + e.getMessage());
            return CANNOT_START;
        }
        stopped.await();
        return 0;
    }
}
