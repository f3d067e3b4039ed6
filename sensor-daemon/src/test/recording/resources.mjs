// An API for live tests, over TLS with FOLDER/key.pem and certificate.pem, by HTTP/1.1 and 2: `node resources.mjs FOLDER`. Prints its port.
import { createSecureServer } from "node:http2";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const [folder] = process.argv.slice(2);
const customers = JSON.stringify([{ name: "x", email: "answer.canary@example.org" }]).padEnd(3000);
const tls = { key: readFileSync(`${folder}/key.pem`), cert: readFileSync(`${folder}/certificate.pem`), allowHTTP1: true };
const server = createSecureServer(tls, async (request, response) => {
  for await (const _ of request) {
    // read to its end
  }
  if (request.method === "GET" && request.url.startsWith("/customers")) {
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    response.end(gzipSync(customers));
  } else if (request.method === "GET" && request.url === "/dump") {
    response.writeHead(200, { "content-type": "application/octet-stream" });
    for (let i = 0; i < 4; i++) response.write(Buffer.alloc(1 << 20));
    response.end();
  } else {
    response.writeHead(request.method === "GET" ? 404 : 201);
    response.end("done");
  }
});
server.listen(0, "localhost", () => console.log(server.address().port));
