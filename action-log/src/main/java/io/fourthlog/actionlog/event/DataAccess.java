package io.fourthlog.actionlog.event;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Data was read or written.
 *
 * @param resourceUri what: {@code file:///etc/hosts}, {@code https://crm.internal/customers}, {@code postgres://…}
 * @param accessMode {@code read}, {@code write} or {@code read_write}
 * @param rowCount rows really read or written
 * @param byteCount bytes really read or written, as counted in the kernel or from the protocol
 * @param sensitivityTagsResolved what the resource and its content were found to be; kept sorted
 */
public record DataAccess(
        Header header,
        String resourceUri,
        String accessMode,
        @Nullable Long rowCount,
        @Nullable Long byteCount,
        List<String> sensitivityTagsResolved)
        implements Event {

    static final List<String> ACCESS_MODES = List.of("read", "write", "read_write");

    public DataAccess {
        resourceUri = Rules.text("resource_uri", resourceUri);
        Rules.oneOf("access_mode", accessMode, ACCESS_MODES);
        Rules.count("row_count", rowCount);
        Rules.count("byte_count", byteCount);
        sensitivityTagsResolved = Rules.sortedSet("sensitivity_tags_resolved", sensitivityTagsResolved);
        Rules.Unknowns.of(header)
                .field("row_count", rowCount)
                .field("byte_count", byteCount)
                .nothingElse(EventType.DATA_ACCESS);
    }

    @Override
    public EventType type() {
        return EventType.DATA_ACCESS;
    }
}
