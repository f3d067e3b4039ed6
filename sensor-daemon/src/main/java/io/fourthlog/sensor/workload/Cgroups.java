package io.fourthlog.sensor.workload;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads the cgroup v2 hierarchy of this host: where the pods of kubelet have their directories. */
final class Cgroups {

    /**
     * A directory of the hierarchy.
     *
     * @param id the kernel's id of the cgroup: the inode of the directory
     */
    record Directory(long id, Path path) {}

    private static final String KUBEPODS = "kubepods";

    private final Path root;

    Cgroups(Path root) {
        this.root = root;
    }

    /** The cgroup directory of each pod, by the pod's UID. */
    Map<String, Path> pods() {
        final Map<String, Path> pods = new TreeMap<>();
        walk(root, directory -> {
            final Optional<PodCgroup> pod = PodCgroup.of(root.relativize(directory));
            pod.ifPresent(found -> pods.put(found.podUid(), directory));
            return pod.isPresent() ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
        });
        return pods;
    }

    /** The directories in which kubelet makes those of pods: one for each class of quality of service. */
    List<Path> parentsOfPods() {
        final List<Path> parents = new ArrayList<>();
        parents.add(root);
        walk(root, directory -> {
            if (PodCgroup.of(root.relativize(directory)).isPresent()) {
                return FileVisitResult.SKIP_SUBTREE;
            }
            final Path name = root.relativize(directory);
            final int names = name.getNameCount();
            if (name.getName(names - 1).toString().startsWith(KUBEPODS)
                    || (names > 1 && name.getName(names - 2).toString().startsWith(KUBEPODS))) {
                parents.add(directory);
            }
            return FileVisitResult.CONTINUE;
        });
        return parents;
    }

    /** A directory and all below it. */
    List<Directory> tree(Path top) {
        final List<Directory> tree = new ArrayList<>();
        walk(top, directory -> {
            tree.add(new Directory(inode(directory), directory));
            return FileVisitResult.CONTINUE;
        });
        return tree;
    }

    /** The directory of a systemd unit, which is named like it (systemd.resource-control(5)); empty while it does not run. */
    Optional<Path> unit(String name) {
        final List<Path> found = new ArrayList<>();
        walk(root, directory -> {
            if (String.valueOf(directory.getFileName()).equals(name)) {
                found.add(directory);
            }
            return found.isEmpty() ? FileVisitResult.CONTINUE : FileVisitResult.TERMINATE;
        });
        return found.stream().findFirst();
    }

    /** The directories in which systemd makes those of units. */
    List<Path> slices() {
        final List<Path> slices = new ArrayList<>(List.of(root));
        walk(root, directory -> {
            final boolean slice = String.valueOf(directory.getFileName()).endsWith(".slice");
            if (slice) {
                slices.add(directory);
            }
            return slice || directory.equals(root) ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
        });
        return slices;
    }

    /** The path on this host of one that the kernel gave from the root of the hierarchy. */
    Path resolve(String fromRoot) {
        return root.resolve(fromRoot.replaceFirst("^/+", ""));
    }

    private static long inode(Path directory) throws IOException {
        return (Long) Files.getAttribute(directory, "unix:ino");
    }

    @FunctionalInterface
    private interface Visit {
        FileVisitResult directory(Path directory) throws IOException;
    }

    /** Goes through directories; those that disappear on the way were pods that ended. */
    private static void walk(Path from, Visit visit) {
        try {
            Files.walkFileTree(from, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                        throws IOException {
                    try {
                        return visit.directory(directory);
                    } catch (IOException e) {
                        return gone(e);
                    }
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                    return gone(e);
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                    return e == null ? FileVisitResult.CONTINUE : gone(e);
                }

                private FileVisitResult gone(IOException e) throws IOException {
                    if (e instanceof NoSuchFileException) {
                        return FileVisitResult.SKIP_SUBTREE;
                    }
                    throw e;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the cgroups below " + from, e);
        }
    }
}
