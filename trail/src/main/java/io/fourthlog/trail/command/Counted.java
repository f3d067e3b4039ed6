package io.fourthlog.trail.command;

/** A number of things, in words. */
final class Counted {

    private Counted() {}

    static String of(long count, String one) {
        return of(count, one, one + "s");
    }

    static String of(long count, String one, String many) {
        return count + " " + (count == 1 ? one : many);
    }
}
