package io.fourthlog.policy.behaviour;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Baselines as bytes, big-endian:
 *
 * <pre>
 * "F4BL" | version 1 : u16 | key of the hashes : 2 × i64 | workloads : i32
 *   name : UTF-8 with u16 length | start, end of learning : 2 × i64, microseconds
 *   hour, events in it, complete hours : 3 × i64 | mean, sum of squares : 2 × f64 | hashes : i32, each i64
 * CRC-32C of all that : i32
 * </pre>
 */
final class BaselineFile {

    private static final int MAGIC = 0x4634424C; // F4BL
    private static final int VERSION = 1;

    /** The key of the hashes, and the baselines by workload, the one that was silent for longest first. */
    record Content(SipHash hash, Map<String, Baseline> baselines) {}

    private BaselineFile() {}

    static byte[] write(SipHash hash, Map<String, Activity> workloads) {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(MAGIC);
            out.writeShort(VERSION);
            out.writeLong(hash.k0());
            out.writeLong(hash.k1());
            out.writeInt(workloads.size());
            for (final Map.Entry<String, Activity> workload : workloads.entrySet()) {
                write(workload.getKey(), workload.getValue().baseline(), out);
            }
            out.writeInt(checksum(bytes.toByteArray(), bytes.size()));
        } catch (IOException e) {
            throw new UncheckedIOException("an array takes everything", e);
        }
        return bytes.toByteArray();
    }

    private static void write(String name, Baseline baseline, DataOutputStream out) throws IOException {
        out.writeUTF(name);
        out.writeLong(baseline.startMicros());
        out.writeLong(baseline.learnedMicros());
        final Baseline.Hours hours = baseline.hours();
        out.writeLong(hours.hour);
        out.writeLong(hours.events);
        out.writeLong(hours.complete);
        out.writeDouble(hours.mean);
        out.writeDouble(hours.squares);
        out.writeInt(baseline.size());
        baseline.forEachKnown(key -> {
            try {
                out.writeLong(key);
            } catch (IOException e) {
                throw new UncheckedIOException("an array takes everything", e);
            }
        });
    }

    static Content read(byte[] bytes) throws BaselineFormatException {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            if (in.readInt() != MAGIC) {
                throw new BaselineFormatException("not an export of baselines");
            }
            final int version = in.readUnsignedShort();
            if (version != VERSION) {
                throw new BaselineFormatException("version " + version + " of the format; this is version " + VERSION);
            }
            final int content = bytes.length - Integer.BYTES;
            final DataInputStream end = new DataInputStream(new ByteArrayInputStream(bytes, content, Integer.BYTES));
            if (end.readInt() != checksum(bytes, content)) {
                throw new BaselineFormatException("the checksum does not hold: it was cut or changed");
            }
            final SipHash hash = new SipHash(in.readLong(), in.readLong());
            final Map<String, Baseline> baselines = new LinkedHashMap<>();
            for (int left = in.readInt(); left > 0; left--) {
                baselines.put(in.readUTF(), readBaseline(hash, in));
            }
            return new Content(hash, baselines);
        } catch (IOException e) {
            throw new BaselineFormatException("it was cut: " + e);
        }
    }

    private static Baseline readBaseline(SipHash hash, DataInputStream in) throws IOException {
        final long start = in.readLong();
        final long learned = in.readLong();
        final Baseline.Hours hours = new Baseline.Hours();
        hours.hour = in.readLong();
        hours.events = in.readLong();
        hours.complete = in.readLong();
        hours.mean = in.readDouble();
        hours.squares = in.readDouble();
        final Baseline baseline = new Baseline(hash, start, learned, hours);
        for (int left = in.readInt(); left > 0; left--) {
            baseline.restore(in.readLong());
        }
        return baseline;
    }

    private static int checksum(byte[] bytes, int length) {
        final CRC32C checksum = new CRC32C();
        checksum.update(bytes, 0, length);
        return (int) checksum.getValue();
    }
}
