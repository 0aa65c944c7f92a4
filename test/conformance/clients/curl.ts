import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Tally } from '../harness/tally.js';

const execute = promisify(execFile);
const CURL_LIMIT_S = '20';

const SIMPLE = JSON.stringify({
  id: 'c-1',
  inputs: ['INPUT0', 'INPUT1'].map((name) => ({ name, datatype: 'INT32', shape: [1, 16], data: Array(16).fill(1) })),
});
const SUM = `"data":[${Array(16).fill(2).join()}]`;
const RAW = Buffer.from(Float32Array.of(1, 2, 3).buffer);

/** What people type: form-encoded by `-d`, files, headers, HTTP/1.0, several requests on one connection. */
export async function checkCurl(url: string, folder: string, tally: Tally): Promise<void> {
  const file = (name: string, content: string | Uint8Array) => {
    writeFileSync(path.join(folder, name), content);
    return `@${path.join(folder, name)}`;
  };
  const infer = `${url}/v2/models/simple/infer`;
  const zipped = file('simple.json.gz', gzipSync(SIMPLE));
  const large = file('large.json', largeRequest(60_000));
  const checks: readonly (readonly [name: string, args: readonly string[], expected: (answer: Buffer) => boolean])[] = [
    ['health', [`${url}/v2/health/ready`, '-w', '%{http_code}'], (answer) => answer.toString() === '200'],
    ['health as JSON', [`${url}/v2/health/ready`, '-H', 'Accept: application/json'], contains('{"ready":true}')],
    ['-d sends a form', [infer, '-d', SIMPLE], contains(SUM)],
    ['--json', [infer, '--json', SIMPLE], contains('"id":"c-1"', SUM)],
    ['HTTP/1.0', ['--http1.0', infer, '-d', SIMPLE], contains(SUM)],
    ['an upgrade to HTTP/2 is declined', ['--http2', infer, '-d', SIMPLE], contains(SUM)],
    ['chunks', [infer, '-H', 'Transfer-Encoding: chunked', '-d', SIMPLE], contains(SUM)],
    ['a body after 100 Continue', [infer, '-H', 'Expect: 100-continue', '-d', SIMPLE], contains(SUM)],
    ['a megabyte of JSON', [`${url}/v2/models/ident_nb/infer`, '--data-binary', large], contains('"shape":[60000,4]')],
    ['--compressed', ['--compressed', infer, '-d', SIMPLE], contains(SUM)],
    [
      'gzip both ways',
      [infer, '-H', 'Content-Encoding: gzip', '-H', 'Accept-Encoding: gzip', '--data-binary', zipped],
      (answer) => gunzipSync(answer).toString().includes(SUM),
    ],
    [
      'one raw tensor',
      [
        `${url}/v2/models/raw1/infer`,
        '-H',
        'Inference-Header-Content-Length: 0',
        '--data-binary',
        file('raw.bin', RAW),
      ],
      (answer) => answer.subarray(-12).equals(Buffer.from(Float32Array.of(2, 4, 6).buffer)),
    ],
    ['HEAD', ['--head', `${url}/v2/models/simple`], contains('HTTP/1.1 200 OK', 'content-length: ')],
    [
      'an unknown model',
      [`${url}/v2/models/nope/infer`, '-d', SIMPLE, '-w', ' %{http_code}'],
      contains('"error":"', ' 404'),
    ],
    ['the wrong method', ['-X', 'DELETE', infer, '-w', ' %{http_code}'], contains(' 405')],
    [
      'one connection for three requests',
      [infer, '-d', SIMPLE, '--next', infer, '-d', SIMPLE, '--next', `${url}/v2/health/live`, '-w', ' %{num_connects}'],
      contains(SUM, ' 0'),
    ],
  ];
  for (const [name, args, expected] of checks) {
    const { stdout } = await execute('curl', ['--silent', '--show-error', '--max-time', CURL_LIMIT_S, ...args], {
      encoding: 'buffer',
      maxBuffer: 1 << 26,
    });
    tally.check(expected(stdout), `curl, ${name}: ${stdout.toString().slice(0, 300)}`);
  }
}

function contains(...texts: readonly string[]): (answer: Buffer) => boolean {
  return (answer) => texts.every((text) => answer.includes(text));
}

function largeRequest(rows: number): string {
  const data = Array.from({ length: rows * 4 }, (_, index) => index / 8);
  return JSON.stringify({ inputs: [{ name: 'IN', datatype: 'FP32', shape: [rows, 4], data }] });
}
