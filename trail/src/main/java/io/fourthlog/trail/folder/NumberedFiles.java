package io.fourthlog.trail.folder;

import io.fourthlog.actionlog.log.DurableFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Small files that come one after the other and stay: numbered from 1, {@code 00000001.json}. A copy asks for those above what it
 * has.
 *
 * @param suffix of their names, with its dot
 * @param atMost bytes of the longest one
 */
public record NumberedFiles(Path directory, String suffix, int atMost) {

    private static final Pattern NUMBER = Pattern.compile("[0-9]{8}");
    private static final int DIGITS = 8;

    /** The numbers of those that are there, in their order. */
    public List<Integer> numbers() throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.length() == DIGITS + suffix.length() && name.endsWith(suffix))
                    .map(name -> NUMBER.matcher(name.substring(0, DIGITS)))
                    .filter(Matcher::matches)
                    .map(number -> Integer.valueOf(number.group()))
                    .sorted()
                    .toList();
        }
    }

    /** The number of the last one; 0 when there is none. */
    public int last() throws IOException {
        final List<Integer> numbers = numbers();
        return numbers.isEmpty() ? 0 : numbers.getLast();
    }

    /** The name of a file, with the folder's. */
    public String name(int number) {
        return directory.getFileName() + "/" + fileName(number);
    }

    private String fileName(int number) {
        return String.format(Locale.ROOT, "%0" + DIGITS + "d", number) + suffix;
    }

    /**
     * Reads a file, not more of it than there can be.
     *
     * @throws NoSuchFileException when there is none of that number
     */
    public byte[] read(int number) throws IOException {
        try (InputStream in = Files.newInputStream(directory.resolve(fileName(number)))) {
            final byte[] bytes = in.readNBytes(atMost + 1);
            if (bytes.length > atMost) {
                throw new IOException(name(number) + " is longer than " + atMost + " bytes");
            }
            return bytes;
        }
    }

    /** Keeps content under a number, durably. */
    public void write(int number, byte[] content) throws IOException {
        DurableFile.createFolders(directory);
        DurableFile.replace(directory.resolve(fileName(number)), content);
    }
}
