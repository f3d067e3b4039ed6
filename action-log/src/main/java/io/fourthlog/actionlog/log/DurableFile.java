package io.fourthlog.actionlog.log;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Small files beside logs that are always whole: after a crash there is either what was before or what was written, under its name. */
public final class DurableFile {

    /** Bytes; most entry bundles take one call of the kernel, which gives them large pages. */
    private static final int PART = 1 << 18;

    static final Set<OpenOption> ANEW =
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
    static final Set<OpenOption> NEW = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private DurableFile() {}

    /** Puts this in the place of a file, in one step. */
    public static void replace(Path file, byte[] content) throws IOException {
        replaceWith(file, content);
    }

    /** The same with a file that only its owner can read. */
    public static void replaceSecret(Path file, byte[] content) throws IOException {
        replaceWith(file, content, OWNER_ONLY);
    }

    private static void replaceWith(Path file, byte[] content, FileAttribute<?>... attributes) throws IOException {
        final Path next = file.resolveSibling(file.getFileName() + ".tmp");
        Files.deleteIfExists(next); // of a crash
        create(next, content, attributes);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        syncNames(requireNonNull(file.toAbsolutePath().getParent(), "a file is in a folder"));
    }

    /** Makes a file that only its owner can read, and that must not be there yet; its name is durable once {@link #syncNames} was called. */
    public static void createSecret(Path file, byte[] content) throws IOException {
        create(file, content, OWNER_ONLY);
    }

    private static void create(Path file, byte[] content, FileAttribute<?>... attributes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, NEW, attributes)) {
            write(channel, content);
            channel.force(true);
        }
    }

    /** Overwrites what is in a file with zeroes where it stands. */
    public static void overwrite(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            write(channel, new byte[(int) channel.size()]);
            channel.force(true);
        }
    }

    /** Writes at where the channel stands, in parts that are large, and not so large that what the thread keeps for the next ones is. */
    static void write(FileChannel channel, byte[] content) throws IOException {
        final ByteBuffer bytes = ByteBuffer.wrap(content);
        while (bytes.position() < content.length) {
            bytes.limit(Math.min(bytes.position() + PART, content.length));
            channel.write(bytes);
        }
    }

    /** Makes a folder and those that it is in, durably; one that is there is made durable, in case that a crash came just before it was. */
    public static void createFolders(Path folder) throws IOException {
        final Path parent = requireNonNull(folder.toAbsolutePath().normalize().getParent(), "the root is there");
        if (!Files.isDirectory(parent)) {
            createFolders(parent);
        }
        Files.createDirectories(folder);
        syncNames(parent);
    }

    /** Makes durable which files are in a folder. */
    public static void syncNames(Path folder) throws IOException {
        Disk.REAL.force(folder);
    }
}
