package io.fourthlog.redaction;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.WeakHashMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Classifies prompts by a sentence model, beside the work: a prompt is cut into tokens where it is, which takes microseconds, and the model
 * runs on a thread of its own. While it is loading, or when as many prompts are waiting as there are places, a prompt is not taken.
 *
 * <pre>
 *  engine: text ─► WordPiece ─► ids, off the heap ─► queue of places ─► model ─► place ─► nearest class ─► LateClass
 *                                    ▲                                      │ ids and place are zeroed
 *                                    └──────────── free places ◄────────────┘
 * </pre>
 */
public final class PromptEmbeddings implements AutoCloseable {

    private static final int PLACES = 16; // prompts that can wait; a KiB each
    private static final System.Logger LOG = System.getLogger(PromptEmbeddings.class.getName());

    /** The process's one model, opened when a profile first asks for it. */
    private static final class Shared {
        private static final PromptEmbeddings INSTANCE = new PromptEmbeddings(
                ServiceLoader.load(PromptEmbedder.Provider.class).findFirst().orElse(null));
    }

    private final PromptEmbedder.@Nullable Provider provider;
    private final Arena arena = Arena.ofAuto();
    private final BlockingQueue<Place> free = new ArrayBlockingQueue<>(PLACES);
    private final BlockingQueue<Place> waiting = new ArrayBlockingQueue<>(PLACES);
    private final Thread worker;
    private volatile @Nullable WordPiece words; // null while the model is loading, or cannot be had

    /** A prompt that waits. */
    private static final class Place {
        private final MemorySegment ids;
        private int count;
        private @Nullable PromptClass taxonomy;
        private @Nullable LateClass late;

        private Place(MemorySegment ids) {
            this.ids = ids;
        }

        private void clear() {
            ids.fill((byte) 0);
            taxonomy = null;
            late = null;
        }
    }

    /** Starts to load the model. */
    PromptEmbeddings(PromptEmbedder.@Nullable Provider provider) {
        this.provider = provider;
        for (int i = 0; i < PLACES; i++) {
            free.add(new Place(arena.allocate(ValueLayout.JAVA_LONG, PromptEmbedder.MAX_TOKENS)));
        }
        worker = Thread.ofPlatform().daemon().name("prompt-embeddings").unstarted(this::work);
        if (provider == null) {
            LOG.log(
                    Level.WARNING,
                    "a profile asks for promptClasses.classifier: minilm, which is not on the class path: prompts are classified by the linear model");
        } else {
            worker.start();
        }
    }

    /** The one of this process; asking for it opens the model. */
    public static PromptEmbeddings shared() {
        return Shared.INSTANCE;
    }

    /** Whether a model can be asked. */
    public boolean ready() {
        return words != null;
    }

    /** Takes a prompt, if there is a place for it. */
    Optional<LateClass> take(byte[] text, int length, PromptClass taxonomy) {
        WordPiece pieces = words;
        Place place = pieces == null ? null : free.poll();
        if (pieces == null || place == null || provider == null) {
            return Optional.empty();
        }
        LateClass late = new LateClass(provider.name());
        place.count = pieces.encode(text, length, place.ids, PromptEmbedder.MAX_TOKENS);
        place.taxonomy = taxonomy;
        place.late = late;
        waiting.add(place); // there are no more places than it holds
        return Optional.of(late);
    }

    private void work() {
        if (provider == null) {
            return;
        }
        try (PromptEmbedder embedder = provider.open()) {
            Map<PromptClass, Centroids> taxonomies = new WeakHashMap<>();
            WordPiece pieces = new WordPiece(embedder.vocabulary());
            taxonomies.put(PromptClass.builtIn(), Centroids.of(PromptClass.builtIn(), embedder, pieces));
            MemorySegment found = arena.allocate(ValueLayout.JAVA_FLOAT, embedder.dimensions());
            words = pieces;
            while (!Thread.currentThread().isInterrupted()) {
                Place place = waiting.take();
                try {
                    classify(place, embedder, pieces, taxonomies, found);
                } finally {
                    found.fill((byte) 0);
                    place.clear();
                    free.add(place);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException | LinkageError e) {
            // The class alone: a message may have content in it.
            LOG.log(
                    Level.WARNING,
                    "the sentence model cannot be used, prompts are classified by the linear model: {0}",
                    e.getClass().getName());
        } finally {
            words = null;
        }
    }

    private void classify(
            Place place,
            PromptEmbedder embedder,
            WordPiece pieces,
            Map<PromptClass, Centroids> taxonomies,
            MemorySegment found) {
        PromptClass taxonomy = place.taxonomy;
        LateClass late = place.late;
        if (taxonomy == null || late == null) {
            throw new IllegalStateException("a place without a prompt");
        }
        Centroids centroids = taxonomies.computeIfAbsent(taxonomy, each -> Centroids.of(each, embedder, pieces));
        embedder.embed(place.ids, place.count, found);
        late.found(centroids.nearest(found));
    }

    /** Stops the thread; the places are freed when nobody refers to them. */
    @Override
    public void close() {
        worker.interrupt();
    }
}
