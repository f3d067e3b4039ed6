# Functions on multiples of 16, with filling behind those that leave room for it, and without a table.
	.macro function name
	.p2align 4, 0xcc
	.globl \name
	.type \name, @function
\name:
	.endm

	.macro room # up to a call that ends where a multiple of 16 is
	.p2align 4
	.skip 11, 0x90
	.endm

	.text
function _start
	call guarded
	call complete
	call follows
	call returns
	call resumed
	call another
	ret
function alarm # nothing returns from it
	ud2
function guarded
	test %edi, %edi
	je 1f
	ret
1:	call alarm
function complete # ends in a call from which nothing returns, on a multiple of 16
	room
	call alarm
function follows
	ret
function returns
	room
	call follows
function resumed # called, on a multiple of 16, but within a function: what is called before it returns
	ret
function another
	ret
	.section .note.GNU-stack, "", @progbits
