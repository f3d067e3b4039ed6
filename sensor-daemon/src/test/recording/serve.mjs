// The endpoint for live tests: `node serve.mjs [FOLDER]`, over TLS with FOLDER/key.pem and certificate.pem. Prints its port, then a
// line of JSON for each request; ends with its standard input.
import { readFileSync } from "node:fs";
import { listen } from "./endpoint.mjs";

const [folder] = process.argv.slice(2);
const tls = folder ? { key: readFileSync(`${folder}/key.pem`), cert: readFileSync(`${folder}/certificate.pem`) } : null;
const { port } = await listen(1, tls, (request) => console.log(JSON.stringify(request)));
console.log(port);
process.stdin.resume().on("end", () => process.exit(0));
