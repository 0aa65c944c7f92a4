import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { systemClock } from '../../../src/core/index.js';
import {
  type ObjectLocation,
  type ObjectStore,
  type ObjectStoreOptions,
  ObjectStoreOptionsSchema,
  openObjectStore,
} from '../../../src/object-store/index.js';
import { type ConformanceStore, READER, startObjectStore, WRITER } from '../harness/object-store.js';
import { emptyFolder } from '../harness/paths.js';
import { Tally } from '../harness/tally.js';
import { checkBatchEnds } from './batches.js';

const SUITE = 'object-store';
const BUCKET = 'conformance';
const MIB = 1_048_576;
const SCRIPT_LIMIT_MS = 120_000;
/** Keys that clients encode in different ways. */
const ODD_KEYS = [
  'plain.json',
  'folder/with space/a+b=c&d.txt',
  "quotes'(and)*stars!~.txt",
  'percent%41.txt',
  'grüße/日本語/🎬.bin',
  'question?mark#hash;semi,colon:at@dollar$.txt',
];

interface Checked {
  readonly tally: Tally;
  readonly store: ConformanceStore;
  readonly objects: ObjectStore;
  readonly boto: (action: string, key?: string, file?: string) => Promise<Record<string, unknown>>;
  readonly folder: string;
}

/** The client of object stores, and boto3, read what the other has written; a batch reads and writes objects. */
export async function run(): Promise<number> {
  const tally = new Tally();
  const folder = emptyFolder(SUITE);
  const store = await startObjectStore(folder, `${SUITE}/requirements.txt`);
  const objects = openStore(store.env);
  const boto = async (action: string, key = '', file = '') => {
    const args = [store.url, WRITER.accessKey, WRITER.secretKey, action, BUCKET, key, file];
    const { ok, output } = await store.python.run(`${SUITE}/boto3_objects.py`, args, SCRIPT_LIMIT_MS);
    if (!ok) throw new Error(`boto3 ${action} ${key}: ${output}`);
    return JSON.parse(output) as Record<string, unknown>;
  };
  const checked = { tally, store, objects, boto, folder };
  try {
    await boto('create');
    await checkOddKeys(checked);
    await checkLarge(checked);
    await checkLists(checked);
    await checkRefusals(checked);
    await checkBatchEnds({ ...checked, bucket: BUCKET, read: (key) => read(objects, key) });
  } finally {
    objects.close();
    await store.stop();
  }
  return tally.close();
}

function openStore(env: Readonly<Record<string, string>>, options: Partial<ObjectStoreOptions> = {}): ObjectStore {
  const environment = { env, home: '/nowhere', readFile: async () => undefined };
  const defaults = Value.Default(ObjectStoreOptionsSchema, {}) as ObjectStoreOptions;
  return openObjectStore({ options: { ...defaults, ...options }, environment, clock: systemClock });
}

const at = (key: string): ObjectLocation => ({ bucket: BUCKET, key });
const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function read(objects: ObjectStore, key: string, range = {}): Promise<Buffer> {
  const reading = await objects.get(at(key), range);
  return Buffer.concat(await all(reading.body));
}

async function checkOddKeys({ tally, objects, boto, folder }: Checked): Promise<void> {
  for (const [index, key] of ODD_KEYS.entries()) {
    const ours = Buffer.from(`ours ${index} ${key}`);
    await objects.put(at(key), ours, { contentType: 'application/json' });
    const seen = await boto('get', key);
    tally.check(seen.sha256 === digestOf(ours), `boto3 reads something else at '${key}'`);
    const checksum = createHash('sha256').update(ours).digest('base64');
    tally.check(seen.checksum === checksum, `the store keeps the checksum ${String(seen.checksum)} of '${key}'`);
    tally.check(seen.type === 'application/json', `the content type of '${key}' is ${String(seen.type)}`);
    const theirs = Buffer.from(`theirs ${index}`);
    const file = path.join(folder, 'theirs');
    writeFileSync(file, theirs);
    await boto('put', key, file);
    tally.check((await read(objects, key)).equals(theirs), `what boto3 wrote to '${key}' is read otherwise`);
    const info = await objects.head(at(key));
    tally.check(info.sizeBytes === theirs.byteLength, `'${key}' has ${info.sizeBytes} bytes`);
    tally.check(info.contentType === 'text/x-test', `'${key}' has the type ${String(info.contentType)}`);
    await objects.delete(at(key));
    await objects.delete(at(key));
    const error = await objects.head(at(key)).catch((thrown: unknown) => thrown);
    tally.check((error as { code?: string }).code === 'not_found', `'${key}' is there after its removal`);
  }
}

async function checkLarge({ tally, objects, boto, folder }: Checked): Promise<void> {
  const bytes = randomBytes(21 * MIB + 7);
  async function* pieces() {
    for (let start = 0; start < bytes.byteLength; start += 300_001) yield bytes.subarray(start, start + 300_001);
  }
  await objects.upload(at('large.bin'), pieces(), { contentType: 'application/x-large' });
  const seen = await boto('get', 'large.bin');
  tally.check(seen.sha256 === digestOf(bytes), 'boto3 reads other bytes of an upload in parts');
  tally.check(seen.type === 'application/x-large', `an upload in parts has the type ${String(seen.type)}`);
  tally.check(/-3"$/.test(String(seen.etag)), `an upload of three parts has the ETag ${String(seen.etag)}`);
  tally.check((await read(objects, 'large.bin')).equals(bytes), 'an upload in parts is read otherwise');
  const range = await read(objects, 'large.bin', { start: 8 * MIB - 3, end: 8 * MIB + 5 });
  tally.check(range.equals(bytes.subarray(8 * MIB - 3, 8 * MIB + 5)), 'a range across two parts is read otherwise');
  const rest = await read(objects, 'large.bin', { start: 21 * MIB });
  tally.check(rest.equals(bytes.subarray(21 * MIB)), 'a range to the end is read otherwise');
  const exact = bytes.subarray(0, 16 * MIB);
  await objects.upload(at('exact.bin'), [exact]);
  tally.check((await read(objects, 'exact.bin')).equals(exact), 'an upload of exactly two parts is read otherwise');
  await objects.upload(at('small.bin'), [bytes.subarray(0, 10)]);
  tally.check((await read(objects, 'small.bin')).byteLength === 10, 'a short upload is read otherwise');
  await objects.upload(at('empty.bin'), []);
  tally.check((await read(objects, 'empty.bin')).byteLength === 0, 'an empty upload is read otherwise');
  const file = path.join(folder, 'large');
  writeFileSync(file, bytes);
  await boto('upload', 'theirs.bin', file);
  tally.check((await read(objects, 'theirs.bin')).equals(bytes), "boto3's upload in parts is read otherwise");
  async function* breaking() {
    yield bytes.subarray(0, 9 * MIB);
    throw new Error('the source broke');
  }
  const error = await objects.upload(at('broken.bin'), breaking()).catch((thrown: Error) => thrown.message);
  tally.check(error === 'the source broke', `an upload whose source breaks ends with ${String(error)}`);
  const { uploads } = await boto('uploads');
  tally.check(JSON.stringify(uploads) === '[]', `uploads are left: ${JSON.stringify(uploads)}`);
  const missing = await objects.head(at('broken.bin')).catch((thrown: { code: string }) => thrown.code);
  tally.check(missing === 'not_found', 'an upload that broke has left an object');
}

async function checkLists({ tally, objects }: Checked): Promise<void> {
  const keys = [
    'list/a b.txt',
    'list/é&<>.txt',
    'list/sub/1.txt',
    'list/sub/2.txt',
    'list/sub+plus/3.txt',
    'lists/no.txt',
  ];
  for (const key of keys) await objects.put(at(key), Buffer.from(key));
  const pages = await all(objects.list(at('list/'), { pageSize: 2 }));
  const found = pages.flatMap((page) => page.objects);
  tally.check(pages.length >= 3, `five keys by two are ${pages.length} pages`);
  const expected = keys.slice(0, -1).sort().join();
  tally.check(
    found
      .map(({ key }) => key)
      .sort()
      .join() === expected,
    `listed: ${found.map(({ key }) => key).join()}`,
  );
  tally.check(
    found.every(({ key, sizeBytes }) => sizeBytes === Buffer.byteLength(key)),
    'the sizes of a list are other ones',
  );
  const [folders] = await all(objects.list(at('list/'), { delimiter: '/' }));
  tally.check(
    folders?.prefixes.toSorted().join() === 'list/sub+plus/,list/sub/',
    `prefixes: ${folders?.prefixes.join()}`,
  );
  tally.check(folders?.objects.length === 2, `objects up to the delimiter: ${folders?.objects.length}`);
  const none = await all(objects.list(at('nothing/')));
  tally.check(none.flatMap((page) => page.objects).length === 0, 'a prefix without keys lists some');
}

async function checkRefusals({ tally, store, objects }: Checked): Promise<void> {
  const { env } = store;
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'nothing',
      (error: { code: string }) => error.code,
    );
  const reader = openStore({ ...env, AWS_ACCESS_KEY_ID: READER.accessKey, AWS_SECRET_ACCESS_KEY: READER.secretKey });
  tally.check((await codeOf(reader.head(at('small.bin')))) === 'nothing', 'a reader may not read');
  const denied = await reader.put(at('x'), Buffer.from('x')).catch((error: Error) => error.message);
  tally.check(
    /^s3:\/\/conformance\/x: the store denies this server access \(AccessDenied/.test(String(denied)),
    String(denied),
  );
  reader.close();
  const wrong = openStore({ ...env, AWS_SECRET_ACCESS_KEY: 'another-secret-0123456789' });
  const unsigned = await wrong.put(at('x'), Buffer.from('x')).catch((error: Error) => error.message);
  tally.check(/denies this server access \(SignatureDoesNotMatch/.test(String(unsigned)), String(unsigned));
  tally.check(!String(unsigned).includes('another-secret'), `an error has the secret: ${String(unsigned)}`);
  wrong.close();
  const noBucket = await objects.get({ bucket: 'missing-bucket', key: 'x' }).catch((error: Error) => error.message);
  tally.check(/there is no such (bucket|object)/.test(String(noBucket)), String(noBucket));
  tally.check((await codeOf(objects.get(at('missing')))) === 'not_found', 'a missing object is something else');
  const beyond = await codeOf(objects.get(at('small.bin'), { start: 11 }));
  tally.check(beyond === 'invalid_argument', `a range behind the end is ${beyond}`);
}
