/**
 * Passive, incremental readers of what clients and databases say to each other. Each takes both directions of one connection in order, and
 * tells what was read or written, in which tables, how many rows, and the values themselves for redaction to look at.
 *
 * <pre>
 *  bytes in order ─► DatabaseDecoder ─┬─► DatabaseListener   a login, a statement
 *                     (Database)      └─► Access             its values, its rows, its end
 * </pre>
 */
@NullMarked
package io.fourthlog.sensor.database;

import org.jspecify.annotations.NullMarked;
