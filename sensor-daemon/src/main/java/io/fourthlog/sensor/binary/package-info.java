/**
 * Where to put probes in a program or library: from its bytes on disk to the offsets of what reads and writes TLS. Nothing of it is run, and
 * whoever made the file may have meant harm.
 *
 * <pre>
 *  ElfFile ─┬─► TlsLibrary, by names ──────────────────────────────────────────┬─► Probes ─ ProbePlacement ─► cheaper places
 *           ├─► Functions ─ References, FunctionCode ─► OpenSsl, BoringSsl, ───┘
 *           │      (where each begins)                  Rustls, without names
 *           └─► GoProgram
 * </pre>
 */
@NullMarked
package io.fourthlog.sensor.binary;

import org.jspecify.annotations.NullMarked;
