// A client that leaves half done what can be left half done, says so, and is stopped then.
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';

const [http, grpc, stream, authorization] = process.argv.slice(2);
const HEAD = `HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n`;

function open(text) {
  const socket = connect(Number(http), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(text);
  return socket;
}

await once(connect(Number(http), '127.0.0.1'), 'connect');
open('POST /v2/models/mlp/infer HTTP/1.1\r\nHost: local');
const half = open(`POST /v2/models/mlp/infer ${HEAD}Expect: 100-continue\r\nContent-Length: 99\r\n\r\n`);
await once(half, 'data');
half.write('{"inputs": [');

// More than the system keeps for a client that does not read.
const width = 4_000_000;
const tensor = { name: 'x', datatype: 'FP32', shape: [1, width], parameters: { binary_data_size: 4 * width } };
const head = JSON.stringify({ parameters: { binary_data_output: true }, inputs: [tensor] });
const unread = open(
  `POST /v2/models/echo/infer ${HEAD}Inference-Header-Content-Length: ${head.length}\r\n` +
    `Content-Length: ${head.length + 4 * width}\r\n\r\n${head}`,
);
unread.write(Buffer.alloc(4 * width));
unread.once('data', () => unread.pause());
await once(unread, 'pause');

const body = '{"x": 1, "times": 1000}';
const unreadStream = open(
  `POST /v2/models/${stream}/generate_stream ${HEAD}Content-Length: ${body.length}\r\n\r\n${body}`,
);
await once(unreadStream, 'data');
unreadStream.pause();

const session = connectHttp2(`http://127.0.0.1:${grpc}`);
session.on('error', () => undefined);
await once(session, 'remoteSettings');
const call = session.request({
  ':method': 'POST',
  ':path': '/inference.GRPCInferenceService/ModelInfer',
  'content-type': 'application/grpc',
  te: 'trailers',
  authorization,
});
call.on('error', () => undefined);
call.write(Buffer.of(0, 0, 0, 0, 9, 1));
await new Promise((resolve) => session.ping(resolve));
process.stdout.write('ready\n');
