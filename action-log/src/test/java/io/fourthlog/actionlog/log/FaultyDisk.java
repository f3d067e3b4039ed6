package io.fourthlog.actionlog.log;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A disk that writes down what is done to it, fails when it is told to, and can say what may be left of it when the power goes
 * at any point. Nothing is promised beyond POSIX: content is durable once the file was forced, and a name once its folder was;
 * what was not may be there, or not, or torn, each by itself and in any order.
 */
final class FaultyDisk implements Disk {

    private static final int FOLDER = -1; // in the place of a file's number

    private final List<Step> steps = new ArrayList<>();
    private final Map<Path, Integer> names = new HashMap<>(); // as a program sees them
    private final Random faults;
    private int failEvery; // one operation in so many, at random; 0 for none
    private int files;

    /** Something that was done. */
    private sealed interface Step {
        @SuppressWarnings("ArrayRecordComponent") // never compared
        record Write(int file, Path path, byte[] content) implements Step {}

        @SuppressWarnings("ArrayRecordComponent")
        record Patch(int file, long at, byte[] content) implements Step {}

        record Clear(int file) implements Step {}

        record Force(int file) implements Step {}

        record Folder(Path path) implements Step {}

        record Rename(int file, Path from, Path to) implements Step {}

        record Delete(Path path) implements Step {}

        record ForceFolder(Path path) implements Step {}
    }

    /** A change to the names of a folder, which may be lost until the folder is forced. */
    private record Change(
            @Nullable Path folder,
            @Nullable Path gone,
            @Nullable Path made,
            int file) {

        static Change made(Path path, int file) {
            return new Change(path.getParent(), null, path, file);
        }

        static Change dropped(Path path) {
            return new Change(path.getParent(), path, null, FOLDER);
        }

        /** Within a folder: it happens, or it does not. */
        static Change renamed(Step.Rename rename) {
            return new Change(rename.to().getParent(), rename.from(), rename.to(), rename.file());
        }

        void apply(Map<Path, Integer> names) {
            if (gone != null) {
                names.remove(gone);
            }
            if (made != null) {
                names.put(made, file);
            }
        }
    }

    FaultyDisk(Random faults) {
        this.faults = faults;
    }

    /** One with all that is in a folder, durably. */
    static FaultyDisk holding(Path folder, Random faults) throws IOException {
        final FaultyDisk disk = new FaultyDisk(faults);
        try (Stream<Path> paths = Files.walk(folder)) {
            for (final Path path : paths.filter(path -> !path.equals(folder)).toList()) {
                if (Files.isDirectory(path)) {
                    disk.steps.add(new Step.Folder(path));
                } else {
                    final int file = disk.files++;
                    disk.names.put(path, file);
                    disk.steps.add(new Step.Write(file, path, Files.readAllBytes(path)));
                    disk.steps.add(new Step.Force(file));
                }
                disk.steps.add(new Step.ForceFolder(requireNonNull(path.getParent())));
            }
        }
        return disk;
    }

    /** Has one operation in so many fail from now on, some of them half done. */
    void failEvery(int operations) {
        failEvery = operations;
    }

    /** How many things were done. */
    int steps() {
        return steps.size();
    }

    /** How many of them were to make something durable. */
    int forced() {
        return (int) steps.stream()
                .filter(step -> step instanceof Step.Force || step instanceof Step.ForceFolder)
                .count();
    }

    private boolean fails() {
        return failEvery > 0 && faults.nextInt(failEvery) == 0;
    }

    private void mayFail() throws IOException {
        if (fails()) {
            throw failure();
        }
    }

    private IOException failure() {
        return new IOException(List.of("Input/output error", "No space left on device", "Read-only file system")
                .get(faults.nextInt(3)));
    }

    @Override
    public InPlace open(Path path) throws IOException {
        mayFail();
        final InPlace real = REAL.open(path);
        final int file = names.computeIfAbsent(path, _ -> {
            steps.add(new Step.Write(files, path, new byte[0]));
            return files++;
        });
        return new InPlace() {

            @Override
            public void write(long at, ByteBuffer content) throws IOException {
                final boolean fails = fails();
                final byte[] written = new byte[fails ? faults.nextInt(content.remaining() + 1) : content.remaining()];
                content.get(written);
                real.write(at, ByteBuffer.wrap(written));
                steps.add(new Step.Patch(file, at, written));
                if (fails) {
                    throw failure();
                }
            }

            @Override
            public void force() throws IOException {
                mayFail();
                steps.add(new Step.Force(file));
            }

            @Override
            public void clear() throws IOException {
                mayFail();
                real.clear();
                steps.add(new Step.Clear(file));
            }

            @Override
            public void close() throws IOException {
                real.close();
            }
        };
    }

    @Override
    public void write(Path path, byte[] content) throws IOException {
        final boolean fails = fails();
        final byte[] written = fails ? Arrays.copyOf(content, faults.nextInt(content.length + 1)) : content;
        final int file = names.computeIfAbsent(path, _ -> files++);
        Files.write(path, written);
        steps.add(new Step.Write(file, path, written));
        if (fails) {
            throw failure();
        }
    }

    @Override
    public void writeSecret(Path path, byte[] content) throws IOException {
        write(path, content);
    }

    @Override
    public void createFolder(Path folder) throws IOException {
        mayFail();
        if (!Files.exists(folder)) {
            Files.createDirectory(folder);
            steps.add(new Step.Folder(folder));
        }
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        final boolean fails = fails();
        if (!fails || faults.nextBoolean()) { // it may have happened, and say that it has not
            REAL.rename(from, to);
            final int file = requireNonNull(names.remove(from));
            names.put(to, file);
            steps.add(new Step.Rename(file, from, to));
        }
        if (fails) {
            throw failure();
        }
    }

    @Override
    public void delete(Path path) throws IOException {
        mayFail();
        REAL.delete(path);
        names.remove(path);
        steps.add(new Step.Delete(path));
    }

    @Override
    public void force(Path path) throws IOException {
        mayFail();
        steps.add(
                Files.isDirectory(path) ? new Step.ForceFolder(path) : new Step.Force(requireNonNull(names.get(path))));
    }

    @Override
    public void forceAll(Collection<Path> paths) throws IOException {
        for (final Path path : paths) {
            force(path);
        }
    }

    /** Makes one of the folders that may be found after the power went just before step {@code at}. */
    void afterPowerLoss(int at, Random chance, Path from, Path to) throws IOException {
        final Map<Integer, Content> contents = new HashMap<>();
        final Map<Path, Integer> kept = new HashMap<>();
        final List<Change> open = new ArrayList<>();
        for (final Step step : steps.subList(0, at)) {
            switch (step) {
                case Step.Write write -> {
                    if (!contents.containsKey(write.file())) {
                        open.add(Change.made(write.path(), write.file()));
                    }
                    contents.computeIfAbsent(write.file(), _ -> new Content()).write(write.content());
                }
                case Step.Patch patch ->
                    requireNonNull(contents.get(patch.file())).patch(patch);
                case Step.Clear clear ->
                    requireNonNull(contents.get(clear.file())).write(new byte[0]);
                case Step.Force force ->
                    requireNonNull(contents.get(force.file())).force();
                case Step.Folder folder -> open.add(Change.made(folder.path(), FOLDER));
                case Step.Rename rename -> open.add(Change.renamed(rename));
                case Step.Delete delete -> open.add(Change.dropped(delete.path()));
                case Step.ForceFolder forced -> {
                    for (final Change change : open) {
                        if (forced.path().equals(change.folder())) {
                            change.apply(kept);
                        }
                    }
                    open.removeIf(change -> forced.path().equals(change.folder()));
                }
            }
        }
        for (final Change change : open) {
            if (chance.nextBoolean()) {
                change.apply(kept);
            }
        }
        final Set<Path> folders = new HashSet<>(Set.of(from));
        Files.createDirectories(to);
        for (final Path path : kept.keySet().stream().sorted().toList()) {
            final int file = requireNonNull(kept.get(path));
            if (!folders.contains(path.getParent())) {
                continue; // the folder that it was in is lost
            }
            final Path target = to.resolve(from.relativize(path));
            if (file == FOLDER) {
                folders.add(path);
                Files.createDirectory(target);
            } else {
                Files.write(target, requireNonNull(contents.get(file)).afterPowerLoss(chance));
            }
        }
    }

    /** Of one file: what was forced, and what was done to it since. */
    private static final class Content {

        private byte @Nullable [] durable;
        private byte[] latest = new byte[0];
        private boolean rewritten; // as a whole, since it was forced
        private final List<Step.Patch> patches = new ArrayList<>(); // since it was forced or rewritten

        void write(byte[] content) {
            latest = content;
            rewritten = true;
            patches.clear();
        }

        void patch(Step.Patch patch) {
            latest = patched(latest, patch.at(), patch.content());
            patches.add(patch);
        }

        void force() {
            durable = latest;
            rewritten = false;
            patches.clear();
        }

        /** Each thing that was done by itself: what was forced is not touched by what is written beside it. */
        byte[] afterPowerLoss(Random chance) {
            byte[] content = durable == null ? new byte[0] : durable;
            if (rewritten) {
                return torn(content, latest, chance);
            }
            for (final Step.Patch patch : patches) {
                final byte[] before = Arrays.copyOfRange(content, (int) Math.min(patch.at(), content.length), (int)
                        Math.min(patch.at() + patch.content().length, content.length));
                content = patched(content, patch.at(), torn(before, patch.content(), chance));
            }
            return content;
        }

        private static byte[] patched(byte[] content, long at, byte[] patch) {
            final byte[] patched = Arrays.copyOf(content, (int) Math.max(content.length, at + patch.length));
            System.arraycopy(patch, 0, patched, (int) at, patch.length);
            return patched;
        }

        /** It may be all there, or as before, or cut off, or of the right length with nothing or noise in it. */
        private static byte[] torn(byte[] before, byte[] content, Random chance) {
            return switch (chance.nextInt(5)) {
                case 0 -> content;
                case 1 -> before;
                case 2 -> Arrays.copyOf(content, chance.nextInt(content.length + 1));
                case 3 -> new byte[content.length];
                default -> {
                    final byte[] noise = new byte[content.length];
                    chance.nextBytes(noise);
                    System.arraycopy(content, 0, noise, 0, chance.nextInt(content.length + 1));
                    yield noise;
                }
            };
        }
    }
}
