package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fourthlog.actionlog.event.ToolInvocation;
import io.fourthlog.sensor.kernel.KernelUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent with pseudo-terminals, seen by the real kernel side. Needs root. */
class LiveTerminalTest {
    private static final String AGENT = """
            import os, pty, sys
            def started(*command):
                child, master = pty.fork()
                if child == 0: os.execv(command[0], command)
                return child, master
            def lines(master):
                try:
                    with open(master, 'rb', closefd=False) as output: yield from output
                except OSError: pass
            def ended(child, master):
                os.close(master); os.waitpid(child, 0)
            """;

    @TempDir
    private Path folder;

    @BeforeEach
    void root() {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
    }

    private void runs(final LiveRun run, final String agent) throws IOException {
        final Path script = Files.writeString(folder.resolve("agent.py"), AGENT + agent);
        run.watch("exec /usr/bin/python3 " + script);
    }

    /** One after the other: of the second the kernel can have the addresses of the first. */
    @Test
    void toolsOfServersOnTerminalsAreRecorded() throws IOException, KernelUnavailableException {
        final Path file = Files.writeString(folder.resolve("notes"), "content");
        final Path server = Files.writeString(folder.resolve("server.py"), """
                import json, sys
                for line in sys.stdin:
                    id = json.loads(line)['id']
                    text = open(sys.argv[1]).read()
                    print('reading', file=sys.stderr)
                    print(json.dumps({'jsonrpc': '2.0', 'id': id, 'result': {'content': [{'type': 'text', 'text': text}]}}), flush=True)
                """);
        try (LiveRun run = new LiveRun("terminal")) {
            runs(run, """
                    for round in range(3):
                        child, master = started(sys.executable, 'SERVER', 'FILE')
                        os.write(master, b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"read","arguments":{}}}\\n' % round)
                        next(line for line in lines(master) if b'"result"' in line)
                        ended(child, master)
                    """.replace("SERVER", server.toString()).replace("FILE", file.toString()));
            assertThat(run.scene.tools()).hasSize(3).allSatisfy(tool -> {
                assertThat(tool.toolName()).isEqualTo("read");
                assertThat(tool.returnStatus()).isEqualTo("ok");
            });
            assertThat(run.scene.accesses())
                    .filteredOn(access -> access.resourceUri().equals("file://" + file))
                    .hasSize(3)
                    .allSatisfy(access -> assertThat(run.scene.cause(access)).isInstanceOf(ToolInvocation.class));
            assertThat(run.scene.errors()).isEmpty();
        }
    }

    @Test
    void aShellOnATerminalIsNoTool() throws IOException, KernelUnavailableException {
        try (LiveRun run = new LiveRun("shell")) {
            runs(run, """
                    child, master = started('/bin/sh')
                    said = r\"""echo; echo '    {"a": 1}'; printf '{\\n "b": 2\\n'; echo '{"jsonrpc"'; exit\"""
                    os.write(master, said.encode() + b'\\n')
                    print(*lines(master))
                    ended(child, master)
                    """);
            assertThat(run.scene.tools()).isEmpty();
            assertThat(run.scene.errors()).isEmpty();
        }
    }
}
