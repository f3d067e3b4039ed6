// The same by fetch: `node resources-fetch.mjs BASE`.
const [base] = process.argv.slice(2);
console.log('loaded');
for await (const _ of process.stdin) continue;
const got = await (await fetch(`${base}/customers`)).text();
if (got.length !== 3000) throw new Error(`${got.length} characters`);
const body = JSON.stringify({ to: "prompt.canary@example.org" });
await (await fetch(`${base}/documents`, { method: "POST", headers: { "content-type": "application/json" }, body })).text();
