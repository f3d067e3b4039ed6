package io.fourthlog.actionlog.log;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
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

        record Force(int file) implements Step {}

        record Folder(Path path) implements Step {}

        record Rename(int file, Path from, Path to) implements Step {}

        record Delete(Path path) implements Step {}

        record ForceFolder(Path path) implements Step {}
    }

    /** A change to the names of a folder, which may be lost until the folder is forced. */
    private record Change(@Nullable Path folder, Path path, int file, boolean there) {

        static Change made(Path path, int file) {
            return new Change(path.getParent(), path, file, true);
        }

        static Change dropped(Path path) {
            return new Change(path.getParent(), path, FOLDER, false);
        }

        void apply(Map<Path, Integer> names) {
            if (there) {
                names.put(path, file);
            } else {
                names.remove(path);
            }
        }
    }

    FaultyDisk(Random faults) {
        this.faults = faults;
    }

    /** Has one operation in so many fail from now on, some of them half done. */
    void failEvery(int operations) {
        failEvery = operations;
    }

    /** How many things were done. */
    int steps() {
        return steps.size();
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
    public Written write(Path path, byte[] content) throws IOException {
        final boolean fails = fails();
        final byte[] written = fails ? Arrays.copyOf(content, faults.nextInt(content.length + 1)) : content;
        final int file = names.computeIfAbsent(path, _ -> files++);
        Files.write(path, written);
        steps.add(new Step.Write(file, path, written));
        if (fails) {
            throw failure();
        }
        return new Written() {

            @Override
            public void force() throws IOException {
                mayFail();
                steps.add(new Step.Force(file));
            }

            @Override
            public void close() {}
        };
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
    public void force(Path folder) throws IOException {
        mayFail();
        steps.add(new Step.ForceFolder(folder));
    }

    /** Makes one of the folders that may be found after the power went just before step {@code at}. */
    void afterPowerLoss(int at, Random chance, Path from, Path to) throws IOException {
        final Map<Integer, byte[]> durable = new HashMap<>();
        final Map<Integer, byte[]> latest = new HashMap<>();
        final Map<Path, Integer> kept = new HashMap<>();
        final List<Change> open = new ArrayList<>();
        for (final Step step : steps.subList(0, at)) {
            switch (step) {
                case Step.Write write -> {
                    if (!latest.containsKey(write.file())) {
                        open.add(Change.made(write.path(), write.file()));
                    }
                    latest.put(write.file(), write.content());
                }
                case Step.Force force -> durable.put(force.file(), latest.get(force.file()));
                case Step.Folder folder -> open.add(Change.made(folder.path(), FOLDER));
                case Step.Rename rename -> {
                    open.add(Change.made(rename.to(), rename.file()));
                    open.add(Change.dropped(rename.from()));
                }
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
                Files.write(target, content(durable.get(file), requireNonNull(latest.get(file)), chance));
            }
        }
    }

    /** What was not forced may be all there, or as before, or cut off, or of the right length with nothing or noise in it. */
    private static byte[] content(byte @Nullable [] durable, byte[] latest, Random chance) {
        if (Arrays.equals(latest, durable)) {
            return latest;
        }
        return switch (chance.nextInt(5)) {
            case 0 -> latest;
            case 1 -> durable == null ? new byte[0] : durable;
            case 2 -> Arrays.copyOf(latest, chance.nextInt(latest.length + 1));
            case 3 -> new byte[latest.length];
            default -> {
                final byte[] noise = new byte[latest.length];
                chance.nextBytes(noise);
                System.arraycopy(latest, 0, noise, 0, chance.nextInt(latest.length + 1));
                yield noise;
            }
        };
    }
}
