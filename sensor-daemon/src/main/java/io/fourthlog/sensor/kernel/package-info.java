/**
 * The kernel side of the sensor: eBPF programs in, {@link io.fourthlog.sensor.kernel.KernelEventSink} calls out.
 *
 * <pre>
 *  src/main/bpf/        ─ clang ─► sensor.bpf.o ─ libbpf (FFM) ─► kernel
 *                                                                   │ 64 MiB ring, read through mmap
 *  KernelEventSink ◄─ RecordDecoder ◄─ RingReader ◄─────────────────┘
 *                          └─► AttachManager ─ uprobe_multi links ─► TLS libraries of tracked processes
 * </pre>
 */
@NullMarked
package io.fourthlog.sensor.kernel;

import org.jspecify.annotations.NullMarked;
