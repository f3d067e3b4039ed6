package io.fourthlog.actionlog.log;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The files of one log in its directory: reads them with bounds, since their content may be hostile, and writes them so
 * that they survive a power cut.
 */
final class LogFiles {

    static final String CHECKPOINT = "checkpoint";
    static final String IDENTITY = "log.json";
    static final String TOMBSTONES = "tombstones.json";
    static final String LOCK = "lock";
    static final String TEMPORARY = ".tmp";
    static final String REWRITTEN = "bundle" + TEMPORARY;

    private final Path directory;
    private final Disk disk;

    LogFiles(Path directory) {
        this(directory, Disk.REAL);
    }

    LogFiles(Path directory, Disk disk) {
        this.directory = directory;
        this.disk = disk;
    }

    Path directory() {
        return directory;
    }

    boolean exists(String name) {
        return Files.exists(directory.resolve(name), LinkOption.NOFOLLOW_LINKS);
    }

    /** The checkpoint. */
    byte[] checkpoint() throws IOException {
        return read(CHECKPOINT, Note.MAX_LENGTH);
    }

    /** What {@code log.json} says; it is not believed. */
    LogIdentity identity() throws IOException {
        return LogIdentity.parse(read(IDENTITY, LogIdentity.MAX_LENGTH));
    }

    /** What says which leaves expired; none in a log that is whole. It is not believed. */
    Optional<Tombstones> tombstones() throws IOException {
        return exists(TOMBSTONES)
                ? Optional.of(Tombstones.parse(read(TOMBSTONES, Tombstones.MAX_LENGTH)))
                : Optional.empty();
    }

    /** The hashes of a tile, as many as its width; from the full tile if that has taken its place. */
    byte[] tile(LogPath path) throws IOException {
        try {
            return tileFile(path);
        } catch (NoSuchFileException e) {
            return Arrays.copyOf(tileFile(insteadOf(path, e)), path.width() * Hash.LENGTH);
        }
    }

    private byte[] tileFile(LogPath path) throws IOException {
        final byte[] bytes = read(path.toString(), LogPath.FULL * Hash.LENGTH);
        if (bytes.length != path.width() * Hash.LENGTH) {
            throw new LogFormatException(path + " has " + bytes.length + " bytes, not " + path.width() * Hash.LENGTH);
        }
        return bytes;
    }

    /** As many entries as the width of the path; from the full bundle if that has taken its place. */
    EntryBundle bundle(LogPath path) throws IOException {
        try {
            return EntryBundle.parse(read(path.toString(), EntryBundle.MAX_BUNDLE), path.width(), true);
        } catch (NoSuchFileException e) {
            final LogPath full = insteadOf(path, e);
            return EntryBundle.parse(read(full.toString(), EntryBundle.MAX_BUNDLE), path.width(), false);
        }
    }

    private static LogPath insteadOf(LogPath missing, NoSuchFileException e) throws NoSuchFileException {
        if (missing.isFull()) {
            throw e;
        }
        return missing.full();
    }

    /** The names in the log's directory. */
    List<String> names() throws IOException {
        return names(directory);
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> names = Files.list(folder)) {
            return names.map(path -> path.getFileName().toString()).sorted().toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /**
     * Hands out all files below {@code tile/}, by their path in the log's directory, folder by folder, so that a large log
     * takes no more memory than a small one. Links are files, and not followed.
     */
    void forEachInTree(Consumer<String> consumer) throws IOException {
        final Path tiles = directory.resolve(LogPath.TILES);
        if (Files.isDirectory(tiles, LinkOption.NOFOLLOW_LINKS)) {
            forEachIn(tiles, consumer);
        }
    }

    private void forEachIn(Path folder, Consumer<String> consumer) throws IOException {
        for (final String name : names(folder)) {
            final Path path = folder.resolve(name);
            if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                forEachIn(path, consumer);
            } else {
                consumer.accept(directory.relativize(path).toString());
            }
        }
    }

    /** Whether a tile has exactly this content. */
    boolean holds(LogPath path, byte[] content) {
        try {
            return Arrays.equals(content, read(path.toString(), content.length));
        } catch (IOException e) {
            return false; // missing, too long or unreadable: it does not
        }
    }

    /** A regular file of at most {@code max} bytes. */
    byte[] read(String name, int max) throws IOException {
        final Path file = directory.resolve(name);
        final BasicFileAttributes attributes =
                Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!attributes.isRegularFile()) {
            throw new LogFormatException(name + " is not a regular file");
        }
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            final byte[] bytes = in.readNBytes((int) Math.min(attributes.size(), max));
            final byte[] more = in.readNBytes(max + 1 - bytes.length); // it may have grown since
            if (bytes.length + more.length > max) {
                throw new LogFormatException(name + " is longer than " + max + " bytes");
            }
            return more.length == 0 ? bytes : concat(bytes, more);
        }
    }

    private static byte[] concat(byte[] head, byte[] tail) {
        final byte[] all = Arrays.copyOf(head, head.length + tail.length);
        System.arraycopy(tail, 0, all, head.length, tail.length);
        return all;
    }

    /** Writes new files, which {@link #force} makes durable. */
    void write(Map<LogPath, byte[]> files) throws IOException {
        final Set<Path> folders = new HashSet<>();
        for (final Map.Entry<LogPath, byte[]> file : files.entrySet()) {
            final Path path = directory.resolve(file.getKey().toString());
            final Path folder = requireNonNull(path.getParent());
            if (folders.add(folder)) {
                createFolders(folder);
            }
            disk.write(path, file.getValue());
        }
    }

    private void createFolders(Path folder) throws IOException {
        if (!folder.equals(directory) && !Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            createFolders(requireNonNull(folder.getParent()));
            disk.createFolder(folder);
        }
    }

    /** Makes those of these files that are there durable, and the names in all folders that they are or were in. */
    void force(Collection<String> names) throws IOException {
        final Set<Path> paths = new LinkedHashSet<>();
        for (final String name : names) {
            Path path = directory.resolve(name);
            while (!path.equals(directory) && (!Files.exists(path, LinkOption.NOFOLLOW_LINKS) || paths.add(path))) {
                path = requireNonNull(path.getParent());
            }
        }
        if (!names.isEmpty()) {
            paths.add(directory);
        }
        disk.forceAll(paths);
    }

    /** Opens a file to write in place. */
    Disk.InPlace open(String name) throws IOException {
        return disk.open(directory.resolve(name));
    }

    /** Puts a small file in the place of the one before in one step, which {@link #sync} makes durable. */
    void replace(String name, byte[] content) throws IOException {
        final Path temporary = directory.resolve(name + TEMPORARY);
        disk.write(temporary, content);
        disk.force(temporary);
        disk.rename(temporary, directory.resolve(name));
    }

    /** The same of one that may be lost, with the one before, until {@link #force} made it durable. */
    void replaceUnforced(String name, byte[] content) throws IOException {
        final Path temporary = directory.resolve(name + TEMPORARY);
        disk.write(temporary, content);
        disk.rename(temporary, directory.resolve(name));
    }

    /** Puts other content in the place of a tile's or bundle's, in one step, and makes that durable. */
    void rewrite(LogPath path, byte[] content) throws IOException {
        final Path temporary = directory.resolve(REWRITTEN);
        disk.write(temporary, content);
        disk.force(temporary);
        final Path target = directory.resolve(path.toString());
        disk.rename(temporary, target);
        disk.force(requireNonNull(target.getParent()));
    }

    /** Makes the names in the log's directory durable. */
    void sync() throws IOException {
        disk.force(directory);
    }

    /** Drops those of these files that are there, for good; how many were. */
    int drop(Collection<String> names) throws IOException {
        final Set<Path> folders = new LinkedHashSet<>();
        int dropped = 0;
        for (final String name : names) {
            final Path path = directory.resolve(name);
            if (exists(name)) {
                disk.delete(path);
                dropped++;
            }
            final Path folder = path.getParent();
            if (folder != null && Files.isDirectory(folder)) {
                folders.add(folder); // even if the file is gone: that may have failed to become durable
            }
        }
        for (final Path folder : folders) {
            disk.force(folder);
        }
        return dropped;
    }

    /** Drops a file, if it is there; it may come back when the power goes. */
    void deleteFile(String name) throws IOException {
        if (exists(name)) {
            disk.delete(directory.resolve(name));
        }
    }

    /** Drops a folder with all that is in it; a link is no folder. */
    void deleteTree(String name) throws IOException {
        final Path folder = directory.resolve(name);
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            for (final Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                disk.delete(path);
            }
        }
    }
}
