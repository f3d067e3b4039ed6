package io.fourthlog.trail.timestamp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fourthlog.actionlog.log.Checkpoint;
import io.fourthlog.actionlog.log.CompactRange;
import io.fourthlog.actionlog.log.Hash;
import io.fourthlog.actionlog.log.LogFormatException;
import io.fourthlog.actionlog.log.MerkleTree;
import io.fourthlog.actionlog.log.Note;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * One token over the checkpoints of many logs. What the authority stamps is the statement: the text of a checkpoint whose leaves are
 * the texts of the logs' checkpoints, so that each log is proven to be in it without naming the others.
 *
 * <pre>
 *   statement   fourthlog-timestamp/1 LF number of logs LF root LF
 *   leaf N      ORIGIN LF size LF root LF                         the text of a log's checkpoint, without signatures
 * </pre>
 *
 * @param checkpoints the leaves, in their order
 * @param token RFC 3161, in base64
 */
public record Timestamp(String statement, List<String> checkpoints, String token) {

    /** The first line of a statement. */
    public static final String ORIGIN = "fourthlog-timestamp/1";

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .build();

    public Timestamp {
        checkpoints = List.copyOf(checkpoints);
    }

    /** What an authority is to stamp for these checkpoints. */
    public static String statement(List<String> checkpoints) {
        final CompactRange range = new CompactRange();
        leaves(checkpoints).forEach(range::append);
        return ORIGIN + "\n" + checkpoints.size() + "\n" + range.root().base64() + "\n";
    }

    private static List<Hash> leaves(List<String> checkpoints) {
        return checkpoints.stream()
                .map(text -> MerkleTree.leafHash(text.getBytes(StandardCharsets.UTF_8)))
                .toList();
    }

    /** Reads the text of a checkpoint, which is signed elsewhere or not at all. */
    public static Checkpoint checkpoint(String text) throws LogFormatException {
        return Checkpoint.parse(new Note(text, List.of()));
    }

    /**
     * The path from a checkpoint to the statement's root: RFC 6962, section 2.1.1.
     *
     * @param index of the checkpoint
     */
    public List<Hash> path(int index) {
        final List<Hash> path = new ArrayList<>();
        List<Hash> leaves = leaves(checkpoints);
        int at = index;
        while (leaves.size() > 1) {
            final int left = Integer.highestOneBit(leaves.size() - 1);
            final List<Hash> other = at < left ? leaves.subList(left, leaves.size()) : leaves.subList(0, left);
            final CompactRange range = new CompactRange();
            other.forEach(range::append);
            path.addFirst(range.root());
            leaves = at < left ? leaves.subList(0, left) : leaves.subList(left, leaves.size());
            at = at < left ? at : at - left;
        }
        return path;
    }

    /**
     * Reads a file, and checks that its statement is of its checkpoints; what the token says, {@link Token} tells.
     *
     * @throws TokenException when it is none
     */
    public static Timestamp parse(byte[] json) throws TokenException {
        final Timestamp timestamp;
        try {
            timestamp = JSON.readValue(json, Timestamp.class);
        } catch (JsonProcessingException e) {
            throw new TokenException("it is no timestamp: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new TokenException("it is no timestamp: " + e.getMessage());
        }
        if (timestamp == null || !timestamp.statement.equals(statement(timestamp.checkpoints))) {
            throw new TokenException("its statement is not that of its checkpoints");
        }
        return timestamp;
    }

    /** The bytes of its file. */
    public byte[] bytes() {
        try {
            return JSON.writeValueAsBytes(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("strings and lists can be written", e);
        }
    }

    /** The token's bytes. */
    public byte[] der() throws TokenException {
        return der(token);
    }

    /** The bytes of a token in base64. */
    public static byte[] der(String token) throws TokenException {
        try {
            return Base64.getDecoder().decode(token);
        } catch (IllegalArgumentException e) {
            throw new TokenException("the token is not base64");
        }
    }
}
