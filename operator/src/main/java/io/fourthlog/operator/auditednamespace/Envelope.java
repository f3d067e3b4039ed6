package io.fourthlog.operator.auditednamespace;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;

/**
 * What is around an object in Kubernetes' protobuf. The numbers of fields are those of generated.proto in
 * k8s.io/apimachinery/pkg/runtime and k8s.io/apimachinery/pkg/apis/meta/v1:
 *
 * <pre>
 *  WatchEvent ─┬─ 1 type
 *              └─ 2 object ─ 1 raw ─ "k8s\0" Unknown ─ 2 raw ─ a Lease, a LeaseList or a Status ─ 3 message
 * </pre>
 */
final class Envelope {

    private static final byte[] MAGIC = "k8s\0".getBytes(ISO_8859_1);

    private static final int TYPE = 1;
    private static final int OBJECT = 2;
    private static final int RAW_OF_OBJECT = 1;
    private static final int RAW_OF_UNKNOWN = 2;
    private static final int MESSAGE = 3;

    private Envelope() {}

    /** One event of a watch. */
    record Event(String type, Fields object) {}

    static Event event(byte[] buffer, int offset, int length) throws IOException {
        String type = "";
        Fields object = Fields.NONE;
        Fields event = new Fields(buffer, offset, length);
        while (event.next()) {
            switch (event.number()) {
                case TYPE -> type = event.text();
                case OBJECT -> {
                    Fields extension = event.message();
                    object = extension.next(RAW_OF_OBJECT) ? open(extension.message()) : Fields.NONE;
                }
                default -> {}
            }
        }
        return new Event(type, object);
    }

    /** The message in an object. */
    static Fields open(byte[] object) throws IOException {
        return open(new Fields(object, 0, object.length));
    }

    private static Fields open(Fields object) throws IOException {
        if (!object.skipIf(MAGIC)) {
            throw new IOException("this is no Kubernetes object in protobuf");
        }
        return object.next(RAW_OF_UNKNOWN) ? object.message() : Fields.NONE;
    }

    /** What a Status says. */
    static String message(Fields status) throws IOException {
        return status.next(MESSAGE) ? status.text() : "no reason is given";
    }
}
