package io.fourthlog.sensor.database;

import io.fourthlog.sensor.database.Statement.Mode;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a Redis command by its name.
 *
 * @param mode {@code null} if it touches no data
 * @param rows how the values that it reads or writes are counted
 * @param fields whether its arguments from the second on are names, each with its value
 */
record RedisCommand(@Nullable Mode mode, Rows rows, boolean fields) {
    enum Rows {
        /** As many as come back. */
        REPLY,
        /** Half as many, since names come with them. */
        PAIRS,
        /** As many as come back behind a cursor. */
        SCAN,
        /** The number that comes back. */
        NUMBER,
        ONE,
        /** Each argument behind the key. */
        BEHIND_KEY,
        /** Every second argument. */
        HALF,
        /** Every second argument behind the key. */
        HALF_BEHIND_KEY,
        UNKNOWN
    }

    private static final Pattern SPACES = Pattern.compile("\\s+");
    private static final int LONGEST = 32; // letters
    private static final RedisCommand OTHER = new RedisCommand(Mode.READ_WRITE, Rows.REPLY, false);
    private static final Map<String, RedisCommand> ALL = new HashMap<>();

    static {
        all(null, Rows.UNKNOWN, """
            PING ECHO HELLO AUTH SELECT QUIT RESET CLIENT COMMAND CONFIG INFO ACL CLUSTER READONLY READWRITE ASKING WATCH
            UNWATCH MULTI EXEC DISCARD SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE PUBSUB TIME
            ROLE WAIT WAITAOF LATENCY MEMORY SLOWLOG MODULE LASTSAVE SAVE BGSAVE BGREWRITEAOF SHUTDOWN FAILOVER DEBUG
            SCRIPT FUNCTION OBJECT LOLWUT DBSIZE SENTINEL MONITOR SYNC PSYNC REPLCONF REPLICAOF SLAVEOF\
            """);
        all(Mode.READ, Rows.REPLY, """
            GET MGET GETRANGE SUBSTR STRLEN EXISTS TYPE TTL PTTL EXPIRETIME PEXPIRETIME KEYS RANDOMKEY DUMP TOUCH GETBIT
            BITCOUNT BITPOS BITFIELD_RO HGET HMGET HKEYS HVALS HLEN HEXISTS HSTRLEN HRANDFIELD HTTL HPTTL LRANGE LINDEX LLEN
            LPOS SMEMBERS SISMEMBER SMISMEMBER SCARD SRANDMEMBER SINTER SUNION SDIFF SINTERCARD ZRANGE ZREVRANGE
            ZRANGEBYSCORE ZREVRANGEBYSCORE ZRANGEBYLEX ZREVRANGEBYLEX ZSCORE ZMSCORE ZRANK ZREVRANK ZCARD ZCOUNT ZLEXCOUNT
            ZRANDMEMBER ZINTER ZUNION ZDIFF ZINTERCARD XRANGE XREVRANGE XREAD XLEN XINFO XPENDING GEOPOS GEODIST GEOHASH
            GEOSEARCH GEORADIUS_RO GEORADIUSBYMEMBER_RO PFCOUNT SORT_RO LCS EVAL_RO EVALSHA_RO FCALL_RO JSON.GET JSON.MGET
            JSON.TYPE JSON.STRLEN JSON.OBJKEYS JSON.OBJLEN JSON.ARRLEN JSON.ARRINDEX FT.SEARCH FT.AGGREGATE FT.INFO
            FT._LIST TS.GET TS.MGET TS.RANGE TS.REVRANGE TS.MRANGE TS.INFO BF.EXISTS BF.MEXISTS VSIM VEMB VGETATTR\
            """);
        all(Mode.READ, Rows.PAIRS, "HGETALL");
        all(Mode.READ, Rows.SCAN, "SCAN HSCAN SSCAN ZSCAN");
        all(Mode.WRITE, Rows.ONE, """
            SET SETEX PSETEX SETNX SETRANGE APPEND SETBIT RENAME RENAMENX MOVE COPY RESTORE PERSIST EXPIRE PEXPIRE EXPIREAT
            PEXPIREAT HSETNX LSET LINSERT LTRIM XADD XGROUP XSETID PUBLISH SPUBLISH JSON.SET JSON.MERGE\
            """);
        all(Mode.WRITE, Rows.HALF, "MSET MSETNX");
        ALL.put("HSET", new RedisCommand(Mode.WRITE, Rows.HALF_BEHIND_KEY, true));
        ALL.put("HMSET", new RedisCommand(Mode.WRITE, Rows.HALF_BEHIND_KEY, true));
        all(Mode.WRITE, Rows.HALF_BEHIND_KEY, "ZADD");
        all(Mode.WRITE, Rows.BEHIND_KEY, "LPUSH RPUSH LPUSHX RPUSHX SADD PFADD");
        all(Mode.WRITE, Rows.NUMBER, """
            DEL UNLINK HDEL SREM ZREM LREM XDEL XTRIM XACK ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREMRANGEBYLEX JSON.DEL
            JSON.FORGET GEOADD\
            """);
        all(Mode.WRITE, Rows.UNKNOWN, "FLUSHDB FLUSHALL SWAPDB");
    }

    private static void all(final @Nullable Mode mode, final Rows rows, final String names) {
        for (final String name : SPACES.split(names.strip(), -1)) {
            ALL.put(name, new RedisCommand(mode, rows, false));
        }
    }

    static RedisCommand of(final String name) {
        return ALL.getOrDefault(name, OTHER);
    }

    static boolean isKnown(final String name) {
        return name.length() <= LONGEST && ALL.containsKey(name.toUpperCase(Locale.ROOT));
    }

    /** What it writes, by how many arguments follow its name; -1 where its answer says it. */
    long written(final int arguments) {
        return switch (rows) {
            case ONE -> 1;
            case BEHIND_KEY -> Math.max(0, arguments - 1);
            case HALF -> arguments / 2;
            case HALF_BEHIND_KEY -> Math.max(0, arguments - 1) / 2;
            case REPLY, PAIRS, SCAN, NUMBER, UNKNOWN -> -1;
        };
    }
}
