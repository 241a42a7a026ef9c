// Just enough of RFC 6455 for the stand-in: text frames, both ways, below 64 KiB.
import { createHash } from "node:crypto";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Answers an upgrade; `heard` gets each text. Returns a function that sends one. */
export function accept(request, socket, heard) {
  const key = createHash("sha1").update(request.headers["sec-websocket-key"] + GUID).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`,
  );
  let rest = Buffer.alloc(0);
  socket.on("data", (data) => {
    rest = Buffer.concat([rest, data]);
    for (let frame = read(rest); frame; frame = read(rest)) {
      rest = rest.subarray(frame.size);
      if (frame.opcode === 8) socket.end();
      if (frame.opcode === 1) heard(frame.text);
    }
  });
  socket.on("error", () => socket.destroy());
  return (text) => socket.write(frameOf(text));
}

function read(bytes) {
  if (bytes.length < 6) return null;
  const short = bytes[1] & 127;
  const head = short === 126 ? 4 : 2;
  if (bytes.length < head + 4) return null;
  const length = short === 126 ? bytes.readUInt16BE(2) : short;
  const size = head + 4 + length;
  if (bytes.length < size) return null;
  const mask = bytes.subarray(head, head + 4);
  const text = Buffer.from(bytes.subarray(head + 4, size).map((byte, index) => byte ^ mask[index % 4])).toString();
  return { opcode: bytes[0] & 15, size, text };
}

function frameOf(text) {
  const body = Buffer.from(text);
  const head = body.length < 126 ? Buffer.from([129, body.length]) : Buffer.from([129, 126, body.length >> 8, body.length & 255]);
  return Buffer.concat([head, body]);
}
