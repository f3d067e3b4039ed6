package io.fourthlog.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
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

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new OperatorMain()).execute(arguments));
    }

    @Override
    public Integer call() throws InterruptedException {
        CountDownLatch stopped = new CountDownLatch(1);
        try {
            OperatorConfig settings = OperatorConfig.read(config);
            KubernetesClient client = new KubernetesClientBuilder().build();
            FourthlogOperator operator = new FourthlogOperator(
                    client,
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
