import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { formatCurl } from './curl.js';

const URL = 'http://127.0.0.1:8000/v2/models/echo/infer';

it('is a line that can be read', () => {
  const headers = { 'content-type': 'application/json' };
  expect(
    formatCurl({ url: URL, headers, body: { file: 'body.bin' }, streams: false, keyVariable: 'MILLRACE_KEY' }),
  ).toBe(
    `curl -s ${URL} -H 'content-type: application/json' -H "Authorization: Bearer $MILLRACE_KEY" --data-binary @body.bin`,
  );
});

it('survives the shell whatever the body holds', () => {
  const text = `{"data":["it's","$HOME","\\"\`ls\`"]}`;
  const line = formatCurl({ url: URL, headers: {}, body: { text }, streams: false, keyVariable: undefined });
  const echoed = execFileSync('sh', ['-c', line.replace('curl', 'printf "%s\\n"')], { encoding: 'utf8' });
  expect(echoed.trimEnd().split('\n')).toEqual(['-s', URL, '-d', text]);
});
