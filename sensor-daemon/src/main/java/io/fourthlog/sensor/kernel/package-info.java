/**
 * The kernel side of the sensor: eBPF programs in, {@link io.fourthlog.sensor.kernel.KernelEventSink} calls out.
 *
 * <pre>
 *  src/main/bpf/        ─ clang ─► sensor.bpf.o ─ libbpf (FFM) ─► kernel
 *                                                                   │ ring of 8 or 64 MiB, read through mmap
 *  KernelEventSink ◄─ RecordDecoder ◄─ RingReader ◄─────────────────┘
 *                          └─► AttachManager ─ uprobe_multi links ─► TLS libraries of tracked processes,
 *                                    │        (AttachedFiles)           where {@link io.fourthlog.sensor.binary} finds their functions
 *                                    └ looks at files on a thread of its own (PatientThread, ProcessFiles, TlsSearch),
 *                                      and says who was not heard (Unheard) or too late (EarlyProcesses)
 * </pre>
 */
@NullMarked
package io.fourthlog.sensor.kernel;

import org.jspecify.annotations.NullMarked;
