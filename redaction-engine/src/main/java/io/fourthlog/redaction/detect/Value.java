package io.fourthlog.redaction.detect;

/** What a value has to look like: gives the index after it, or -1 when something else begins at the index. */
interface Value {

    int end(byte[] text, int from, int to, int at);
}
