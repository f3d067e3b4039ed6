package io.fourthlog.sensor.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.database.SqlStatement.Dialect;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlStatementTest {
    private static String read(final String sql, final Dialect dialect) {
        final byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
        return shown(SqlStatement.statements(bytes, 0, bytes.length, dialect));
    }

    private static String shown(final List<SqlStatement> statements) {
        return statements.stream().map(SqlStatementTest::shown).collect(Collectors.joining("; "));
    }

    private static String shown(final SqlStatement statement) {
        final List<String> words = new ArrayList<>();
        if (statement.kind() != SqlStatement.Kind.DATA) {
            words.add(statement.kind().name());
        }
        if (statement.name() != null) {
            words.add(statement.name());
        }
        if (statement.data() != null) {
            words.add(statement.data().mode().wire());
            words.addAll(statement.data().resources());
            if (!statement.data().known()) {
                words.add("...");
            }
        }
        return String.join(" ", words);
    }

    private static void check(final String sql, final String expected, final Dialect dialect) {
        final String said = read(sql.replace("~", "\n"), dialect);
        assertThat(said).as(sql).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
        select 1 | read
        SELECT * FROM users | read users
        select*from users | read users
        select*from"users" | read users
        select*from(users) | read users
        select*from((users)) | read users
        SELECT a FROM Users u, "Orders" AS o, only items WHERE a IN (SELECT b FROM t4) | read users Orders items t4
        select/**/*/**/from/**/users | read users
        select * from -- ; x~ users | read users
        select * from /* /* nested */ from a */ users | read users
        select * from public.users | read users
        select * from public . "users" | read users
        select * from shop.public.users | read users
        select * from shop.sales.orders | read sales.orders
        select * from sales.orders | read sales.orders
        select * from "sales.orders" | read sales%2Eorders
        select * from U&"\\0075s\\+000065rs" | read users
        select * from U&"!0075sers" UESCAPE '!' | read users
        select * from u&"!0075sers" uescape '!' where a = 1 | read users
        select u & a from users | read users
        select * from a join b on a.x=b.x left outer join c using (x) cross join lateral f(b.y) | read a b c
        select * from (a join b on true) | read a b
        select * from (a cross join (b natural join c)) | read a b c
        select * from (select * from a) x, lateral (select * from b) y | read a b
        select * from generate_series(1, 3) g, users | read users
        select * from rows from (f(1), g(2)) as r, users | read users
        select * from rows | read rows
        select * from unnest(array(select id from ids)) | read ids
        select extract(year from created), substring(a from 1 for 2), trim(both 'x' from b) from t | read t
        select overlay(a placing b from 3) from t | read t
        select a is distinct from b, a is not distinct from c from t | read t
        select a distinct from users | read users
        select 1 as from, b from users | read users
        select a table from users | read users
        select x.from, "from" from users | read users
        select * from a set, users | read a users
        select * from a values, users | read a users
        select * from a lock, users | read a users
        select n select from users | read users
        table only users | read users
        select a from b where n = any(table users) | read b users
        select * from users u(x), a | read users a
        select * from a "where", users | read a users
        select 'a from b', $$ from c $$, $q$ from $$ d $q$, E'\\' from e' from t | read t
        select E'a'~'\\'' , * from users --' | read users
        select E'a' -- more~ '\\' , * from users --' | read
        select 'a\\' from users --' | read users
        select $1 from t where a = $2 | read t
        select 1from users | read users
        select 1.5from users | read users
        select 1e1from users | read users
        select .5from users | read users
        with x as (select * from a) select * from x join b on true | read a b
        with x(c, d) as (select 1), y as not materialized (select * from x) select * from y, z | read z
        with users as (select * from users) select * from users | read users
        with recursive n as (select 1 union all select i + 1 from n) select * from n | read
        with users as (select 1) insert into users select * from users | read_write users
        select * from (with users as (select 1) select 1) x, users | read users
        with d as (delete from a returning *) select * from d | read_write a
        with d as (delete from a returning *) insert into b select * from d | read_write a b
        with x as (select 1) (select * from b) | read b
        insert into users values (1, 'from a') | write users
        insert into users(name, age) values ($1, $2) returning id | write users
        insert into users as u (name) values ($1) on conflict (id) do update set n = excluded.n | write users
        insert into users values (1) on conflict (id) do update set n = 1 returning * | read_write users
        insert into users select * from old | read_write users old
        insert into users (a) (select a from old) | read_write users old
        insert into users with x as (select * from old) select * from x | read_write users old
        insert into users table old | read_write users old
        insert into users default values | write users
        update users set a = 1, b = 2 where id = 3 | write users
        update only users u set a = o.b from orders o, c where u.id = o.id | read_write users orders c
        update users set a = (select max(b) from c) | read_write users c
        update users set a = 1 returning * | read_write users
        delete from users where id = 1 | write users
        delete from only users using a, b join c using (id) where true | read_write users a b c
        delete from users where id in (select id from old) | read_write users old
        delete from users returning * | read_write users
        merge into t using s on t.id = s.id when matched then update set a = 1 when not matched then insert values (1) | read_write t s
        merge into t using (select * from s) x on true when matched then delete | read_write t s
        truncate a, only b | write a b
        truncate table a, b cascade | write a b
        table users | read users
        values (1, 2), (3, 4) | read
        select 1 union table users | read users
        select * from a union select * from b order by x, y limit 1 | read a b
        (select * from a) union all (select * from b) | read a b
        select exists (table users) | read users
        select * from a group by x, y having z window w as (partition by p, q), v as () | read a
        select * from users u, orders o for update of u, o | read users orders
        select a, b into temp table copied from users | read_write copied users
        select * into copied from users | read_write copied users
        create table t (a int references b (id), c text default 'x') | write t
        create temp table if not exists t as select * from a | read_write t a
        create table t as table a | read_write t a
        create view v as select * from a | write v a
        create materialized view v as with x as (select * from a) select * from x | read_write v a
        create unique index i on t (a, b) | write t
        create trigger x after insert or update on t for each row execute function f() | write t
        create function f() returns int language sql begin atomic select 1; select 2; end; select * from a | write; read a
        create function f() returns trigger as $$ begin select 1; end $$ language plpgsql; select * from a | write; read a
        alter table if exists only users add column x int | write users
        drop table if exists a, b.c cascade | write a b.c
        grant select on a, b to x, y | write a b
        grant select on all tables in schema s to x | write
        create database d | write
        comment on table t is 'x' | write t
        refresh materialized view v | write v
        copy users to stdout | read users
        copy users (a, b) from stdin with (format csv) | write users
        copy (select * from users) to stdout | read users
        copy (delete from users returning *) to stdout | read_write users
        copy (users) to stdout | read
        explain select * from users | read users
        explain analyze delete from users | write users
        explain (analyze, buffers) update a set x = 1 | write a
        explain (analyze) select * from a | read a
        explain delete from users | read users
        analyze users | NONE
        vacuum users | NONE
        lock table users | NONE
        begin; select * from a; commit | NONE; read a; NONE
        select 1;; ;select 2; | read; read
        set search_path = x; show all; discard all | NONE; NONE; NONE
        declare c cursor with hold for select * from users | DECLARE c read users
        declare "C" binary cursor for with x as (select * from a) select * from x | DECLARE C read a
        fetch c | FETCH c
        fetch forward 100 from "C" | FETCH C
        fetch next in c | FETCH c
        move 10 in c | NONE
        close c | CLOSE c
        close all | CLOSE
        prepare p (int, text) as select * from users where id = $1 | PREPARE p read users
        prepare p as delete from users | PREPARE p write users
        prepare p as with x as (select 1) select * from x, a | PREPARE p read a
        prepare transaction 'x' | NONE
        execute p (1, 'a') | EXECUTE p read_write
        explain analyze execute p | EXECUTE p read_write
        deallocate prepare p | DEALLOCATE p
        deallocate all | DEALLOCATE
        call p((select max(a) from t)) | read_write t
        do $$ begin delete from a; end $$ | read_write
        frobnicate from a | read_write a
        select * from tables.select | read tables.select
        select * from a tablesample system (10), b | read a b
        select * from json_table(x, '$' columns (a int)) j, b | read b
        select * from xmltable('/a' passing (select d from docs) columns b int) | read docs
        select count(*) from users* | read users
        select * from a cross join | read a
        select * from | read
        select (((( | read
        select * from users) | read users
        """)
    void postgres(final String sql, final String expected) {
        check(sql, expected == null ? "" : expected, Dialect.POSTGRESQL);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
        select*from`users` | read users
        select * from `sales`.`orders` | read sales.orders
        select * from `a``b` | read a`b
        select * from sales.Orders | read sales.Orders
        select * from .users | read users
        select * from 2fa_tokens | read 2fa_tokens
        select 1from users | read
        select 1e0from users | read users
        select 1.from users | read users
        select .5from users | read users
        select * from t.2x | read t.2x
        select 'a\\' from b', "x\\" from c" from t | read t
        select "a" from "users" | read users
        select 5--1 from users | read users
        select 5 -- from a~ from users | read users
        select * # from a~ from users | read users
        select * from /*! users */ | read users
        select * from /*!50000 users */ where 1 | read users
        select /*!50000 a, */ b from users | read users
        /*!40101 SET NAMES utf8 */ | NONE
        select * from /*M! users */ u | read u
        select /* /* */ a from users | read users
        select /*! /* x */ * from users */ | read users
        select @from, @@version, @`from` from users | read users
        select @a := 1 from users | read users
        select * from dual | read
        select * from {oj a left outer join b on a.x = b.x} | read a b
        select straight_join a, b from x straight_join y | read x y
        select * from t use index for join (i) force index (a, b) | read t
        select * from t partition (p0, p1), u | read t u
        select a into @x from users | read users
        select * from users into outfile '/tmp/x' fields terminated by ',' | read users
        select * from a limit 1, 2 | read a
        select * from users for update | read users
        insert users values (1) | write users
        insert ignore into users (a) values (1) on duplicate key update a = 2, b = 3 | write users
        insert low_priority users set a = 1, b = 2 | write users
        insert into users set a = 1 | write users
        replace into users select * from old | read_write users old
        replace delayed users values (1) | write users
        update low_priority a, b set a.x = b.x | read_write a b
        update a join b using (id) set a.x = 1, b.y = 2 | read_write a b
        update users set name = replace(name, 'a', 'b') | write users
        delete quick from users where a | write users
        delete a, b from a join b on a.x = b.x | read_write a b
        delete from a.*, b.* using a join b | read_write a b
        load data local infile 'x' ignore into table users fields terminated by ',' | write users
        load data infile 'x' into table s.users (a, b) | write s.users
        truncate users | write users
        rename table a to b, c to d | write a b c d
        create table t select * from a | read_write t a
        create table t (a int) as select * from a | read_write t a
        create table t like u | write t
        drop prepare s | DEALLOCATE s
        create procedure p() begin select 1; if a then select 2; end if; case a when 1 then select 3; end case; end; select * from b | write; read b
        create trigger x before insert on t for each row set new.a = 1 | write t
        explain format=json select * from a | read a
        analyze table a | NONE
        analyze select * from a | read a
        describe a | NONE
        show columns from a | NONE
        show tables | NONE
        use shop | USE shop
        use `Shop` | USE Shop
        set @x = (select max(a) from users) | read users
        set names utf8mb4 | NONE
        prepare s from 'select * from users' | PREPARE s read users
        prepare s from "select * from `a`" | PREPARE s read a
        prepare s from @x | PREPARE s
        execute s using @a, @b | EXECUTE s read_write
        execute immediate 'delete from users' | write users
        execute immediate concat('delete from us', 'ers') | read_write
        handler users read first | read users
        call p(1, 2) | read_write
        table users | read users
        values row(1, 2), row(3, 4) | read
        with Users as (select 1) select * from users | read
        begin; select 1; rollback | NONE; read; NONE
        lock tables a read | NONE
        kill 5 | NONE
        select * from a window, users | read a users
        select * from {x users} | read users
        do (select n from users) | read_write users
        select * from a natural join(users) | read a users
        select a.n from(select 1)x,a | read a
        select n from users limit 1 into @x | read users
        """)
    void mySql(final String sql, final String expected) {
        check(sql, expected == null ? "" : expected, Dialect.MYSQL);
    }

    @Test
    void commentsThatTheServerExecutesAreTold() {
        final byte[] sql = "select * from /*!99999 a */ /*!80000 b */ /*M! c */".getBytes(StandardCharsets.UTF_8);
        final SqlReader mySql = new SqlReader(Dialect.MYSQL, 80_036);
        mySql.accept(sql, 0, sql.length);
        assertThat(shown(mySql.end())).isEqualTo("read b");
        final SqlReader mariaDb = new SqlReader(Dialect.MARIADB, 101_100);
        mariaDb.accept(sql, 0, sql.length);
        assertThat(shown(mariaDb.end())).isEqualTo("read c");
        assertThat(read("set statement max_statement_time=1 for delete from users", Dialect.MARIADB))
                .isEqualTo("write users");
    }

    @Test
    void namesAreBounded() {
        final String sixteen =
                java.util.stream.IntStream.range(0, 16).mapToObj(i -> "t" + i).collect(Collectors.joining(", "));
        assertThat(read("select * from " + sixteen + ", t3", Dialect.POSTGRESQL))
                .endsWith(" t15");
        assertThat(read("select * from " + sixteen + ", secrets; table a", Dialect.POSTGRESQL))
                .endsWith(" t15 ...; read a");
        assertThat(read("execute immediate 'select * from " + sixteen + ", secrets'", Dialect.MYSQL))
                .endsWith(" t15 ...");
        assertThat(read("select * from a, b, c, d, e;".repeat(205), Dialect.POSTGRESQL))
                .endsWith("; read a b c d e; read a b c d ...");
        assertThat(read("select * from `" + "ä".repeat(200) + "`", Dialect.MYSQL))
                .isEqualTo("read " + "ä".repeat(64));
        assertThat(read("select * from " + "ä".repeat(200), Dialect.POSTGRESQL)).isEqualTo("read " + "ä".repeat(31));
        assertThat(read("select * from \"a\tb\"", Dialect.POSTGRESQL)).isEqualTo("read a\ufffdb");
        assertThat(read("select 1;".repeat(256), Dialect.MYSQL).split("; ")).hasSize(256);
        assertThat(read("select 1;".repeat(1000), Dialect.MYSQL).split("; "))
                .hasSize(257)
                .endsWith("read", "REST read_write ...");
    }

    @Test
    void whatStandsInFrontOfATableDoesNotHideIt() {
        assertThat(read("select /*" + "x".repeat(1 << 20) + "*/ * from users", Dialect.MYSQL))
                .isEqualTo("read users");
        assertThat(read("select * from " + "(".repeat(40_000) + "users" + ")".repeat(40_000) + ", a", Dialect.MYSQL))
                .contains(" a");
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.of(
                        "select",
                        "*",
                        "from",
                        "(",
                        ")",
                        ",",
                        "with",
                        "as",
                        "x",
                        "\"u\"",
                        "`v`",
                        "'s'",
                        ".",
                        "join",
                        "using",
                        "insert",
                        "into",
                        "update",
                        "set",
                        "delete",
                        "table",
                        "/*",
                        "*/",
                        "/*!",
                        "--",
                        "\n",
                        "$$",
                        "$a$",
                        "E'",
                        "\\",
                        "'",
                        "\"",
                        "U&\"",
                        ";",
                        "begin",
                        "end",
                        "create",
                        "function",
                        "explain",
                        "analyze",
                        "prepare",
                        "1",
                        "1e",
                        ".5",
                        "@",
                        "copy",
                        "to",
                        "on",
                        "uescape",
                        "é",
                        "\u0000",
                        "values",
                        "returning",
                        "recursive")
                .list()
                .ofMaxSize(60)
                .flatMap(words -> Arbitraries.of(" ", "").map(between -> String.join(between, words)));
    }

    @Property(tries = 5000)
    void piecesAreReadLikeTheWhole(
            @ForAll("texts") final String sql, @ForAll final Dialect dialect, @ForAll final long seed) {
        final byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
        final SqlReader pieces = new SqlReader(dialect, 0);
        final Random random = new Random(seed);
        for (int at = 0; at < bytes.length; ) {
            final int count = Math.min(bytes.length - at, 1 + random.nextInt(8));
            pieces.accept(bytes, at, count);
            at += count;
        }
        assertThat(pieces.end()).isEqualTo(SqlStatement.statements(bytes, 0, bytes.length, dialect));
    }

    @Property(tries = 2000)
    void anyBytesAreRead(@ForAll @Size(max = 300) final byte[] sql, @ForAll final Dialect dialect) {
        for (final SqlStatement each : SqlStatement.statements(sql, 0, sql.length, dialect)) {
            if (each.data() != null) {
                assertThat(each.data().resources()).hasSizeLessThanOrEqualTo(16);
            }
        }
    }

    @Property(tries = 2000)
    void statementsOfATextAreThoseOfItsParts(@ForAll("whole") final List<String> parts, @ForAll final Dialect dialect) {
        final String apart = parts.stream().map(part -> read(part, dialect)).collect(Collectors.joining("; "));
        assertThat(read(String.join(";", parts), dialect)).isEqualTo(apart);
    }

    @Provide
    Arbitrary<List<String>> whole() {
        return Arbitraries.of(
                        "select * from a",
                        "insert into b values (1)",
                        "with x as (select 1) select * from x, c",
                        "begin",
                        "create table d (a int)",
                        "create trigger x after insert on t for each row execute function f()",
                        "explain select 1 from e",
                        "prepare s as select 1",
                        "delete from f using g",
                        "set x = 1",
                        "select (1",
                        "copy h from stdin")
                .list()
                .ofMinSize(1)
                .ofMaxSize(6);
    }
}
