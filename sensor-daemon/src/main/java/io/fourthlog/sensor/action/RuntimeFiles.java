package io.fourthlog.sensor.action;

import io.fourthlog.redaction.PathTags;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.stream.Stream;

/**
 * Tells the files that a language runtime opens for itself from those an agent reads: the former are counted, not
 * recorded. Outside of a tool call a runtime also looks for its modules, so that more is its own then.
 *
 * <p>A runtime opens the same hundreds of files each time it starts, so that what their names say is kept. Confined to one thread.
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

    private static final int MAX_KEPT = 2048; // names; a large Python program imports 1,500 files
    private static final int LONGEST_KEPT = 256; // chars

    /**
     * What a file's name says.
     *
     * @param path as the record has it
     * @param tags of what it usually holds
     * @param always whether it is never an agent's data, but for its tags
     * @param outsideTools whether it is a runtime's own while no tool runs
     */
    public record Named(String path, SortedSet<String> tags, boolean always, boolean outsideTools) {
        /** Whether a runtime opens it for itself, and it is nothing that has to be recorded all the same. */
        public boolean isRuntimes(final boolean inToolCall) {
            return tags.isEmpty() && (always || (outsideTools && !inToolCall));
        }
    }

    private final Map<String, Named> kept = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(final Map.Entry<String, Named> eldest) {
            return size() > MAX_KEPT;
        }
    };
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

    /** What is known of a file by the path that it was opened with. */
    public Named named(final String openedPath) {
        if (openedPath.length() > LONGEST_KEPT) {
            return look(openedPath);
        }
        Named named = kept.get(openedPath);
        if (named == null) {
            named = look(openedPath);
            kept.put(openedPath, named);
        }
        return named;
    }

    private Named look(final String openedPath) {
        final String path = Resources.normalize(openedPath);
        final SortedSet<String> tags = PathTags.of(path);
        try {
            final Path name = Path.of(path);
            return new Named(path, tags, any(always, name), any(outsideTools, name));
        } catch (final InvalidPathException _) {
            return new Named(path, tags, false, false); // recorded as it is
        }
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
