import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, expect, it } from 'vitest';
import type { Service } from '../../src/service/index.js';
import { createFakeService } from '../support/fake-service.js';
import { protoBytes } from '../support/grpc-messages.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { withCases } from '../support/service-of.js';

afterEach(closeTestServers);

const SIZE = 30_000_000;

/** A service whose answers are of {@link SIZE} bytes. */
function createLargeService(): Service {
  const service = createFakeService();
  const outputs = [{ name: 'y', datatype: 'UINT8' as const, shape: [SIZE], data: new Uint8Array(SIZE) }];
  return withCases(service, {
    infer: async (call, resolved, request) => {
      const result = await service.inference.infer(call, resolved, request);
      return result.kind === 'one'
        ? { kind: 'one', timing: result.timing, response: { ...result.response, outputs } }
        : result;
    },
  });
}

/** Sends all that a client can leave half done, and says so. */
const CLIENT = `
  import { connect as connectHttp2 } from 'node:http2';
  import { connect } from 'node:net';
  import { once } from 'node:events';
  const [http, grpc, unread, message] = process.argv.slice(1);
  const half = connect(Number(http), '127.0.0.1');
  half.write('POST /v2/models/m/infer HTTP/1.1\\r\\nHost: localhost\\r\\nExpect: 100-continue\\r\\nContent-Length: 99\\r\\n\\r\\n');
  await once(half, 'data');
  half.write('{');
  const slow = connect(Number(http), '127.0.0.1');
  slow.write(Buffer.from(unread, 'base64'));
  await once(slow, 'data');
  slow.pause();
  const open = async (settings) => {
    const session = connectHttp2('http://127.0.0.1:' + grpc, { settings });
    session.on('error', () => undefined);
    await once(session, 'remoteSettings');
    session.setLocalWindowSize(2 ** 30);
    return session;
  };
  const ask = (session) => session.request({
    ':method': 'POST', ':path': '/inference.GRPCInferenceService/ModelInfer', 'content-type': 'application/grpc', te: 'trailers',
  });
  await open({});
  const halfSession = await open({});
  ask(halfSession).write(Buffer.of(0, 0, 0, 0, 9, 1));
  await new Promise((resolve) => halfSession.ping(resolve));
  {
    const stream = ask(await open({ initialWindowSize: 2 ** 30 }));
    stream.end(Buffer.from(message, 'base64'));
    await once(stream, 'response');
  }
  console.log('ready');
`;

it('clients that are frozen hold up no shutdown, whatever they have left half done', async () => {
  const { server, port, addresses, finished } = await startTestServer({
    service: createLargeService(),
    options: { grpcPort: 0 },
  });
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1] }];
  const body = JSON.stringify({
    inputs: [{ ...inputs[0], data: [1] }],
    parameters: { binary_data_output: true },
  });
  const unread = `POST /v2/models/m/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const message = Buffer.from(
    protoBytes('ModelInferRequest', { model_name: 'm', inputs, raw_input_contents: ['AACAPw=='] }),
  );
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  const child = spawn(
    process.execPath,
    [
      ...['--input-type=module', '-e', CLIENT, String(port), String(addresses.grpc?.port)],
      ...[Buffer.from(unread).toString('base64'), Buffer.concat([prefix, message]).toString('base64')],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    await once(createInterface(child.stdout), 'line');
    child.kill('SIGSTOP');
    // Longer than a test may take.
    await server.close(60_000);
  } finally {
    child.kill('SIGKILL');
  }
  expect(finished.map(({ status }) => status).sort()).toEqual([499, 503]);
});
