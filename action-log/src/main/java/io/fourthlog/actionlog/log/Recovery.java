package io.fourthlog.actionlog.log;

/**
 * What opening a log for writing had to put right, back to its last signed checkpoint. One that was closed is clean.
 *
 * @param size the size of the log at that checkpoint
 * @param replayed entries that the journal had, whose files may not have been durable yet
 * @param filesDropped files of a commit that was never signed; its entries are lost
 * @param tilesRebuilt tiles that were torn, and were made anew from the entries
 */
public record Recovery(long size, int replayed, int filesDropped, int tilesRebuilt) {

    /** Whether there was nothing to put right. */
    public boolean clean() {
        return replayed == 0 && filesDropped == 0 && tilesRebuilt == 0;
    }
}
