// An MCP server on the official SDK with one tool, which reads a file.
import { readFile } from "node:fs/promises";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const server = new McpServer({ name: "files", version: "2.1.0" });
server.registerTool(
  "read_file",
  { description: "Reads a text file", inputSchema: { path: z.string().describe("absolute path of the file") } },
  async ({ path }) => ({ content: [{ type: "text", text: await readFile(path, "utf8") }] }),
);
await server.connect(new StdioServerTransport());
