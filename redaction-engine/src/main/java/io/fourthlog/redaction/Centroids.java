package io.fourthlog.redaction;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Where a sentence model puts the classes of a taxonomy: each at the mean of its examples. A prompt is of the class that it is nearest to. */
final class Centroids {

    private final List<String> names;
    private final float[][] centroids; // of length 1

    private Centroids(List<String> names, float[][] centroids) {
        this.names = names;
        this.centroids = centroids;
    }

    static Centroids of(PromptClass taxonomy, PromptEmbedder embedder, WordPiece words) {
        List<String> names = taxonomy.names();
        float[][] sums = new float[names.size()][embedder.dimensions()];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ids = arena.allocate(ValueLayout.JAVA_LONG, PromptEmbedder.MAX_TOKENS);
            MemorySegment place = arena.allocate(ValueLayout.JAVA_FLOAT, embedder.dimensions());
            for (PromptClass.Example example : taxonomy.examples()) {
                byte[] prompt = example.prompt().getBytes(StandardCharsets.UTF_8);
                int count = words.encode(prompt, prompt.length, ids, PromptEmbedder.MAX_TOKENS);
                embedder.embed(ids, count, place);
                float[] sum = sums[names.indexOf(example.name())];
                double length = Math.sqrt(dot(place, place, sum.length));
                for (int i = 0; i < sum.length; i++) {
                    sum[i] += (float) (place.getAtIndex(ValueLayout.JAVA_FLOAT, i) / length);
                }
            }
        }
        for (float[] sum : sums) {
            double length = 0;
            for (float part : sum) {
                length += part * part;
            }
            for (int i = 0; i < sum.length; i++) {
                sum[i] = (float) (sum[i] / Math.sqrt(length));
            }
        }
        return new Centroids(names, sums);
    }

    /** The class whose direction is nearest. */
    String nearest(MemorySegment place) {
        int best = 0;
        double most = Double.NEGATIVE_INFINITY;
        for (int name = 0; name < centroids.length; name++) {
            MemorySegment centroid = MemorySegment.ofArray(centroids[name]);
            double near = dot(centroid, place, centroids[name].length);
            if (near > most) {
                most = near;
                best = name;
            }
        }
        double length = Math.sqrt(dot(place, place, centroids[best].length));
        return most < LEAST * length ? PromptClass.OTHER : names.get(best);
    }

    private static final double LEAST = 0.2; // cosine, under which a prompt is like no class

    private static double dot(MemorySegment a, MemorySegment b, int length) {
        double sum = 0;
        for (int i = 0; i < length; i++) {
            sum += a.getAtIndex(ValueLayout.JAVA_FLOAT, i) * b.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        }
        return sum;
    }
}
