package io.fourthlog.sensor.spool;

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
 * All that was done to a {@link FaultyFileSystem}, and what may be left of it when the power goes at any point. Nothing is promised
 * beyond POSIX: content is durable once the file was forced, and a name once its folder was; what was not may be there, or not, or
 * torn, each by itself and in any order.
 */
final class DiskHistory {

    private static final int FOLDER = -1; // in the place of a file's number

    private final List<Step> steps = new ArrayList<>();
    private final Map<Path, Integer> names = new HashMap<>(); // as a program sees them
    private int files;

    /** Something that was done. */
    private sealed interface Step {

        record Made(int file, Path path) implements Step {}

        @SuppressWarnings("ArrayRecordComponent") // never compared
        record Patch(int file, long at, byte[] content) implements Step {}

        record Cut(int file, long size) implements Step {}

        record Force(int file) implements Step {}

        record Folder(Path path) implements Step {}

        record Rename(int file, Path from, Path to) implements Step {}

        record Delete(Path path) implements Step {}

        record ForceFolder(Path path) implements Step {}
    }

    /** A change to the names of a folder, which may be lost until the folder is forced. */
    private record Change(
            Path folder, @Nullable Path gone, @Nullable Path made, int file) {

        private void apply(Map<Path, Integer> kept) {
            if (gone != null) {
                kept.remove(gone);
            }
            if (made != null) {
                kept.put(made, file);
            }
        }
    }

    /** How many things were done. */
    synchronized int steps() {
        return steps.size();
    }

    /** A file that is open for writing from now on; the number by which it is known whatever it is called. */
    synchronized int opened(Path path) {
        return names.computeIfAbsent(path, _ -> {
            steps.add(new Step.Made(files, path));
            return files++;
        });
    }

    synchronized void written(int file, long at, byte[] content) {
        steps.add(new Step.Patch(file, at, content));
    }

    synchronized void cut(int file, long size) {
        steps.add(new Step.Cut(file, size));
    }

    synchronized void forced(Path path) {
        final Integer file = names.get(path);
        steps.add(file == null ? new Step.ForceFolder(path) : new Step.Force(file));
    }

    synchronized void forced(int file) {
        steps.add(new Step.Force(file));
    }

    synchronized void folder(Path path) {
        steps.add(new Step.Folder(path));
    }

    synchronized void renamed(Path from, Path to) {
        final int file = requireNonNull(names.remove(from), "only files are renamed");
        names.put(to, file);
        steps.add(new Step.Rename(file, from, to));
    }

    synchronized void deleted(Path path) {
        names.remove(path);
        steps.add(new Step.Delete(path));
    }

    /** Makes one of the folders that may be found after the power went just before step {@code at}. */
    synchronized void afterPowerLoss(int at, Random chance, Path from, Path to) throws IOException {
        final Map<Integer, Content> contents = new HashMap<>();
        final Map<Path, Integer> kept = new HashMap<>();
        final List<Change> open = new ArrayList<>();
        for (final Step step : steps.subList(0, at)) {
            switch (step) {
                case Step.Made made -> {
                    contents.put(made.file(), new Content());
                    open.add(change(made.path(), null, made.path(), made.file()));
                }
                case Step.Patch patch -> content(contents, patch.file()).edits.add(patch);
                case Step.Cut cut -> content(contents, cut.file()).edits.add(cut);
                case Step.Force force -> content(contents, force.file()).force();
                case Step.Folder folder -> open.add(change(folder.path(), null, folder.path(), FOLDER));
                case Step.Rename rename -> open.add(change(rename.to(), rename.from(), rename.to(), rename.file()));
                case Step.Delete delete -> open.add(change(delete.path(), delete.path(), null, FOLDER));
                case Step.ForceFolder forced -> {
                    open.stream()
                            .filter(change -> change.folder().equals(forced.path()))
                            .forEach(change -> change.apply(kept));
                    open.removeIf(change -> change.folder().equals(forced.path()));
                }
            }
        }
        open.stream().filter(_ -> chance.nextBoolean()).forEach(change -> change.apply(kept));
        final Set<Path> folders = new HashSet<>(Set.of(from));
        Files.createDirectories(to);
        for (final Path path : kept.keySet().stream().sorted().toList()) {
            if (!folders.contains(path.getParent())) {
                continue; // the folder that it was in is lost
            }
            final int file = requireNonNull(kept.get(path));
            final Path target = to.resolve(from.relativize(path));
            if (file == FOLDER) {
                folders.add(path);
                Files.createDirectory(target);
            } else {
                Files.write(target, content(contents, file).afterPowerLoss(chance));
            }
        }
    }

    private static Change change(Path path, @Nullable Path gone, @Nullable Path made, int file) {
        return new Change(requireNonNull(path.getParent()), gone, made, file);
    }

    private static Content content(Map<Integer, Content> contents, int file) {
        return requireNonNull(contents.get(file));
    }

    /** Of one file: what was forced, and what was done to it since. */
    private static final class Content {

        private byte[] durable = new byte[0];
        private final List<Step> edits = new ArrayList<>();

        private void force() {
            for (final Step edit : edits) {
                durable = edited(durable, edit);
            }
            edits.clear();
        }

        private byte[] afterPowerLoss(Random chance) {
            byte[] content = durable;
            for (final Step edit : edits) {
                if (edit instanceof Step.Patch patch) {
                    content = edited(content, new Step.Patch(patch.file(), patch.at(), torn(content, patch, chance)));
                } else if (chance.nextBoolean()) {
                    content = edited(content, edit);
                }
            }
            return content;
        }

        private static byte[] edited(byte[] content, Step edit) {
            return switch (edit) {
                case Step.Patch patch -> {
                    final byte[] edited =
                            Arrays.copyOf(content, (int) Math.max(content.length, patch.at() + patch.content().length));
                    System.arraycopy(patch.content(), 0, edited, (int) patch.at(), patch.content().length);
                    yield edited;
                }
                case Step.Cut cut -> Arrays.copyOf(content, (int) Math.min(content.length, cut.size()));
                default -> throw new IllegalArgumentException(edit.toString());
            };
        }

        /** It may be all there, or as before, or cut off, or of the right length with nothing or noise in it. */
        private static byte[] torn(byte[] content, Step.Patch patch, Random chance) {
            final byte[] written = patch.content();
            return switch (chance.nextInt(5)) {
                case 0 -> written;
                case 1 -> {
                    final int from = (int) Math.min(patch.at(), content.length);
                    yield Arrays.copyOfRange(content, from, Math.min(from + written.length, content.length));
                }
                case 2 -> Arrays.copyOf(written, chance.nextInt(written.length + 1));
                case 3 -> new byte[written.length];
                default -> {
                    final byte[] noise = new byte[written.length];
                    chance.nextBytes(noise);
                    System.arraycopy(written, 0, noise, 0, chance.nextInt(written.length + 1));
                    yield noise;
                }
            };
        }
    }
}
