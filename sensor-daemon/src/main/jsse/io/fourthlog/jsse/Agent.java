package io.fourthlog.jsse;

import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.List;

/**
 * Lets the sensor see what this JVM sends and receives over TLS: puts {@link Hooks} before the methods of JSSE that take and give
 * plaintext, and the one that ends it. Loaded by the sensor into a JVM that runs, or by {@code -javaagent}; nothing that goes wrong here reaches the program.
 */
public final class Agent implements ClassFileTransformer {
    private static final String ENGINE = "sun/security/ssl/SSLEngineImpl";
    private static final String SOCKET = "sun/security/ssl/SSLSocketImpl";
    private static final String BUFFER = "Ljava/nio/ByteBuffer;";
    private static final String RESULT = "Ljavax/net/ssl/SSLEngineResult;";

    private static final Patch[] PATCHES = {
        new Patch(ENGINE, "wrap", "([" + BUFFER + "II" + BUFFER + ")" + RESULT, "Ljavax/net/ssl/SSLEngine;", null),
        new Patch(ENGINE, "unwrap", "(" + BUFFER + "[" + BUFFER + "II)" + RESULT, "Ljavax/net/ssl/SSLEngine;", null),
        new Patch(SOCKET + "$AppInputStream", "read", "([BII)I", "Ljava/io/InputStream;", "L" + SOCKET + ";"),
        new Patch(SOCKET + "$AppOutputStream", "write", "([BII)V", "Ljava/io/OutputStream;", "L" + SOCKET + ";"),
        new Patch(SOCKET, "close", "()V", "Ljavax/net/ssl/SSLSocket;", null),
    };

    private static boolean installed;

    private final boolean[] done = new boolean[PATCHES.length];

    private Agent() {}

    public static void premain(final String options, final Instrumentation instrumentation) {
        install(instrumentation);
    }

    public static void agentmain(final String options, final Instrumentation instrumentation) {
        install(instrumentation);
    }

    private static synchronized void install(final Instrumentation instrumentation) {
        if (installed) {
            return;
        }
        installed = true;
        final Agent agent = new Agent();
        try {
            Hooks.prepare();
            instrumentation.addTransformer(agent, true);
            final List<Class<?>> classes = new ArrayList<>();
            for (final Patch patch : PATCHES) {
                final Class<?> type = Class.forName(patch.type.replace('/', '.'), false, null);
                if (!classes.contains(type)) {
                    classes.add(type);
                }
            }
            instrumentation.retransformClasses(classes.toArray(new Class<?>[0]));
        } catch (final Throwable fault) {
            Handover.incomplete();
            return;
        }
        for (final boolean each : agent.done) {
            if (!each) {
                Handover.incomplete();
                return;
            }
        }
    }

    /** Also called when another agent has these classes transformed again; a class is left as it is if it is not as expected. */
    @Override
    public byte[] transform(
            final ClassLoader loader,
            final String name,
            final Class<?> redefined,
            final ProtectionDomain domain,
            final byte[] bytes) {
        if (loader != null || name == null || !name.startsWith("sun/security/ssl/SSL")) {
            return null;
        }
        byte[] patched = null;
        for (int i = 0; i < PATCHES.length; i++) {
            if (name.equals(PATCHES[i].type)) {
                try {
                    patched = PATCHES[i].apply(patched == null ? bytes : patched);
                    done[i] = true;
                } catch (final Throwable fault) {
                    done[i] = false; // which is reported
                }
            }
        }
        return patched;
    }
}
