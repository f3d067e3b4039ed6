package io.fourthlog.actionlog.log;

/**
 * What opening a log for writing had to put right, back to its last signed checkpoint.
 *
 * @param size the size of the log at that checkpoint
 * @param filesDropped files of a commit that was never signed; its entries are lost
 * @param tilesRebuilt tiles that were torn, and were made anew from the entries
 */
public record Recovery(long size, int filesDropped, int tilesRebuilt) {

    /** Whether there was nothing to put right. */
    public boolean clean() {
        return filesDropped == 0 && tilesRebuilt == 0;
    }
}
