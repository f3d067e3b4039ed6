package io.fourthlog.sensor.binary;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * Where the functions of a program begin and end, which it carries for stack unwinding and therefore keeps when it is stripped.
 *
 * <pre>
 * .eh_frame_hdr (LSB Core 5.0, 10.6.2): u8 version 1 │ u8 encodings of .eh_frame's address, the count (0x03), the table (0x3b) │
 *  4 i32 .eh_frame │ 8 u32 count │ 12 count times i32 function │ i32 its FDE, both from this section, sorted
 * FDE: u32 length │ u32 CIE │ 8 i32 function, from here │ 12 u32 size
 * </pre>
 */
final class FunctionTable implements Functions {
    private static final int HEADER = 12;
    private static final int ENTRY = 8;
    private static final int ENCODINGS = 0x3b03; // of the table and the count: the only ones that linkers write
    private static final int MAX_FUNCTION = 1 << 18; // bytes; of what is looked for none is longer than some thousand

    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;

    private final ElfFile elf;
    private final MemorySegment table;
    private final long address;
    private final int count;

    private FunctionTable(final ElfFile elf, final MemorySegment table, final long address, final int count) {
        this.elf = elf;
        this.table = table;
        this.address = address;
        this.count = count;
    }

    /** Empty if the file has none. */
    static Optional<Functions> in(final ElfFile elf) throws IOException {
        final Optional<MemorySegment> section = elf.section(".eh_frame_hdr");
        if (section.isEmpty()
                || section.get().byteSize() < HEADER
                || (section.get().get(ValueLayout.JAVA_SHORT_UNALIGNED, 2) & 0xffff) != ENCODINGS) {
            return Optional.empty();
        }
        final MemorySegment table = section.get();
        final long count = Math.min(table.get(I32, 8) & 0xffff_ffffL, (table.byteSize() - HEADER) / ENTRY);
        return Optional.of(new FunctionTable(elf, table, elf.sectionAddress(".eh_frame_hdr"), (int) count));
    }

    @Override
    public Optional<Function> containing(final long at) throws IOException {
        int low = 0;
        int high = count - 1;
        while (low < high) {
            final int middle = low + (high - low + 1) / 2;
            if (start(middle) <= at) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        if (count == 0 || start(low) > at) {
            return Optional.empty();
        }
        final long entry = address + table.get(I32, HEADER + (long) low * ENTRY + 4);
        final MemorySegment fde = elf.at(entry, 16);
        final long begin = entry + 8 + fde.get(I32, 8);
        final long size = fde.get(I32, 12) & 0xffff_ffffL;
        return begin == start(low) && at - begin < size && size <= MAX_FUNCTION
                ? Optional.of(new Function(begin, begin + size))
                : Optional.empty();
    }

    @Override
    public boolean startsAt(final long at) throws IOException {
        return containing(at).filter(function -> function.start() == at).isPresent();
    }

    private long start(final int entry) {
        return address + table.get(I32, HEADER + (long) entry * ENTRY);
    }
}
