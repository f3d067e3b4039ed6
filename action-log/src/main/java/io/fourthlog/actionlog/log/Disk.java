package io.fourthlog.actionlog.log;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * All that a log does to a disk. What is not forced may be lost, torn or come before what was done earlier, when the power goes:
 * tests put a disk here that does so.
 */
interface Disk {

    /** A file that is written in place. What was forced stays as it is while other parts of it are written. */
    interface InPlace extends Closeable {

        /** Writes somewhere in the file, or at its end. */
        void write(long at, ByteBuffer content) throws IOException;

        /** Makes its content durable, and not its name. */
        void force() throws IOException;

        /** Drops its content. */
        void clear() throws IOException;
    }

    /** Opens a file to write in place, and makes it if it is not there. */
    InPlace open(Path file) throws IOException;

    /** Writes a file, new or anew. */
    void write(Path file, byte[] content) throws IOException;

    /** Writes a new file that only its owner can read. */
    void writeSecret(Path file, byte[] content) throws IOException;

    /** Makes a folder, if it is not there. */
    void createFolder(Path folder) throws IOException;

    /** Gives a file another name, in one step, and drops the one that had that name. */
    void rename(Path from, Path to) throws IOException;

    /** Drops a file or an empty folder. */
    void delete(Path path) throws IOException;

    /** Makes the content of a file durable, or the names in a folder. */
    void force(Path path) throws IOException;

    /** The same of many, in no order. */
    void forceAll(Collection<Path> paths) throws IOException;

    /** The machine's. */
    Disk REAL = new Disk() {

        private static final int AT_ONCE =
                16; // a file system puts what is forced at the same time into one transaction

        @Override
        public InPlace open(Path file) throws IOException {
            final FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            return new InPlace() {

                @Override
                public void write(long at, ByteBuffer content) throws IOException {
                    long next = at;
                    while (content.hasRemaining()) {
                        next += channel.write(content, next);
                    }
                }

                @Override
                public void force() throws IOException {
                    channel.force(false);
                }

                @Override
                public void clear() throws IOException {
                    channel.truncate(0);
                }

                @Override
                public void close() throws IOException {
                    channel.close();
                }
            };
        }

        @Override
        public void write(Path file, byte[] content) throws IOException {
            try (FileChannel channel = FileChannel.open(file, DurableFile.ANEW)) {
                DurableFile.write(channel, content);
            }
        }

        @Override
        public void writeSecret(Path file, byte[] content) throws IOException {
            try (FileChannel channel = FileChannel.open(file, DurableFile.NEW, DurableFile.OWNER_ONLY)) {
                DurableFile.write(channel, content);
            }
        }

        @Override
        public void createFolder(Path folder) throws IOException {
            Files.createDirectories(folder);
        }

        @Override
        public void rename(Path from, Path to) throws IOException {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }

        @Override
        public void delete(Path path) throws IOException {
            Files.delete(path);
        }

        @Override
        public void force(Path path) throws IOException {
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }

        @Override
        public void forceAll(Collection<Path> paths) throws IOException {
            if (paths.isEmpty()) {
                return;
            }
            try (ExecutorService threads = Executors.newFixedThreadPool(Math.min(paths.size(), AT_ONCE))) {
                final List<Future<?>> forced = new ArrayList<>();
                for (final Path path : paths) {
                    forced.add(threads.submit(() -> {
                        force(path);
                        return path;
                    }));
                }
                for (final Future<?> each : forced) {
                    each.get();
                }
            } catch (ExecutionException e) {
                throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted before all was durable");
            }
        }
    };
}
