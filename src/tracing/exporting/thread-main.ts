/** Entry of the thread that exports: serialises one group of spans after the other, and sends it to the collector. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ExportRequest, ExportSetup } from './messages.js';
import { replyOfFailure } from './replies.js';
import { createGrpcSender } from './send-grpc.js';
import { createHttpSender } from './send-http.js';
import { createSerializer } from './serialize.js';

const setup = workerData as ExportSetup;
const { protocol } = setup;
const serializer = createSerializer(setup, protocol === 'http/json' ? 'json' : 'protobuf');
const send = protocol === 'grpc' ? createGrpcSender(setup, serializer) : createHttpSender(setup, protocol, serializer);

parentPort?.on('message', async (spans: ExportRequest) => {
  const reply = await send(serializer.encode(JSON.parse(spans))).catch(replyOfFailure);
  parentPort?.postMessage(reply);
});
