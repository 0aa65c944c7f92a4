// Control A on bare sockets: a minimal reader of HTTP/1.1 on node:net. It splits the head into its lines and the lines into
// names and values, reads as many bytes as Content-Length says, and answers 230 fixed bytes. Nothing is checked or bounded,
// and there are no chunked bodies.
// Usage: node net-echo.mjs [port]. Prints {"event":"listening","http":"http://127.0.0.1:PORT"}.
import { createServer } from 'node:net';

const BODY = 'x'.repeat(230);
const HEAD_END = Buffer.from('\r\n\r\n');

let answer = createAnswer();
setInterval(() => {
  answer = createAnswer();
}, 1_000).unref();

/** With the headers that node:http sends. */
function createAnswer() {
  const headers = [
    'content-type: application/json',
    `content-length: ${BODY.length}`,
    `Date: ${new Date().toUTCString()}`,
    'Connection: keep-alive',
    'Keep-Alive: timeout=5',
  ];
  return `HTTP/1.1 200 OK\r\n${headers.join('\r\n')}\r\n\r\n${BODY}`;
}

function parseHead(head) {
  const lines = head.split('\r\n');
  const [method, path] = lines[0].split(' ');
  const headers = {};
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index];
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { method, path, headers };
}

function serve(socket) {
  let held;
  let bodyBytes = 0;
  let inBody = false;
  socket.on('data', (arrived) => {
    const bytes = held === undefined ? arrived : Buffer.concat([held, arrived]);
    held = undefined;
    let at = 0;
    while (at < bytes.length) {
      if (!inBody) {
        const end = bytes.indexOf(HEAD_END, at);
        if (end < 0) {
          held = bytes.subarray(at);
          return;
        }
        bodyBytes = Number(parseHead(bytes.latin1Slice(at, end)).headers['content-length'] ?? 0);
        inBody = true;
        at = end + HEAD_END.length;
      }
      const taken = Math.min(bodyBytes, bytes.length - at);
      bodyBytes -= taken;
      at += taken;
      if (bodyBytes === 0) {
        inBody = false;
        socket.write(answer, 'latin1');
      }
    }
  });
  socket.on('error', () => undefined);
}

const server = createServer({ noDelay: true }, serve);
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(JSON.stringify({ event: 'listening', http: `http://127.0.0.1:${server.address().port}` }));
});
process.on('SIGTERM', () => process.exit(0));
