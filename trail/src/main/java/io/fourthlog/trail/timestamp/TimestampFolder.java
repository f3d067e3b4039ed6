package io.fourthlog.trail.timestamp;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The timestamps of a trail, one file each, numbered from 1 as they came: {@code timestamps/00000001.json}. A copy asks for those
 * above what it has.
 */
public record TimestampFolder(Path directory) {

    private static final Pattern NAME = Pattern.compile("([0-9]{8})\\.json");

    /** The numbers of those that are there, in their order. */
    public List<Integer> numbers() throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> NAME.matcher(file.getFileName().toString()))
                    .filter(Matcher::matches)
                    .map(name -> Integer.valueOf(name.group(1)))
                    .sorted()
                    .toList();
        }
    }

    /** The number of the last one; 0 when there is none. */
    public int last() throws IOException {
        final List<Integer> numbers = numbers();
        return numbers.isEmpty() ? 0 : numbers.getLast();
    }

    /** The name of a timestamp's file. */
    public static String name(int number) {
        return String.format(Locale.ROOT, "%08d.json", number);
    }

    /**
     * Reads a file, not more of it than there can be.
     *
     * @throws NoSuchFileException when there is none of that number
     */
    public byte[] read(int number) throws IOException {
        try (InputStream in = Files.newInputStream(directory.resolve(name(number)))) {
            final byte[] bytes = in.readNBytes(Timestamp.MAX_FILE + 1);
            if (bytes.length > Timestamp.MAX_FILE) {
                throw new IOException(name(number) + " is longer than " + Timestamp.MAX_FILE + " bytes");
            }
            return bytes;
        }
    }

    /** Keeps a timestamp under its number, durably. */
    public void write(int number, byte[] content) throws IOException {
        Files.createDirectories(directory);
        final Path file = directory.resolve(name(number));
        final Path temporary = directory.resolve(file.getFileName() + ".tmp");
        try (FileChannel channel = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            final ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
            names.force(true);
        }
    }
}
