import path from 'node:path';
import { expect, it } from 'vitest';
import { readLines } from '../../src/batches/lines.js';
import { validate } from '../../src/batches/validate.js';
import { MillraceError, systemClock, Turns } from '../../src/core/index.js';
import { decodeToken } from '../../src/governance/identity/jwt/decode-token.js';
import { TokenRefusal } from '../../src/governance/identity/jwt/refusal.js';
import { createCatalog } from '../../src/repository/catalog.js';
import { parseConfigFile, parseConfigOverride } from '../../src/repository/parse-config.js';
import { parseModelsConfig } from '../../src/repository/tensorflow/parse-models-config.js';
import { BUILT_IN_RUNTIMES } from '../../src/runtimes/index.js';
import { withoutZipMap } from '../../src/runtimes/onnx/zip-map.js';
import { openFile } from '../../src/sources/archive/contents.js';
import { LOCK_FILE, readLock } from '../../src/sources/lock.js';
import { mutateBytes } from '../fuzz/mutate.js';
import { makeTar, makeTgz, makeZip } from '../support/archives.js';
import { createTempFolder } from '../support/model-folder.js';
import { buildOnnx, identityGraph } from '../support/onnx-builder.js';
import { Random } from '../support/random.js';

const CATALOG = createCatalog(BUILT_IN_RUNTIMES);
const PBTXT = `name: "m" # a comment
backend: "onnxruntime" max_batch_size: 8
input [ { name: "x" data_type: TYPE_FP32 dims: [ -1, 2 ] reshape { shape: [ ] } } ]
output { name: 'y', data_type: TYPE_STRING, dims: 1, label_filename: "l.txt" }
instance_group [ { count: 2 kind: KIND_CPU } ]
dynamic_batching { preferred_batch_size: [ 4, 8 ] max_queue_delay_microseconds: 100 }
parameters { key: "a" value { string_value: "\\x41\\u00e4\\n" } }
version_policy { specific { versions: [ 1, 3 ] } }`;
const YAML = `runtime: echo
maxBatchSize: 8
versions: { specific: [1, 2] }
labels: { stable: 1 }
inputs: [{ name: x, datatype: FP32, shape: [-1, 2] }]
outputs:
  - { name: y, datatype: FP32, shape: [-1, 2] } # a comment
batching: &b { enabled: true, maxQueueDelayMs: 1.5 }
`;
const MODELS_CONFIG = `model_config_list { config { name: 'm' base_path: '/m' model_platform: "tensorflow"
  model_version_policy { specific { versions: 42 } } version_labels { key: 'stable' value: 42 } } }`;
const OVERRIDE =
  '{"backend":"onnxruntime","input":[{"name":"x","data_type":"TYPE_FP32","dims":[4]}],"max_batch_size":2}';
const LOCK = JSON.stringify({
  lockVersion: 1,
  source: 'npm:a',
  version: '1',
  artefact: 'a.tgz',
  url: 'https://a.example/a.tgz',
  sizeBytes: 1,
  digest: `sha256:${'a'.repeat(64)}`,
  files: { '1/a': { from: 'a', sizeBytes: 1, sha256: 'a'.repeat(64) } },
});
const TOKEN = [{ alg: 'RS256', typ: 'at+jwt', kid: 'k' }, { iss: 'https://i', aud: ['a'], exp: 1 }, 'signature']
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .join('.');
const ENTRIES = [
  { path: 'a/1/model.onnx', content: 'one' },
  { path: 'b.txt', content: 'two '.repeat(50) },
];

const file = (name: string) => ({ name, shownAs: name });
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** Lists an archive and takes it apart. */
function extract(name: string) {
  return async (bytes: Uint8Array) => {
    await using folder = await createTempFolder({ [name]: bytes, 'out/': '' });
    const contents = await openFile(path.join(folder.path, name), name);
    await contents.extract(new Map(contents.files.map((entry, n) => [entry.path, path.join(folder.path, `out/${n}`)])));
  };
}

async function lock(bytes: Uint8Array): Promise<void> {
  await using folder = await createTempFolder({ [LOCK_FILE]: bytes });
  await readLock(folder.path);
}

const REQUESTS = `${['a', 'b', 'ä\\u00e4'].map((id) => `{"custom_id":"${id}","method":"POST","url":"/u","body":{"x":[1,{"y":"\\"}"}]}}`).join('\r\n')}\n`;

/** Checks the requests of a batch; a problem counts as a refusal. */
async function checkRequests(bytes: Uint8Array): Promise<void> {
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
  };
  const lines = readLines(chunks(), { atByte: 0, lines: 0 }, 200);
  const turns = new Turns(systemClock);
  const { signal } = new AbortController();
  const checked = await validate(lines, { endpoint: '/u', maxLineBytes: 200, maxLines: 10, turns, signal });
  if ('problems' in checked) throw new MillraceError('invalid_argument', `${checked.problems[0]?.message}`);
}

interface Parser {
  readonly name: string;
  readonly valid: string | Uint8Array;
  readonly parse: (bytes: Uint8Array) => unknown;
  readonly times: number;
  /** What it throws. Default: an error with a sentence. */
  readonly error?: abstract new (
    ...all: never[]
  ) => Error;
}

const PARSERS: readonly Parser[] = [
  {
    name: 'config.pbtxt',
    valid: PBTXT,
    parse: (bytes) => parseConfigFile(textOf(bytes), file('config.pbtxt'), CATALOG),
    times: 400,
  },
  {
    name: 'model.yaml',
    valid: YAML,
    parse: (bytes) => parseConfigFile(textOf(bytes), file('model.yaml'), CATALOG),
    times: 400,
  },
  { name: 'models.config', valid: MODELS_CONFIG, parse: (bytes) => parseModelsConfig(textOf(bytes)), times: 400 },
  {
    name: 'the configuration of a load',
    valid: OVERRIDE,
    parse: (bytes) => parseConfigOverride(textOf(bytes), CATALOG),
    times: 400,
  },
  { name: 'a batch', valid: REQUESTS, parse: checkRequests, times: 1_000, error: MillraceError },
  { name: 'a lock file', valid: LOCK, parse: lock, times: 200, error: MillraceError },
  { name: 'a token', valid: TOKEN, parse: (bytes) => decodeToken(textOf(bytes)), times: 400, error: TokenRefusal },
  { name: 'a tar archive', valid: makeTar(ENTRIES), parse: extract('a.tar'), times: 100, error: MillraceError },
  { name: 'a gzipped tar archive', valid: makeTgz(ENTRIES), parse: extract('a.tgz'), times: 100, error: MillraceError },
  { name: 'a zip archive', valid: makeZip(ENTRIES), parse: extract('a.whl'), times: 100, error: MillraceError },
  {
    name: 'an ONNX graph',
    valid: buildOnnx(identityGraph([{ name: 'x', type: 'float32', dims: ['n'] }], () => 'y')),
    parse: withoutZipMap,
    times: 400,
    // ONNX Runtime reads it as well, and says better what is wrong with it.
    error: Error,
  },
];

it.each(PARSERS)('damaged bytes of $name are read or refused in a sentence', async ({ valid, parse, times, error }) => {
  const random = new Random(1);
  const bytes = typeof valid === 'string' ? Buffer.from(valid) : valid;
  await parse(bytes);
  let refused = 0;
  for (let time = 0; time < times; time++) {
    const damaged = mutateBytes(bytes, random);
    try {
      await parse(damaged);
    } catch (thrown) {
      refused++;
      const isRefusal = error === undefined ? isSentence(thrown) : thrown instanceof error;
      expect(isRefusal, `${thrown instanceof Error ? thrown.stack : thrown} for ${textOf(damaged)}`).toBe(true);
    }
  }
  expect(refused).toBeGreaterThan(0);
});

/** Messages of V8 for a fault of the parser, which may be wrapped. */
const FAULT =
  /Cannot (?:read|set|convert|destructure)|is not (?:a function|a constructor|iterable|defined)|call stack|Invalid array/;

function isSentence(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message !== '' && !FAULT.test(thrown.message);
}
