import { statSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:http2';
import path from 'node:path';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { freePort } from '../harness/ports.js';
import type { Tally } from '../harness/tally.js';
import { type Activation, activate } from './activate.js';

const MODELS = [inRoot('examples/models'), '--model-control-mode', 'explicit', '--load-model', 'mlp'];
const BODY = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 16], data: Array(16).fill(0.5) }] });

/** Socket activation by `systemd-socket-activate`: which listener gets which socket, and what is refused. */
export async function checkSockets(tally: Tally): Promise<void> {
  const cwd = emptyFolder('systemd', 'sockets');
  await checkNames(tally, cwd);
  await checkPlaces(tally, cwd);
  await checkRefusals(tally, cwd);
}

async function checkNames(tally: Tally, cwd: string): Promise<void> {
  const [http, grpc, metrics] = [await freePort(), await freePort(), await freePort()];
  const file = path.join(cwd, 'http.sock');
  const listen = [...[http, grpc, metrics].map((port) => `127.0.0.1:${port}`), file];
  await using server = await activate({ listen, flags: ['--fdname=http:grpc:metrics:http-socket'], args: MODELS, cwd });
  const told = await server.nextEvent();
  tally.check(told.http === `http://127.0.0.1:${http}`, `http listens on ${told.http}, not on the port of its socket`);
  tally.check(told.grpc === `127.0.0.1:${grpc}`, `gRPC listens on ${told.grpc}, not on the port of its socket`);
  tally.check(told.metrics === `http://127.0.0.1:${metrics}`, `metrics listen on ${told.metrics}`);
  tally.check(told.httpSocket === `unix:${file}`, `the HTTP socket is ${told.httpSocket}`);
  tally.check((await server.nextEvent()).event === 'ready', 'the server did not get ready');
  for (const place of [{ port: http }, { socketPath: file }]) {
    const status = await infer(place);
    tally.check(status === 200, `an inference over ${JSON.stringify(place)} was answered with ${status}`);
  }
  const page = await (await fetch(`${told.metrics}/metrics`)).text();
  tally.check(page.includes('nv_inference_request_success'), 'the metrics page has no metrics');
  tally.check((await grpcStatus(grpc)) === '0', 'a call of gRPC failed');
  const { code } = await server.stop();
  tally.check(code === 0, `the server ended with ${code}`);
  tally.check(statSync(file).isSocket(), 'the server has removed the socket file of its service manager');
}

/** Two ports of the settings, without names: each socket finds its listener. */
async function checkPlaces(tally: Tally, cwd: string): Promise<void> {
  const [http, metrics] = [await freePort(), await freePort()];
  const ports = ['--http-port', `${http}`, '--metrics-port', `${metrics}`, '--grpc-port', '0'];
  const listen = [metrics, http].map((port) => `127.0.0.1:${port}`);
  await using server = await activate({ listen, args: [...MODELS, ...ports], cwd });
  const told = await server.nextEvent();
  tally.check(told.http === `http://127.0.0.1:${http}`, `by port: http listens on ${told.http}`);
  tally.check(told.metrics === `http://127.0.0.1:${metrics}`, `by port: metrics listen on ${told.metrics}`);
  await server.nextEvent();
  const status = await infer({ port: http });
  tally.check(status === 200, `by port: an inference was answered with ${status}`);
}

async function checkRefusals(tally: Tally, cwd: string): Promise<void> {
  const refusals: readonly (readonly [Pick<Activation, 'listen' | 'flags'>, string])[] = [
    [
      { listen: [`127.0.0.1:${await freePort()}`], flags: ['--fdname=web'] },
      "descriptor 3 ('web') has an unknown name: expected http, grpc, metrics, admin, http-socket, grpc-socket",
    ],
    [
      { listen: [`0.0.0.0:${await freePort()}`], flags: ['--fdname=http'] },
      'refusing to listen on 0.0.0.0: it is reachable from other machines and no key is configured',
    ],
  ];
  for (const [activation, message] of refusals) {
    await using server = await activate({ ...activation, args: MODELS, cwd });
    const event = await server.nextEvent().catch(() => undefined);
    const { errors } = await server.stop();
    tally.check(event === undefined && errors.includes(message), `expected '${message}', got: ${errors}`);
  }
}

function infer(place: { readonly port: number } | { readonly socketPath: string }): Promise<number | undefined> {
  const options = { ...place, host: '127.0.0.1', method: 'POST', path: '/v2/models/mlp/infer' };
  return new Promise((resolve, reject) => {
    request(options, (answer) => answer.resume().on('end', () => resolve(answer.statusCode)))
      .on('error', reject)
      .end(BODY);
  });
}

/** `grpc-status` of ServerLive. */
async function grpcStatus(port: number): Promise<unknown> {
  const session = connect(`http://127.0.0.1:${port}`);
  try {
    return await new Promise((resolve, reject) => {
      session.on('error', reject);
      const stream = session.request({
        ':method': 'POST',
        ':path': '/inference.GRPCInferenceService/ServerLive',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      stream.on('error', reject).on('trailers', (trailers) => resolve(trailers['grpc-status']));
      stream.resume().end(Buffer.alloc(5));
    });
  } finally {
    session.close();
  }
}
