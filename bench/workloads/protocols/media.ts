import { readFileSync } from 'node:fs';
import { bytesOf, type ImageSpec } from '../../../src/core/index.js';
import type { LoadRequest } from '../../../src/loadgen/index.js';
import { createImageDecoder } from '../../../src/runtimes/media/image/decode.js';
import { ratioBar } from '../../harness/bars.js';
import { rawOnnx, runOnnx } from '../../harness/contestants.js';
import { applyLoad } from '../../harness/load.js';
import { MODELS } from '../../harness/models.js';
import { inRoot } from '../../harness/paths.js';
import { createRows } from '../../harness/requests.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { BarSpec, BenchSettings, Contestant, Row } from '../../harness/row.js';
import type { Sample } from '../../harness/sample.js';
import { loopLagMs } from '../../harness/scrape.js';
import type { RunningServer } from '../../harness/server-process.js';
import { verifyAnswer } from '../../harness/verify.js';
import { FASTAPI_PHOTO_PATH, fastapiPhotos, startPeer } from '../../peers/index.js';
import { driven, MODEL, startModel } from './contestants.js';

const { mobilenet: model } = MODELS;
/** 196 KB, 864 x 1184 pixels. */
const PHOTO = inRoot('examples/photos/meal_2.jpg');
const MAX_PIXELS = 50_000_000;
const SPEC: ImageSpec = {
  kind: 'image',
  layout: 'NCHW',
  colors: 'RGB',
  width: 224,
  height: 224,
  resize: 'stretch',
  interpolation: 'bilinear',
  cropFraction: 1,
  scale: 1 / 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};
/** V8 compiles by how often code runs, and of photos there are 80 a second. */
const WARM_UP_SECONDS = 40;
/** What makes the model take photos. */
export const PHOTO_YAML = [
  'maxBatchSize: 16',
  'batching: {enabled: false}',
  'inputs: [{name: pixel_values, image: {mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}}]',
];
const [SERVER, DECODER, ONNX] = ['millrace', 'decoder', 'onnx'];
const FASTAPI_WORKERS = 2;
const FASTAPI = `${fastapiPhotos.name} ×${FASTAPI_WORKERS}`;
/** Of a probability: two libraries that resize a picture differ by a few values of 255. */
const TOLERANCE = 0.02;

/** A JPEG as it is, beside its decoder and its model, each alone. */
export function photoRow(): Row {
  return interleavedRow({
    id: 'photo',
    title: 'MobileNetV3, a JPEG of 196 KB as it is, 4 connections, 2 decoders',
    contestants: [
      driven({
        name: SERVER,
        start: startModel({ models: [{ name: MODEL, model, yaml: PHOTO_YAML }] }),
        check: (server) => verifyPhoto(server, photoRequest()),
        drive: (server, seconds, settings) =>
          withLag(server, () => sendPhotos(server, photoRequest(), seconds, settings)),
        warmUpSeconds: WARM_UP_SECONDS,
      }),
      fastapiWithPil(),
      decoderAlone(),
      rawOnnx(ONNX, model, createRows(model, 1)),
    ],
    bars: [
      { ...CPU_BAR, atLeast: 0.85 },
      ratioBar({ metric: 'rowsPerSecond', who: SERVER, against: FASTAPI }),
      ratioBar({ metric: 'rowsPerCpuSecond', who: SERVER, against: FASTAPI }),
      { ...LAG_BAR, atMost: 5 },
    ],
  });
}

/** Two workers that decode, resize and run each picture themselves. */
function fastapiWithPil(): Contestant {
  const request = { ...photoRequest(), path: FASTAPI_PHOTO_PATH };
  const options = { model, workers: FASTAPI_WORKERS, format: 'binary' } as const;
  return driven({
    name: FASTAPI,
    peer: true,
    start: () => startPeer(fastapiPhotos, options, request),
    check: (server) => verifyPhoto(server, request),
    drive: (server, seconds, settings) => sendPhotos(server, request, seconds, settings),
  });
}

function sendPhotos(
  server: RunningServer,
  request: LoadRequest,
  seconds: number,
  { generator }: BenchSettings,
): Promise<Sample> {
  const level = { kind: 'concurrency', concurrency: 4 } as const;
  return applyLoad(server, { request, level, rowsPerRequest: 1 }, { seconds, generator });
}

/** Throws where a server answers a photo with other probabilities than our decoder and onnxruntime, one after the other. */
async function verifyPhoto({ url }: RunningServer, request: LoadRequest): Promise<void> {
  const decode = await createImageDecoder(MAX_PIXELS);
  const { shape, data } = await decode(readFileSync(PHOTO), SPEC, 'FP32');
  const rows = { count: 1, shape, values: [], bytes: bytesOf(data) };
  await verifyAnswer(url, request, (await runOnnx(model, rows, 0)).outputs, TOLERANCE);
}

const CPU_BAR: BarSpec = {
  text: `rows/CPU-s: ${SERVER} / (${DECODER} and ${ONNX}, one after the other)`,
  digits: 2,
  contestants: [SERVER, DECODER, ONNX],
  of(round) {
    const [whole, decoding, running] = [SERVER, DECODER, ONNX].map((name) => round[name]?.rowsPerCpuSecond);
    if (whole === undefined || decoding === undefined || running === undefined) return undefined;
    return whole * (1 / decoding + 1 / running);
  },
};

const LAG_BAR: BarSpec = {
  text: `event loop lag p99 ms: ${SERVER}`,
  digits: 1,
  contestants: [SERVER],
  of: (round) => round[SERVER]?.loopLagP99Ms,
};

/** One photo as it is. */
export function photoRequest(): LoadRequest {
  return {
    method: 'POST',
    path: `/v2/models/${MODEL}/infer`,
    headers: { 'content-type': 'image/jpeg' },
    body: readFileSync(PHOTO),
  };
}

/** The lag is counted from one scrape to the next. */
async function withLag(server: RunningServer, load: () => Promise<Sample>): Promise<Sample> {
  await loopLagMs(server, 99);
  const sample = await load();
  return { ...sample, loopLagP99Ms: await loopLagMs(server, 99) };
}

/** What a decoder process does, in this one. */
function decoderAlone(): Contestant {
  return {
    name: DECODER,
    peer: false,
    async open({ seconds, warmUpSeconds }: BenchSettings) {
      const decode = await createImageDecoder(MAX_PIXELS);
      const photo = readFileSync(PHOTO);
      const run = async (milliseconds: number): Promise<Sample> => {
        const cpuBefore = process.cpuUsage();
        const startedAt = performance.now();
        let rows = 0;
        while (performance.now() - startedAt < milliseconds) {
          await decode(photo, SPEC, 'FP32');
          rows++;
        }
        const { user, system } = process.cpuUsage(cpuBefore);
        const wallMs = performance.now() - startedAt;
        const cpuMs = (user + system) / 1000;
        return {
          rowsPerSecond: (rows * 1000) / wallMs,
          rowsPerCpuSecond: (rows * 1000) / cpuMs,
          cores: cpuMs / wallMs,
        };
      };
      return {
        warmUp: async () => void (await run(warmUpSeconds * 1000)),
        measure: () => run(seconds * 1000),
        async close() {},
      };
    },
  };
}
