import { ratioBar } from '../../harness/bars.js';
import { loadStream, loadUnary } from '../../harness/grpc/streams.js';
import { applyLoad } from '../../harness/load.js';
import { MODELS } from '../../harness/models.js';
import { createRows } from '../../harness/requests.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { Contestant, Row } from '../../harness/row.js';
import {
  binaryRequest,
  driven,
  GRPC_WARM_UP_SECONDS,
  grpcOf,
  HTTP2_ECHO,
  MODEL,
  messageOf,
  type Subject,
  startModel,
  startTritonModel,
  unaryByH2load,
} from './contestants.js';

const W1 = { model: MODELS.mlp16, rows: createRows(MODELS.mlp16, 1) };
const W2 = { model: MODELS.mlp784, rows: createRows(MODELS.mlp784, 1) };
const W3 = { model: MODELS.mobilenet, rows: createRows(MODELS.mobilenet, 1) };
const EIGHT_BY_FOUR = { connections: 4, streams: 8 };
const metric = 'requestsPerSecond';

/** gRPC beside a bare node:http2 server, beside Triton and beside HTTP. */
export function grpcRows(): Row[] {
  return [unarySmall(), unaryLarge(), unaryImage(), stream()];
}

function unarySmall(): Row {
  return interleavedRow({
    id: 'grpc-W1',
    title: 'ModelInfer, mlp-16x10, one row, 4 connections × 8 streams by h2load',
    contestants: [
      unaryByH2load(HTTP2_ECHO, W1, EIGHT_BY_FOUR),
      unaryByH2load(millraceOf(W1), W1, EIGHT_BY_FOUR),
      unaryByH2load(tritonOf(W1), W1, EIGHT_BY_FOUR),
    ],
    bars: [
      ratioBar({ metric, who: 'millrace', against: 'http2 echo', atLeast: 0.5 }),
      ratioBar({ metric, who: 'millrace', against: 'triton', atLeast: 1 }),
    ],
  });
}

function unaryLarge(): Row {
  return interleavedRow({
    id: 'grpc-W2',
    title: 'ModelInfer, mlp-784x10, one row, 4 connections × 8 streams by h2load',
    contestants: [
      unaryByH2load(HTTP2_ECHO, W2, EIGHT_BY_FOUR),
      unaryByH2load(millraceOf(W2), W2, EIGHT_BY_FOUR),
      unaryByH2load(tritonOf(W2), W2, EIGHT_BY_FOUR),
    ],
    bars: [ratioBar({ metric, who: 'millrace', against: 'http2 echo', atLeast: 0.37 })],
  });
}

function unaryImage(): Row {
  const http: Contestant = driven({
    name: 'millrace HTTP binary',
    start: millraceOf(W3).start,
    warmUpSeconds: GRPC_WARM_UP_SECONDS,
    drive: (server, seconds, { generator }) =>
      applyLoad(
        server,
        { request: binaryRequest(W3), level: { kind: 'concurrency', concurrency: 8 }, rowsPerRequest: 1 },
        { seconds, generator },
      ),
  });
  return interleavedRow({
    id: 'grpc-W3',
    title: 'ModelInfer, MobileNetV3, 602 KB, 8 connections by h2load, beside HTTP by wrk',
    contestants: [http, unaryByH2load(millraceOf(W3), W3, { connections: 8, streams: 1 })],
    bars: [ratioBar({ metric, who: 'millrace', against: 'millrace HTTP binary', atLeast: 0.85 })],
  });
}

function stream(): Row {
  const message = messageOf(W1);
  const inFlight = 32;
  return interleavedRow({
    id: 'grpc-stream',
    title:
      'ModelStreamInfer, mlp-16x10, one stream, 32 in flight, beside ModelInfer by the same client on one connection',
    contestants: [
      driven({
        name: 'unary',
        start: millraceOf(W1).start,
        warmUpSeconds: GRPC_WARM_UP_SECONDS,
        drive: (server, seconds) => loadUnary(grpcOf(server), message, { inFlight, seconds }),
      }),
      driven({
        name: 'stream',
        start: millraceOf(W1).start,
        warmUpSeconds: GRPC_WARM_UP_SECONDS,
        drive: (server, seconds) => loadStream(grpcOf(server), message, { inFlight, seconds }),
      }),
    ],
    bars: [ratioBar({ metric, who: 'stream', against: 'unary', atLeast: 0.8 })],
  });
}

function millraceOf({ model }: typeof W1 | typeof W2 | typeof W3) {
  return { name: 'millrace', start: startModel({ models: [{ name: MODEL, model }] }) };
}

function tritonOf(subject: Subject & { readonly model: typeof W1.model | typeof W2.model }) {
  const { model } = subject;
  return {
    name: 'triton',
    peer: true,
    start: startTritonModel({ model, program: 'model.py', probe: binaryRequest(subject) }),
  };
}
