package io.fourthlog.minilm;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.fourthlog.redaction.PromptEmbedder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0), quantised to 8 bits, as langchain4j packs it. The place of a prompt is the mean of
 * its tokens' places. One thread of its own; inputs and outputs are in our memory and zeroed, what ONNX Runtime computes with in between
 * is freed and not zeroed.
 */
final class MiniLmEmbedder implements PromptEmbedder {

    private static final String MODEL = "/all-minilm-l6-v2-q.onnx";
    private static final String TOKENIZER = "/all-minilm-l6-v2-q-tokenizer.json";
    private static final int DIMENSIONS = 384;
    private static final String OUTPUT = "last_hidden_state";

    private final List<String> vocabulary;
    private final OrtEnvironment environment;
    private final OrtSession session;
    private final Arena arena = Arena.ofAuto();
    private final MemorySegment ones = longs(1);
    private final MemorySegment zeros = longs(0);
    private final MemorySegment output = arena.allocate(ValueLayout.JAVA_FLOAT, (long) MAX_TOKENS * DIMENSIONS);

    private MiniLmEmbedder(List<String> vocabulary, OrtEnvironment environment, OrtSession session) {
        this.vocabulary = vocabulary;
        this.environment = environment;
        this.session = session;
    }

    static MiniLmEmbedder open() throws IOException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (InputStream tokenizer = resource(TOKENIZER);
                Arena arena = Arena.ofConfined();
                OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.setCPUArenaAllocator(false); // else it keeps what the longest prompt took
            options.setMemoryPatternOptimization(false);
            return new MiniLmEmbedder(
                    Vocabulary.read(tokenizer.readAllBytes()),
                    environment,
                    environment.createSession(model(arena), options));
        } catch (OrtException e) {
            throw new IOException("the model cannot be opened: " + e.getCode(), e);
        }
    }

    /** The model, off the heap, which is small; for as long as it takes to read it. */
    private static ByteBuffer model(Arena arena) throws IOException {
        try (InputStream in = resource(MODEL)) {
            byte[] chunk = new byte[1 << 16];
            MemorySegment bytes = arena.allocate(1 << 25); // its 23 MB fit
            long size = 0;
            for (int read = in.read(chunk); read > 0; read = in.read(chunk)) {
                MemorySegment.copy(chunk, 0, bytes, ValueLayout.JAVA_BYTE, size, read);
                size += read;
            }
            return bytes.asSlice(0, size).asByteBuffer().order(ByteOrder.nativeOrder());
        }
    }

    private static InputStream resource(String name) throws IOException {
        InputStream in = MiniLmEmbedder.class.getResourceAsStream(name);
        if (in == null) {
            throw new IOException("not in the jar: " + name);
        }
        return in;
    }

    @Override
    public List<String> vocabulary() {
        return vocabulary;
    }

    @Override
    public int dimensions() {
        return DIMENSIONS;
    }

    @Override
    public void embed(MemorySegment ids, int count, MemorySegment place) {
        long[] shape = {1, count};
        MemorySegment hidden = output.asSlice(0, (long) count * DIMENSIONS * Float.BYTES);
        try (OnnxTensor input = tensor(ids, count, shape);
                OnnxTensor mask = tensor(ones, count, shape);
                OnnxTensor types = tensor(zeros, count, shape);
                OnnxTensor result = OnnxTensor.createTensor(
                        environment,
                        hidden.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer(),
                        new long[] {1, count, DIMENSIONS})) {
            Map<String, OnnxTensorLike> inputs =
                    Map.of("input_ids", input, "attention_mask", mask, "token_type_ids", types);
            Map<String, OnnxValue> outputs = Map.of(OUTPUT, result);
            session.run(inputs, Set.of(), outputs, null).close();
            mean(hidden, count, place);
        } catch (OrtException e) {
            throw new UncheckedIOException(new IOException("the model failed: " + e.getCode()));
        } finally {
            hidden.fill((byte) 0);
        }
    }

    private OnnxTensor tensor(MemorySegment longs, int count, long[] shape) throws OrtException {
        return OnnxTensor.createTensor(
                environment,
                longs.asSlice(0, (long) count * Long.BYTES)
                        .asByteBuffer()
                        .order(ByteOrder.nativeOrder())
                        .asLongBuffer(),
                shape);
    }

    private static void mean(MemorySegment hidden, int count, MemorySegment place) {
        for (int i = 0; i < DIMENSIONS; i++) {
            float sum = 0;
            for (int token = 0; token < count; token++) {
                sum += hidden.getAtIndex(ValueLayout.JAVA_FLOAT, (long) token * DIMENSIONS + i);
            }
            place.setAtIndex(ValueLayout.JAVA_FLOAT, i, sum / count);
        }
    }

    private MemorySegment longs(long value) {
        MemorySegment longs = arena.allocate(ValueLayout.JAVA_LONG, MAX_TOKENS);
        for (int i = 0; i < MAX_TOKENS; i++) {
            longs.setAtIndex(ValueLayout.JAVA_LONG, i, value);
        }
        return longs;
    }

    /** What the model wrote last, for the test that finds nothing in it. */
    MemorySegment computed() {
        return output;
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new UncheckedIOException(new IOException("the model cannot be closed: " + e.getCode()));
        }
    }
}
