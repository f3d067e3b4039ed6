// Makes one official client ask everything: `node ask.mjs CLIENT BASE`.
import { clients } from "./clients.mjs";

const [name, base] = process.argv.slice(2);
await clients[name](base);
process.exit(0);
