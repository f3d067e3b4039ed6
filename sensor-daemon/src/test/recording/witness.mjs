// What the endpoint saw and said, as a JSON parser and the script have it: what the events of the record are checked against.

const texts = (content) => (typeof content === "string" ? [content] : (content ?? []).map((part) => (typeof part === "string" ? part : part.text)).filter((text) => typeof text === "string"));
const part = (role, text, call) => ({ role: { developer: "system" }[role] ?? role, text, ...(call ? { call } : {}) });

/** The text parts of a request in the order of its messages; null for an API that this does not know. */
export function asked(path, body) {
  if (path.endsWith("/chat/completions")) return body.messages.flatMap((m) => texts(m.content).map((text) => part(m.role, text, m.tool_call_id)));
  if (path.endsWith("/responses")) {
    const input = typeof body.input === "string" ? [{ role: "user", content: body.input }] : body.input;
    return [...texts(body.instructions).map((text) => part("system", text)), ...input.flatMap((item) => (
      item.type?.endsWith("_output") ? texts(item.output).map((text) => part("tool", text, item.call_id)) : texts(item.content).map((text) => part(item.role ?? "assistant", text))))];
  }
  if (path.endsWith("/messages")) {
    const content = (m) => (typeof m.content === "string" ? [part(m.role, m.content)] : m.content.flatMap((block) => (
      block.type === "tool_result" ? texts(block.content).map((text) => part("tool", text, block.tool_use_id)) : texts([block]).map((text) => part(m.role, text)))));
    return [...texts(body.system).map((text) => part("system", text)), ...body.messages.flatMap(content)];
  }
  return null;
}

/** The calls whose results a request carries. */
export const results = (parts) => (parts ?? []).filter((each) => each.call).map((each) => each.call);
