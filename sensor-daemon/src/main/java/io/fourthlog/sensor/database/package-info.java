/**
 * Passive, incremental readers of what clients and databases say to each other. Each takes both directions of one connection in order, and
 * tells what was read or written, in which tables, how many rows, and the values themselves for redaction to look at.
 *
 * <pre>
 *  bytes in order ─► DatabaseDecoder ─┬─► DatabaseListener   a login, a statement
 *                     (Database)      └─► Access             its values, its rows, its end
 * </pre>
 *
 * <p>Each decoder is made of the same parts:
 *
 * <pre>
 *  …Client  what is asked ───► …Pending     what has no answer yet, and what it is about (Running)
 *  …Server  what is answered ─┘ …Statements what was given a name before (Named)
 *     │                         …Session    who and where the client is
 *     └─ FrameReader            headers and bodies; RespReader, of Redis: elements
 *
 *  SqlReader ─► SqlLexer        tokens of a text as its server cuts them
 *            ─► SqlStatementReader ─► SqlClauses ─► SqlNames   what a statement does, to which tables
 * </pre>
 */
@NullMarked
package io.fourthlog.sensor.database;

import org.jspecify.annotations.NullMarked;
