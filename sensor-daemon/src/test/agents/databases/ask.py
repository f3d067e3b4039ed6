"""Clients of databases: says when its libraries are loaded, waits for the end of its input, and asks.

usage: ask.py psycopg|asyncpg|redis ADDRESS
"""

import asyncio
import sys

import asyncpg
import psycopg
import redis


def with_psycopg(address):
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("select * from customers where id <= %s", (3,)).fetchall()
        connection.execute("update customers set email = %s where id = 4", ("canary@example.org",))
        try:
            connection.execute("select * from canary")
        except psycopg.errors.UndefinedTable:
            pass
        with connection.transaction(), connection.cursor("named") as cursor:
            cursor.execute("select id from customers")
            cursor.fetchmany(10)
            cursor.fetchall()
        with connection.cursor().copy("copy (select * from customers where id <= 20) to stdout") as copy:
            for _ in copy:
                pass
        with connection.cursor().copy("copy customers from stdin") as copy:
            for i in range(5):
                copy.write_row((200 + i, "canary@example.net"))
        with connection.pipeline():
            connection.execute("select count(*) from customers")
            connection.execute("delete from customers where id >= %s", (200,))


async def with_asyncpg(address):
    connection = await asyncpg.connect(address, ssl=False)
    await connection.fetch("select * from customers where id <= $1", 7)
    await connection.executemany("insert into customers values ($1, $2)", [(300 + i, "canary@example.net") for i in range(3)])
    async with connection.transaction():
        async for _ in connection.cursor("select id from customers where id <= 60"):
            pass
    try:
        await connection.fetch("select * from nowhere")
    except asyncpg.UndefinedTableError:
        pass
    await connection.close()


def with_redis(address):
    with redis.Redis.from_url(address) as client:
        client.set("customer:1", "canary@example.com")
        client.get("customer:1")
        with client.pipeline(transaction=False) as pipeline:
            for _ in range(50):
                pipeline.get("customer:1")
            pipeline.execute()
        try:
            client.lpush("customer:1", "x")
        except redis.ResponseError:
            pass


_, how, address = sys.argv
print("loaded", flush=True)
sys.stdin.read()
match how:
    case "psycopg":
        with_psycopg(address)
    case "asyncpg":
        asyncio.run(with_asyncpg(address))
    case "redis":
        with_redis(address)
