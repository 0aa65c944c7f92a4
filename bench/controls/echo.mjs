// Control A: the least that a node:http server can do with a request: the body goes back as it came, unparsed.
// Usage: node echo.mjs [port]. Prints {"event":"listening","http":"http://127.0.0.1:PORT"}.
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  let first;
  let rest;
  request.on('data', (chunk) => {
    if (first === undefined) first = chunk;
    else if (rest === undefined) rest = [first, chunk];
    else rest.push(chunk);
  });
  request.on('end', () => {
    const body = rest === undefined ? (first ?? '') : Buffer.concat(rest);
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': body.length });
    response.end(body);
  });
});

server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(JSON.stringify({ event: 'listening', http: `http://127.0.0.1:${server.address().port}` }));
});
process.on('SIGTERM', () => process.exit(0));
