package io.fourthlog.sensor.action;

import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.stream.Stream;

/**
 * Tells the files that a language runtime opens for itself from those an agent reads: the former are counted, not
 * recorded. Outside of a tool call a runtime also looks for its modules, so that more is its own then.
 */
public final class RuntimeFiles {
    /** Never an agent's data. */
    private static final List<String> ALWAYS = List.of(
            "/{proc,sys,dev}/**",
            "/**.so",
            "/**.so.[0-9]*",
            "/etc/ld.so.cache",
            "/etc/{nsswitch.conf,resolv.conf,hosts,host.conf,gai.conf,localtime,locale.alias,os-release}",
            "/etc/ssl/**",
            "/etc/{pki,ca-certificates}/**",
            "/usr/{share,lib,local/share}/{ca-certificates,ssl,zoneinfo,locale}/**",
            "/usr/lib/{locale,gconv}/**",
            "/usr/lib/*/gconv/**",
            "/usr/lib/python3*/**",
            "/usr/local/lib/python3*/**",
            "/{,**/}{node_modules,site-packages,dist-packages,__pycache__}/**",
            "/**.{pyc,node}");

    /** A runtime's own while no tool runs. */
    private static final List<String> OUTSIDE_TOOLS = List.of(
            "/**.{js,mjs,cjs,ts,py,jar}", "/{,**/}package.json", "/{,**/}{tsconfig,jsconfig,deno,package-lock}.json");

    private final List<PathMatcher> always;
    private final List<PathMatcher> outsideTools;

    /** @param exclude globs of the configuration, of absolute paths, beside the built-in ones */
    public RuntimeFiles(final List<String> exclude) {
        always = Stream.concat(ALWAYS.stream(), exclude.stream())
                .map(RuntimeFiles::matcher)
                .toList();
        outsideTools = OUTSIDE_TOOLS.stream().map(RuntimeFiles::matcher).toList();
    }

    private static PathMatcher matcher(final String glob) {
        return FileSystems.getDefault().getPathMatcher("glob:" + glob);
    }

    /** Whether a file is opened by a runtime for itself. */
    public boolean matches(final String path, final boolean inToolCall) {
        final Path name;
        try {
            name = Path.of(path);
        } catch (final InvalidPathException _) {
            return false; // recorded as it is
        }
        return any(always, name) || (!inToolCall && any(outsideTools, name));
    }

    private static boolean any(final List<PathMatcher> matchers, final Path path) {
        for (final PathMatcher matcher : matchers) {
            if (matcher.matches(path)) {
                return true;
            }
        }
        return false;
    }
}
