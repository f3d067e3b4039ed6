package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.Plaintext;
import io.fourthlog.sensor.http.AwsChunks;
import io.fourthlog.sensor.http.Base64Text;
import io.fourthlog.sensor.http.ContentDecoder;
import io.fourthlog.sensor.http.Exchange;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import org.jspecify.annotations.Nullable;

/**
 * A request for anything but a model or a tool, and its answer: counts the bytes of both bodies, decoded, and hands on what is text in
 * them, of bodies and of a WebSocket's messages of any length, with memory for a block of each.
 */
public final class ResourceExchange implements Exchange, Exchange.MessageSink {
    /** Takes what becomes of it. Its methods are called in this order. */
    public interface Listener {
        /** It is none of another kind; called once, at its head or as soon as that is known. */
        void begins();

        /** Some of the text, which the listener closes. May come before {@link #begins}. */
        void text(Plaintext block);

        /** There may be text that could not be looked through, and why. */
        void unread(String why);

        /** It is over; called last, and once. */
        void ended(Outcome outcome);
    }

    /**
     * How it went.
     *
     * @param status of the answer; 0 if none was seen
     * @param grpcStatus what a call by gRPC came to; -1 if it did not say, or is none
     * @param bytes of both bodies, as far as they were seen
     * @param counted whether that is of both of them
     * @param gap why it was not seen whole, {@code null} if it was
     * @param missingBytes -1 if not known
     */
    public record Outcome(
            int status,
            long grpcStatus,
            long bytes,
            boolean counted,
            @Nullable GapCause gap,
            long missingBytes) {}

    private static final long AT_ONCE = 256L << 20; // bytes that may come out of a coding that is undone at the end

    private final MemoryBudget budget;
    private final Limits limits;
    private final Listener listener;
    private final Body request;
    private final boolean connect;
    private final Missing missing = new Missing();
    private @Nullable Body response;
    private boolean begun;
    private boolean requestEnded;
    private boolean over;
    private int status;
    private long grpcStatus = -1;

    /** One that may turn out to be of another kind, until {@link #begin}. */
    public ResourceExchange(
            final MemoryBudget budget, final Limits limits, final HttpHead head, final Listener listener) {
        this.budget = budget;
        this.limits = limits;
        this.listener = listener;
        request = new Body(head);
        connect = head.method().equals("CONNECT");
    }

    /** It is none of another kind. */
    public ResourceExchange begin() {
        if (!begun && !over) {
            begun = true;
            listener.begins();
        }
        return this;
    }

    /** It is of another kind, and nothing more of it comes here. */
    void drop() {
        free();
    }

    @Override
    public void requestBody(final byte[] bytes, final int offset, final int length) {
        if (!over) {
            request.coded(bytes, offset, length);
        }
    }

    /** The same of what somebody decoded who took it for something else; what follows comes to {@link #requestBody}. */
    void decodedRequest(final byte[] bytes, final int length) {
        if (!over) {
            request.decoded(bytes, 0, length);
        }
    }

    /** Nothing that follows of the request can be decoded, or was kept. */
    void requestCut(final GapCause cause) {
        missing.add(cause, -1);
        request.cut = true;
    }

    @Override
    public void requestGap(final long bytes) {
        if (!over) {
            request.gap(bytes);
        }
    }

    @Override
    public void requestEnd() {
        requestEnded = true;
        if (!over) {
            request.end();
        }
    }

    @Override
    public void responseHead(final HttpHead head) {
        if (!over) {
            status = head.status();
            if (connect && status < 300) {
                missing.add(GapCause.UPGRADE, -1); // a tunnel or a WebSocket in HTTP/2: counted, and not read
            }
            response = new Body(head);
            responseTrailers(head); // a call by gRPC that fails at once has them in its head
        }
    }

    @Override
    public void responseTrailers(final HttpHead trailers) {
        grpcStatus = Math.max(grpcStatus, trailers.grpcStatus());
    }

    @Override
    public void responseBody(final byte[] bytes, final int offset, final int length) {
        if (!over && response != null) {
            response.coded(bytes, offset, length);
        }
    }

    @Override
    public void responseGap(final long bytes) {
        if (!over && response != null) {
            response.gap(bytes);
        }
    }

    @Override
    public void responseEnd() {
        if (!over) {
            if (!requestEnded) {
                missing.add(GapCause.STREAM, -1); // answered before all of the request was seen
            }
            finish();
        }
    }

    @Override
    public void abort(final GapCause cause, final long missingBytes) {
        if (!over) {
            if (cause != GapCause.UNFINISHED || response == null || !response.letGo()) {
                missing.add(cause, missingBytes);
            }
            finish();
        }
    }

    @Override
    public void tunnelled() {
        drop();
    }

    @Override
    public MessageSink upgraded() {
        response = new Body();
        return this;
    }

    @Override
    public void message(final boolean sent, final byte[] bytes, final int length) {
        final Body side = sent ? request : response;
        if (!over && side != null) {
            side.message(bytes, length);
        }
    }

    @Override
    public void gap(final GapCause cause, final long missingBytes) {
        missing.add(cause, missingBytes);
    }

    @Override
    public void end() {
        if (!over) {
            finish();
        }
    }

    private void finish() {
        begin();
        request.end();
        long bytes = request.bytes;
        boolean counted = request.isCounted();
        if (response != null) {
            response.end();
            bytes += response.bytes;
            grpcStatus = Math.max(grpcStatus, response.messages == null ? -1 : response.messages.status());
            counted &= response.isCounted();
        }
        free();
        listener.ended(new Outcome(status, grpcStatus, bytes, counted, missing.cause(), missing.bytes()));
    }

    private void free() {
        over = true;
        request.close();
        if (response != null) {
            response.close();
        }
    }

    /** One of the two bodies, or the messages of one side. */
    private final class Body implements AutoCloseable {
        private final @Nullable AwsChunks chunks; // of one that has this framing
        private final @Nullable ContentDecoder decoder; // of one that is coded
        private final TextBlocks texts;
        private final @Nullable GrpcTexts messages; // of a call by gRPC, or of Protocol Buffers
        private final @Nullable Base64Text base64; // that they are written in
        private final @Nullable EndMark mark; // of a stream of events
        private long bytes;
        private boolean begun;
        private boolean cut;
        private boolean ended;

        private Body(final HttpHead head) {
            chunks = head.isAwsChunked() ? new AwsChunks(this::unframed) : null;
            decoder = head.coding() == HttpHead.Coding.IDENTITY ? null : decoder(head.coding());
            final HttpHead.Media media = head.media();
            final boolean encoded = media == HttpHead.Media.GRPC || media == HttpHead.Media.PROTOBUF;
            texts = new TextBlocks(budget, encoded || head.isText(), listener::text);
            messages = switch (media) {
                case GRPC -> new GrpcTexts(budget, limits, texts, () -> listener.unread("compressed"));
                case PROTOBUF -> GrpcTexts.ofMessage(budget, limits, texts);
                default -> null;
            };
            base64 = head.isBase64() ? new Base64Text(this::message) : null;
            mark = media == HttpHead.Media.EVENT_STREAM ? new EndMark() : null;
        }

        private boolean message(final byte[] plain, final int offset, final int length) {
            if (messages != null) {
                messages.add(plain, offset, length);
            }
            return true;
        }

        /** Messages, of which nothing tells what they are. */
        private Body() {
            chunks = null;
            decoder = null;
            texts = new TextBlocks(budget, false, listener::text);
            messages = null;
            base64 = null;
            mark = null;
        }

        private ContentDecoder decoder(final HttpHead.Coding coding) {
            final boolean asItComes = coding == HttpHead.Coding.GZIP || coding == HttpHead.Coding.DEFLATE;
            return new ContentDecoder(
                    budget, limits, coding, asItComes ? Long.MAX_VALUE : AT_ONCE, (out, from, length) -> {
                        decoded(out, from, length);
                        return true;
                    });
        }

        private void coded(final byte[] raw, final int offset, final int length) {
            if (cut || ended) {
                return;
            }
            begun = true;
            if (chunks == null) {
                unframed(raw, offset, length);
            } else {
                chunks.decode(raw, offset, length);
            }
        }

        private boolean unframed(final byte[] raw, final int offset, final int length) {
            if (decoder == null) {
                decoded(raw, offset, length);
            } else {
                decoder.decode(raw, offset, length);
            }
            return true;
        }

        private void decoded(final byte[] plain, final int offset, final int length) {
            bytes += length;
            if (mark != null) {
                mark.add(plain, offset, length);
            }
            if (messages == null) {
                texts.add(plain, offset, length);
            } else if (base64 != null) {
                if (!cut && !base64.decode(plain, offset, length)) {
                    cut = true;
                    missing.add(GapCause.ENCODING, -1);
                }
            } else {
                messages.add(plain, offset, length);
            }
        }

        private void message(final byte[] plain, final int length) {
            decoded(plain, 0, length);
            texts.end();
        }

        private void gap(final long missed) {
            texts.end(); // what stands before it and behind it is not one text
            if (messages != null) {
                messages.gap();
            }
            if (mark != null) {
                mark.gap();
            }
            if (decoder == null && chunks == null) {
                missing.add(GapCause.STREAM, missed);
            } else if (!cut) {
                cut = true; // how much the rest is decoded is not known
                missing.add(GapCause.STREAM, -1);
            }
        }

        /** Whether whoever reads no further has read all: what can follow is framing, of the coding as well. */
        private boolean letGo() {
            final boolean whole = requestEnded && mark != null && mark.isReached();
            if (whole) {
                texts.end();
                ended = true;
            }
            return whole;
        }

        private void end() {
            if (ended) {
                return;
            }
            ended = true;
            if (chunks != null && begun && !cut && !chunks.isComplete()) {
                cut = true;
                missing.add(GapCause.ENCODING, -1);
            }
            if (decoder != null && !cut) {
                decoder.end();
                if (decoder.failure() != null) {
                    cut = true;
                    missing.add(decoder.failure(), -1);
                }
            }
            if (messages != null) {
                messages.end();
            }
            texts.end();
        }

        private boolean isCounted() {
            return !cut || bytes > 0;
        }

        @Override
        public void close() {
            if (decoder != null) {
                decoder.close();
            }
            if (messages != null) {
                messages.close();
            }
            texts.close();
        }
    }
}
