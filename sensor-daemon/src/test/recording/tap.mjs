// A loopback relay that writes down both directions of every connection, in the form that Transcript reads: '>' or '<', the
// length as four bytes, the bytes. NAME.order has a digit for each chunk: of which connection it was, in the order of time.
import net from "node:net";
import fs from "node:fs";

export function tap(target, folder, name) {
  const files = [];
  const order = [];
  const server = net.createServer((client) => {
    const file = { chunks: [] };
    files.push(file);
    const upstream = net.connect(target, "127.0.0.1");
    const keep = (direction, bytes) => {
      const head = Buffer.alloc(5);
      head.write(direction, 0, "latin1");
      head.writeUInt32BE(bytes.length, 1);
      file.chunks.push(head, bytes);
      order.push(file);
    };
    client.on("data", (d) => { keep(">", d); upstream.write(d); });
    upstream.on("data", (d) => { keep("<", d); client.write(d); });
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
    client.on("error", () => {});
    upstream.on("error", () => {});
  });
  return new Promise((r) => server.listen(0, "127.0.0.1", () => r({
    port: server.address().port,
    save() {
      server.close();
      const used = files.filter((f) => f.chunks.length > 0);
      used.forEach((f, i) => fs.writeFileSync(`${folder}/${name}-${i}.capture`, Buffer.concat(f.chunks)));
      if (used.length > 1) fs.writeFileSync(`${folder}/${name}.order`, order.map((f) => used.indexOf(f)).join("") + "\n");
      return used.length;
    },
  })));
}
