package io.fourthlog.sensor.spool;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.StandardOpenOption;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The real file system, seen through one that writes down in a {@link DiskHistory} what is done to it and fails when it is told to: so all
 * that a program does with {@link Path}s that come from here goes through it, whichever class does it.
 */
final class FaultyFileSystem extends FileSystem {

    /** Says of the n-th thing that is done whether, and with what message, it fails. */
    interface Faults {
        @Nullable
        String failure(int operation);
    }

    private final FileSystem real;
    private final FileSystemProvider provider;
    private final DiskHistory history = new DiskHistory();
    private Faults faults = _ -> null;
    private int operations;

    FaultyFileSystem(FileSystem real) {
        this.real = real;
        this.provider = new Provider();
    }

    DiskHistory history() {
        return history;
    }

    /** The same path, seen through here. */
    Path see(Path path) {
        return new FaultyPath(this, path);
    }

    synchronized void fail(Faults next) {
        faults = next;
        operations = 0;
    }

    /** How many things that can fail were done since {@link #fail}. */
    synchronized int operations() {
        return operations;
    }

    private synchronized @Nullable String failure() {
        return faults.failure(operations++);
    }

    private void mayFail() throws IOException {
        final String failure = failure();
        if (failure != null) {
            throw new IOException(failure);
        }
    }

    static Path real(Path path) {
        return path instanceof FaultyPath faulty ? faulty.real() : path;
    }

    private final class Provider extends FileSystemProvider {

        private final FileSystemProvider there = real.provider();

        @Override
        public FileChannel newFileChannel(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
                throws IOException {
            final Path file = real(path);
            if (!options.contains(StandardOpenOption.WRITE)) {
                return new Channel(there.newFileChannel(file, options, attributes), file, null);
            }
            mayFail();
            final FileChannel opened = there.newFileChannel(file, options, attributes);
            final int number = history.opened(file);
            if (options.contains(StandardOpenOption.TRUNCATE_EXISTING)) {
                history.cut(number, 0);
            }
            return new Channel(opened, file, number);
        }

        @Override
        public SeekableByteChannel newByteChannel(
                Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes) throws IOException {
            return newFileChannel(path, options, attributes);
        }

        @Override
        public DirectoryStream<Path> newDirectoryStream(Path path, DirectoryStream.Filter<? super Path> filter)
                throws IOException {
            final DirectoryStream<Path> names = there.newDirectoryStream(real(path), name -> filter.accept(see(name)));
            return new DirectoryStream<>() {
                @Override
                public Iterator<Path> iterator() {
                    final Iterator<Path> each = names.iterator();
                    return new Iterator<>() {
                        @Override
                        public boolean hasNext() {
                            return each.hasNext();
                        }

                        @Override
                        public Path next() {
                            return see(each.next());
                        }
                    };
                }

                @Override
                public void close() throws IOException {
                    names.close();
                }
            };
        }

        @Override
        public void createDirectory(Path path, FileAttribute<?>... attributes) throws IOException {
            if (Files.exists(real(path))) {
                there.createDirectory(real(path), attributes); // says that it is there
            }
            mayFail();
            there.createDirectory(real(path), attributes);
            history.folder(real(path));
        }

        @Override
        public void delete(Path path) throws IOException {
            mayFail();
            there.delete(real(path));
            history.deleted(real(path));
        }

        @Override
        public void move(Path from, Path to, CopyOption... options) throws IOException {
            mayFail();
            there.move(real(from), real(to), options);
            history.renamed(real(from), real(to));
        }

        @Override
        public void copy(Path from, Path to, CopyOption... options) {
            throw new UnsupportedOperationException("copy");
        }

        @Override
        public boolean isSameFile(Path path, Path other) throws IOException {
            return there.isSameFile(real(path), real(other));
        }

        @Override
        public boolean isHidden(Path path) throws IOException {
            return there.isHidden(real(path));
        }

        @Override
        public FileStore getFileStore(Path path) throws IOException {
            return there.getFileStore(real(path));
        }

        @Override
        public void checkAccess(Path path, AccessMode... modes) throws IOException {
            there.checkAccess(real(path), modes);
        }

        @Override
        public <V extends FileAttributeView> V getFileAttributeView(Path path, Class<V> type, LinkOption... options) {
            return there.getFileAttributeView(real(path), type, options);
        }

        @Override
        public <A extends BasicFileAttributes> A readAttributes(Path path, Class<A> type, LinkOption... options)
                throws IOException {
            return there.readAttributes(real(path), type, options);
        }

        @Override
        public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options)
                throws IOException {
            return there.readAttributes(real(path), attributes, options);
        }

        @Override
        public void setAttribute(Path path, String attribute, Object value, LinkOption... options) throws IOException {
            there.setAttribute(real(path), attribute, value, options);
        }

        @Override
        public String getScheme() {
            return "faulty";
        }

        @Override
        public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
            throw new UnsupportedOperationException("newFileSystem");
        }

        @Override
        public FileSystem getFileSystem(URI uri) {
            return FaultyFileSystem.this;
        }

        @Override
        public Path getPath(URI uri) {
            throw new UnsupportedOperationException("getPath");
        }
    }

    /** An open file, or a folder that is open to be forced. */
    private final class Channel extends FileChannel {

        private final FileChannel there;
        private final Path path;
        private final @Nullable Integer number; // of a file that is open for writing

        private Channel(FileChannel there, Path path, @Nullable Integer number) {
            this.there = there;
            this.path = path;
            this.number = number;
        }

        /** Writes all, or fails and may have written some. */
        private int writeAt(ByteBuffer content, long at) throws IOException {
            if (number == null) {
                throw new IOException("not open for writing");
            }
            final String failure = failure();
            final byte[] written = new byte[failure == null ? content.remaining() : content.remaining() / 2];
            content.get(written);
            final ByteBuffer bytes = ByteBuffer.wrap(written);
            while (bytes.hasRemaining()) {
                there.write(bytes, at + bytes.position());
            }
            history.written(number, at, written);
            if (failure != null) {
                throw new IOException(failure);
            }
            return written.length;
        }

        @Override
        public int write(ByteBuffer content) throws IOException {
            final int written = writeAt(content, there.position());
            there.position(there.position() + written);
            return written;
        }

        @Override
        public int write(ByteBuffer content, long position) throws IOException {
            return writeAt(content, position);
        }

        @Override
        public void force(boolean metaData) throws IOException {
            mayFail();
            if (number == null) {
                history.forced(path);
            } else {
                history.forced(number);
            }
        }

        @Override
        public FileChannel truncate(long size) throws IOException {
            mayFail();
            there.truncate(size);
            if (number != null) {
                history.cut(number, size);
            }
            return this;
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            return there.read(target);
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return there.read(target, position);
        }

        @Override
        public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
            return there.read(targets, offset, length);
        }

        @Override
        public long position() throws IOException {
            return there.position();
        }

        @Override
        public FileChannel position(long position) throws IOException {
            there.position(position);
            return this;
        }

        @Override
        public long size() throws IOException {
            return there.size();
        }

        @Override
        public FileLock tryLock(long position, long size, boolean shared) throws IOException {
            return there.tryLock(position, size, shared);
        }

        @Override
        public FileLock lock(long position, long size, boolean shared) throws IOException {
            return there.lock(position, size, shared);
        }

        @Override
        public long write(ByteBuffer[] contents, int offset, int length) {
            throw new UnsupportedOperationException("gathering write");
        }

        @Override
        public long transferTo(long position, long count, WritableByteChannel target) {
            throw new UnsupportedOperationException("transferTo");
        }

        @Override
        public long transferFrom(ReadableByteChannel source, long position, long count) {
            throw new UnsupportedOperationException("transferFrom");
        }

        @Override
        public MappedByteBuffer map(MapMode mode, long position, long size) {
            throw new UnsupportedOperationException("map");
        }

        @Override
        protected void implCloseChannel() throws IOException {
            there.close();
        }
    }

    @Override
    public FileSystemProvider provider() {
        return provider;
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException("close");
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public String getSeparator() {
        return real.getSeparator();
    }

    @Override
    public Iterable<Path> getRootDirectories() {
        return real.getRootDirectories();
    }

    @Override
    public Iterable<FileStore> getFileStores() {
        return real.getFileStores();
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
        return real.supportedFileAttributeViews();
    }

    @Override
    public Path getPath(String first, String... more) {
        return see(real.getPath(first, more));
    }

    @Override
    public PathMatcher getPathMatcher(String syntaxAndPattern) {
        return real.getPathMatcher(syntaxAndPattern);
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService() {
        return real.getUserPrincipalLookupService();
    }

    @Override
    public WatchService newWatchService() {
        throw new UnsupportedOperationException("newWatchService");
    }
}
