// Control of the gRPC rows: the least that a node:http2 server can do with a call: the message goes back as it came, with
// its prefix and the trailer that every gRPC client waits for. Nothing is checked, bounded or counted.
// Usage: node echo-http2.mjs [port]. Prints {"event":"listening","http":"http://127.0.0.1:PORT"}.
import { createServer } from 'node:http2';

const PREFIX_BYTES = 5;
const STATE = Symbol('state');
const HEADERS = { ':status': 200, 'content-type': 'application/grpc' };
const TRAILERS = { 'grpc-status': '0' };
const OPTIONS = { waitForTrailers: true, sendDate: false };

const server = createServer({
  settings: { initialWindowSize: 1_048_576, maxConcurrentStreams: 1_000, enablePush: false },
  maxSessionMemory: 1_000,
});

function answer(stream, message) {
  stream.respond(HEADERS, OPTIONS);
  stream.end(message);
}

function onData(chunk) {
  const state = this[STATE];
  if (state.whole === undefined) {
    const wanted = PREFIX_BYTES + chunk.readUInt32BE(1);
    if (chunk.length >= wanted) {
      answer(this, chunk);
      return;
    }
    state.whole = Buffer.allocUnsafeSlow(wanted);
  }
  chunk.copy(state.whole, state.at);
  state.at += chunk.length;
  if (state.at === state.whole.length) answer(this, state.whole);
}

function onWantTrailers() {
  this.sendTrailers(TRAILERS);
}

server.on('session', (session) => session.setLocalWindowSize(8_388_608));
server.on('stream', (stream) => {
  stream[STATE] = { whole: undefined, at: 0 };
  stream.on('wantTrailers', onWantTrailers);
  stream.on('data', onData);
  stream.on('error', () => undefined);
});

server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(JSON.stringify({ event: 'listening', http: `http://127.0.0.1:${server.address().port}` }));
});
process.on('SIGTERM', () => process.exit(0));
