package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpecBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A Lease in Kubernetes' protobuf. A renewal changes three fields of it, and comes two hundred times a second when there are a thousand
 * sensors: so an object is made of it only when the rest is not what it was before. The numbers of fields are those of generated.proto in
 * k8s.io/api/coordination/v1 and in k8s.io/apimachinery/pkg/apis/meta/v1:
 *
 * <pre>
 *  Lease ─┬─ 1 metadata ─┬─ 6 resourceVersion ──────────────────────────────────── version
 *         │              ├─ 17 managedFields ───────────────────────────────────── skipped
 *         │              └─ 1 name  3 namespace  5 uid  11 labels  12 annotations
 *         │                 and all others ─────────────────────────────────────── said
 *         └─ 2 spec ─────┬─ 4 renewTime ─ 1 seconds  2 nanos ───────────────────── renewed
 *                        └─ 2 leaseDurationSeconds and all others ──────────────── said
 * </pre>
 */
final class WireLease {

    private static final int METADATA = 1; // of a Lease and of a LeaseList
    private static final int SPEC = 2;
    private static final int ITEMS = 2; // of a LeaseList

    private static final int NAME = 1; // of metadata
    private static final int NAMESPACE = 3;
    private static final int UID = 5;
    private static final int RESOURCE_VERSION = 6;
    private static final int LABELS = 11;
    private static final int ANNOTATIONS = 12;
    private static final int MANAGED_FIELDS = 17;
    private static final int LIST_VERSION = 2; // of the metadata of a LeaseList

    private static final int DURATION = 2; // of spec
    private static final int RENEW_TIME = 4;

    private final String name;
    private final String version;
    private final Instant renewed;
    private final byte[] said; // first what is in metadata, then what is in spec
    private final int saidInMetadata; // bytes

    private WireLease(String name, String version, Instant renewed, byte[] said, int saidInMetadata) {
        this.name = name;
        this.version = version;
        this.renewed = renewed;
        this.said = said;
        this.saidInMetadata = saidInMetadata;
    }

    String name() {
        return name;
    }

    /** By which a watch goes on. */
    String version() {
        return version;
    }

    /** The epoch when it never was. */
    Instant renewed() {
        return renewed;
    }

    /** Whether nothing but renewals is between them. */
    boolean saysTheSameAs(WireLease other) {
        return Arrays.equals(said, other.said);
    }

    /** What a list is answered with. */
    record Listed(String version, List<WireLease> leases) {}

    static Listed readList(Fields list) throws IOException {
        String version = "";
        List<WireLease> leases = new ArrayList<>();
        while (list.next()) {
            switch (list.number()) {
                case METADATA -> {
                    Fields metadata = list.message();
                    version = metadata.next(LIST_VERSION) ? metadata.text() : "";
                }
                case ITEMS -> leases.add(read(list.message()));
                default -> {}
            }
        }
        return new Listed(version, leases);
    }

    static WireLease read(Fields lease) throws IOException {
        String name = "";
        String version = "";
        Instant renewed = Instant.EPOCH;
        ByteArrayOutputStream said = new ByteArrayOutputStream(512);
        ByteArrayOutputStream saidInSpec = new ByteArrayOutputStream();
        while (lease.next()) {
            switch (lease.number()) {
                case METADATA -> {
                    Fields metadata = lease.message();
                    while (metadata.next()) {
                        switch (metadata.number()) {
                            case RESOURCE_VERSION -> version = metadata.text();
                            case MANAGED_FIELDS -> {}
                            case NAME -> {
                                name = metadata.text();
                                metadata.copyTo(said);
                            }
                            default -> metadata.copyTo(said);
                        }
                    }
                }
                case SPEC -> {
                    Fields spec = lease.message();
                    while (spec.next()) {
                        if (spec.number() == RENEW_TIME) {
                            renewed = time(spec.message());
                        } else {
                            spec.copyTo(saidInSpec);
                        }
                    }
                }
                default -> {}
            }
        }
        int saidInMetadata = said.size();
        saidInSpec.writeTo(said);
        return new WireLease(name, version, renewed, said.toByteArray(), saidInMetadata);
    }

    private static Instant time(Fields time) throws IOException {
        long seconds = 0;
        long nanos = 0;
        while (time.next()) {
            switch (time.number()) {
                case 1 -> seconds = time.integer();
                case 2 -> nanos = time.integer();
                default -> {}
            }
        }
        return Instant.ofEpochSecond(seconds, nanos);
    }

    /** The object, as far as anybody here reads it: without what each renewal changes. */
    Lease lease() throws IOException {
        ObjectMetaBuilder meta = new ObjectMetaBuilder();
        Map<String, String> labels = new HashMap<>();
        Map<String, String> annotations = new HashMap<>();
        Fields inMetadata = new Fields(said, 0, saidInMetadata);
        while (inMetadata.next()) {
            switch (inMetadata.number()) {
                case NAME -> meta.withName(inMetadata.text());
                case NAMESPACE -> meta.withNamespace(inMetadata.text());
                case UID -> meta.withUid(inMetadata.text());
                case LABELS -> inMetadata.entryTo(labels);
                case ANNOTATIONS -> inMetadata.entryTo(annotations);
                default -> {}
            }
        }
        LeaseSpecBuilder spec = new LeaseSpecBuilder();
        Fields inSpec = new Fields(said, saidInMetadata, said.length - saidInMetadata);
        if (inSpec.next(DURATION)) {
            spec.withLeaseDurationSeconds((int) inSpec.integer());
        }
        return new LeaseBuilder()
                .withMetadata(
                        meta.withLabels(labels).withAnnotations(annotations).build())
                .withSpec(spec.build())
                .build();
    }
}
