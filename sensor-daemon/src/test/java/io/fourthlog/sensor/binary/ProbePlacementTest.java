package io.fourthlog.sensor.binary;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.binary.ProbePlacement.Site;
import io.fourthlog.testing.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Beginnings of functions as compilers write them, assembled: one is {@code NAME: instructions}, and a probe's place is the label here. */
class ProbePlacementTest {
    private static final long WRITE = 0;
    private static final long WRITE_EX = TlsLibrary.EX;

    private static final String FUNCTIONS = """
            begins_with_push:      here: push %rbp; mov %rsp, %rbp; pop %rbp; ret
            begins_with_push_r12:  here: push %r12; mov %rdi, %r12; pop %r12; ret
            begins_with_endbr64:   endbr64; here: push %rbp; pop %rbp; ret
            moves_others_first:    endbr64; mov $1, %eax; xor %r9d, %r9d; here: push %rbp; pop %rbp; ret
            branches_first:        test %rdi, %rdi; here: je 1f; push %rbx; pop %rbx; 1: ret
            jumps_elsewhere:       xor %r8d, %r8d; xor %ecx, %ecx; here: jmp begins_with_push
            jumps_to_other_code:   endbr64; here: jmp begins_with_stack; nop

            begins_with_stack:     here: sub $8, %rsp; push %rbp; pop %rbp; add $8, %rsp; ret
            overwrites_the_buffer: here: mov %rdx, %rsi; push %rbp; pop %rbp; ret
            overwrites_the_object: here: lea 8(%rdi), %rdi; push %rbp; pop %rbp; ret
            overwrites_the_length: here: mov $5, %edx; push %rbp; pop %rbp; ret
            saves_by_exchange:     here: xchg %rdi, %rsi; push %rbp; pop %rbp; ret
            string_operation:      here: rep stosb; push %rbp; pop %rbp; ret
            loops_to_the_probe:    here: mov $3, %eax; 1: push %rbp; pop %rbp; dec %eax; jne 1b; ret
            loops_before_it:       here: mov $3, %eax; 1: xor %r9d, %r9d; push %rbp; pop %rbp; dec %eax; jne 1b; ret
            prefixed_jump:         here: .byte 0x66, 0xe9, 0, 0, 0, 0; push %rbp; pop %rbp; ret
            loops_to_itself:       mov $3, %eax; here: push %rbp; pop %rbp; dec %eax; jne loops_to_itself; ret
            """;

    private static final String LIBRARIES = """
            debian_internal:  here: push %r14; push %rbp; mov %rdx, (%rcx); pop %rbp; pop %r14; ret
            debian_write:     sub $24, %rsp; mov %fs:40, %rax; mov %rax, 8(%rsp); xor %eax, %eax; test %edx, %edx; js 1f; mov %rsp, %rcx; movslq %edx, %rdx; call debian_internal; test %eax, %eax; jle 1f; mov (%rsp), %eax; 1: add $24, %rsp; ret
            debian_write_ex:  sub $8, %rsp; call debian_internal; xor %edx, %edx; test %eax, %eax; cmovs %edx, %eax; add $8, %rsp; ret

            flagged_internal: endbr64; here: push %r14; push %rbp; mov %rdx, (%r8); pop %rbp; pop %r14; ret
            flagged_write:    endbr64; sub $24, %rsp; test %edx, %edx; js 1f; mov %rsp, %r8; xor %ecx, %ecx; movslq %edx, %rdx; call flagged_internal; 1: add $24, %rsp; ret
            flagged_write_ex: endbr64; mov %rcx, %r8; xor %ecx, %ecx; jmp flagged_ex2
            flagged_ex2:      endbr64; sub $8, %rsp; call flagged_internal; xor %edx, %edx; test %eax, %eax; cmovs %edx, %eax; add $8, %rsp; ret

            apart_internal:   here: push %rbp; pop %rbp; ret
            apart_write:      mov %rdx, %rsi; ret
            apart_write_ex:   sub $8, %rsp; call apart_internal; test %eax, %eax; cmovs %edx, %eax; add $8, %rsp; ret

            checks_internal:  push %rbp; pop %rbp; ret
            checks_write_ex:  here: sub $8, %rsp; call checks_internal; test %eax, %eax; jne 1f; call apart_internal; 1: add $8, %rsp; ret
            negates_write_ex: here: sub $8, %rsp; call apart_internal; test %eax, %eax; sete %al; add $8, %rsp; ret
            copies_write_ex:  here: sub $8, %rsp; mov %rcx, %r9; xor %ecx, %ecx; call apart_internal; add $8, %rsp; ret
            tells_write_ex:   here: sub $8, %rsp; call apart_internal; mov %rax, (%rcx); add $8, %rsp; ret
            """;

    @TempDir
    static Path folder;

    private static ElfFile elf;
    private static ProbePlacement placement;
    private static Map<String, Long> functions;

    @BeforeAll
    static void assemble() throws IOException, InterruptedException {
        final StringBuilder source = new StringBuilder(".text\n");
        final List<String> names = new ArrayList<>();
        for (final String line : (FUNCTIONS + LIBRARIES).split("\n", -1)) {
            final int colon = line.indexOf(':');
            if (colon > 0) {
                final String name = line.substring(0, colon);
                final String here = name + "_here";
                names.add(name);
                names.add(here);
                source.append(".globl %1$s\n.type %1$s, @function\n%1$s:\n".formatted(name))
                        .append(line.substring(colon + 1)
                                .replace("here:", ".globl %1$s\n.type %1$s, @function\n%1$s:\n".formatted(here)))
                        .append("\n.fill 64, 1, 0xcc\n");
            }
        }
        final Path assembler = Files.writeString(folder.resolve("functions.s"), source);
        final Path library = folder.resolve("functions.so");
        Command.run(
                Path.of("."),
                "gcc",
                "-shared",
                "-nostdlib",
                "-Wl,-Bsymbolic",
                "-o",
                library.toString(),
                assembler.toString());
        elf = ElfFile.open(library);
        placement = new ProbePlacement(elf, Disassembler.load().orElseThrow());
        functions = elf.functions(Set.copyOf(names));
    }

    @AfterAll
    static void close() {
        elf.close();
    }

    private static long at(final String name) {
        assertThat(functions).containsKey(name);
        return functions.getOrDefault(name, -1L);
    }

    private static long here(final String name) {
        return at(name + "_here");
    }

    @Test
    void aFunctionIsProbedWhereTheKernelEmulatesAndNothingIsMovedYet() throws IOException {
        assertThat(FUNCTIONS.lines().filter(line -> !line.isBlank())).allSatisfy(line -> {
            final String name = line.substring(0, line.indexOf(':'));
            assertThat(placement.place(List.of(new Site(at(name), WRITE))))
                    .as(name)
                    .containsExactly(new Site(here(name), WRITE));
            assertThat(placement.place(List.of(new Site(at(name), WRITE | 1))))
                    .as(name)
                    .containsExactly(new Site(here(name), WRITE | 1));
        });
    }

    @ParameterizedTest
    @CsvSource({"debian, 2", "flagged, 6", "apart, 2"})
    void whatDoesAllTheWorkIsProbedInPlaceOfThinWrappers(final String library, final long cookie) throws IOException {
        final List<Site> placed = placement.place(
                List.of(new Site(at(library + "_write"), WRITE), new Site(at(library + "_write_ex"), WRITE_EX)));
        final Site inner = new Site(here(library + "_internal"), cookie);
        if (library.equals("apart")) { // its other function does not go that way
            assertThat(placed).containsExactlyInAnyOrder(inner, new Site(at("apart_write"), WRITE));
        } else {
            assertThat(placed).containsExactly(inner);
        }
    }

    @Test
    void aCountThatMovedToAnotherRegisterIsReadThere() throws IOException {
        assertThat(placement.place(List.of(new Site(at("flagged_write_ex"), WRITE_EX))))
                .containsExactly(new Site(at("flagged_write_ex") + 9, WRITE_EX | TlsLibrary.COUNT_R8));
    }

    @ParameterizedTest
    @CsvSource({"checks_write_ex", "negates_write_ex", "copies_write_ex", "tells_write_ex"})
    void aFunctionThatDoesMoreThanItsCalleeIsProbedItself(final String name) throws IOException {
        assertThat(placement.place(List.of(new Site(at(name), WRITE_EX))))
                .containsExactly(new Site(here(name), WRITE_EX));
    }

    @Test
    void theCountIsAnArgumentAsWell() throws IOException {
        assertThat(placement.place(List.of(new Site(at("jumps_elsewhere"), WRITE_EX))))
                .containsExactly(new Site(at("jumps_elsewhere"), WRITE_EX));
    }
}
