import { ratioBar } from '../../harness/bars.js';
import { PREDICT_PATH, predictMessage } from '../../harness/grpc/messages.js';
import { MODELS } from '../../harness/models.js';
import { createRows } from '../../harness/requests.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { Row } from '../../harness/row.js';
import { callsByH2load, MODEL, startModel, unaryByH2load } from './contestants.js';
import { rowsJsonRow } from './rows-json.js';

const W1 = { model: MODELS.mlp16, rows: createRows(MODELS.mlp16, 1) };
const EIGHT_BY_FOUR = { connections: 4, streams: 8 };
const metric = 'requestsPerSecond';
/** Both protocols are spoken by the same server. */
const start = startModel({ models: [{ name: MODEL, model: W1.model }], config: ['tfs: { enabled: true }'] });

/** TensorFlow Serving's protocol beside the Open Inference Protocol, over HTTP and gRPC. */
export function tfsRows(): Row[] {
  return [rowsJsonRow('tfs', 'TensorFlow Serving’s predict'), grpc()];
}

function grpc(): Row {
  const { model, rows } = W1;
  const predict = {
    path: PREDICT_PATH,
    message: predictMessage(rows, { model: MODEL, input: model.input }),
    check(answer: Uint8Array) {
      // Ten floats, at least.
      if (answer.length < 40) throw new Error(`an answer of ${answer.length} bytes`);
    },
  };
  return interleavedRow({
    id: 'tfs-grpc-W1',
    title: 'mlp-16x10, one row, 4 connections × 8 streams by h2load: TensorFlow Serving’s Predict beside ModelInfer',
    contestants: [
      unaryByH2load({ name: 'oip', start }, W1, EIGHT_BY_FOUR),
      callsByH2load({ name: 'tfs', start }, predict, EIGHT_BY_FOUR),
    ],
    bars: [ratioBar({ metric, who: 'tfs', against: 'oip', atLeast: 0.9 })],
  });
}
