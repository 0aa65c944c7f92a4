// Control A: the least that a node:http server can do with a request: it reads the body, and answers 230 fixed bytes.
// Usage: node echo.mjs [port]. Prints {"event":"listening","http":"http://127.0.0.1:PORT"}.
import { createServer } from 'node:http';

const ANSWER = 'x'.repeat(230);
const HEADERS = { 'content-type': 'application/json', 'content-length': ANSWER.length };

const server = createServer((request, response) => {
  let missingBytes = Number(request.headers['content-length']);
  request.on('data', (chunk) => {
    missingBytes -= chunk.length;
    if (missingBytes > 0) return;
    response.writeHead(200, HEADERS);
    response.end(ANSWER, 'latin1');
  });
});

server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(JSON.stringify({ event: 'listening', http: `http://127.0.0.1:${server.address().port}` }));
});
process.on('SIGTERM', () => process.exit(0));
