// An @xmpp/client that tells what happens as lines of JSON, and writes what it is told to:
// node client.js PORT JID PASSWORD, then {"to": …, "body": …} per line on its input.
import { createInterface } from "node:readline";

import { client, xml } from "@xmpp/client";

const [port, jid, password] = process.argv.slice(2);
const [username, domain] = jid.split("@");
const tell = (event, told = {}) => console.log(JSON.stringify({ event, ...told }));

const entity = client({
  service: `xmpp://127.0.0.1:${port}`,
  domain,
  resource: "js",
  username,
  password,
});
entity.timeout = 15_000;
entity.reconnect.delay = 100;
entity.streamManagement.requestAckInterval = 300;

entity.on("error", (error) => tell("error", { text: String(error) }));
entity.on("disconnect", () => tell("disconnect"));
entity.streamManagement.on("resumed", () => tell("resumed"));
entity.streamManagement.on("ack", (stanza) => tell("ack", { body: stanza.getChildText("body") }));
entity.streamManagement.on("fail", (stanza) => tell("fail", { body: stanza.getChildText("body") }));

entity.on("stanza", (stanza) => {
  const { from, type } = stanza.attrs;
  const body = stanza.getChildText("body");
  if (stanza.is("presence")) tell("presence", { from, type });
  if (stanza.is("message") && body) tell("message", { from, body });
});

entity.on("online", async (own) => {
  const roster = await entity.iqCaller.get(xml("query", "jabber:iq:roster"));
  const items = roster.getChildren("item").map((item) => item.attrs);
  tell("online", { jid: String(own), managed: entity.streamManagement.enabled, items });
  await entity.send(xml("presence"));
});

createInterface({ input: process.stdin }).on("line", async (line) => {
  const { to, body } = JSON.parse(line);
  await entity.send(xml("message", { to, type: "chat" }, xml("body", {}, body)));
});

await entity.start();
