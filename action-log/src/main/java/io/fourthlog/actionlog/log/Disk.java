package io.fourthlog.actionlog.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * All that a log does to a disk. What is not forced may be lost, torn or come before what was done earlier, when the power goes:
 * tests put a disk here that does so.
 */
interface Disk {

    /** A file that was written, and is not durable yet. */
    interface Written extends Closeable {

        /** Makes its content durable, and not its name. */
        void force() throws IOException;
    }

    /** Writes a file, new or anew. */
    Written write(Path file, byte[] content) throws IOException;

    /** Makes a folder, if it is not there. */
    void createFolder(Path folder) throws IOException;

    /** Gives a file another name, in one step, and drops the one that had that name. */
    void rename(Path from, Path to) throws IOException;

    /** Drops a file or an empty folder. */
    void delete(Path path) throws IOException;

    /** Makes the names in a folder durable. */
    void force(Path folder) throws IOException;

    /** The machine's. */
    Disk REAL = new Disk() {

        @Override
        public Written write(Path file, byte[] content) throws IOException {
            final FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
            try {
                final ByteBuffer buffer = ByteBuffer.wrap(content);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
            } catch (IOException e) {
                channel.close();
                throw e;
            }
            return new Written() {

                @Override
                public void force() throws IOException {
                    channel.force(true);
                }

                @Override
                public void close() throws IOException {
                    channel.close();
                }
            };
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
        public void force(Path folder) throws IOException {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    };
}
