import { describe, expect, it } from 'vitest';
import { loadSettings } from './load.js';
import type { PartialSettings } from './schema.js';

function problemOf(settings: PartialSettings): string {
  try {
    loadSettings({ file: 'millrace.yaml', env: {}, flags: {}, cwd: '/', text: JSON.stringify(settings) });
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const rule = (principal: string, ...prefixes: readonly string[]) => ({ allow: [{ principal, prefixes }] });

describe('settings that name objects', () => {
  it.each<[PartialSettings, string]>([
    [{ jobs: { inputs: rule('*', 's3://data/in/', 's3://data', 'https://data.example/', 'https://h:8443/in') } }, ''],
    [
      { jobs: { inputs: rule('*', 'https://data.example') } },
      "jobs.inputs.allow[0].prefixes[0]: 'https://data.example' is not an https: prefix: its normal form is 'https://data.example/'",
    ],
    [
      { jobs: { inputs: rule('*', 'http://data.example/') } },
      "jobs.inputs.allow[0].prefixes[0]: 'http://data.example/' is not the URL of an object: expected s3://<bucket>/<key>",
    ],
    [
      {
        jobs: { outputs: rule('key:ci', 's3://data/out') },
        sagemaker: { enabled: true, asyncOutput: 's3://data/out/sagemaker/' },
      },
      '',
    ],
    [
      { jobs: { inputs: rule('ci', 's3://data/in/') } },
      "jobs.inputs.allow[0].principal: expected key:<name>, oidc:<issuer>/<subject>, cert:<name>, app:<name>, anonymous or *, got 'ci'",
    ],
    [
      { jobs: { outputs: rule('*', 's3://data/', 'https://data/') } },
      "jobs.outputs.allow[0].prefixes[1]: 'https://data/' is not the URL of an object: expected s3://<bucket>/<key>",
    ],
    [
      { jobs: { inputs: rule('*', 's3://data/../x/') } },
      "jobs.inputs.allow[0].prefixes[0]: 's3://data/../x/' is not the URL of an object: the key has a segment '.' or '..'",
    ],
    [
      { jobs: { outputs: rule('*', 's3://data/') }, sagemaker: { asyncOutput: 's3://data/out' } },
      "sagemaker.asyncOutput: expected a slash at the end, got 's3://data/out'",
    ],
    [
      { sagemaker: { asyncOutput: 'out/' } },
      "sagemaker.asyncOutput: 'out/' is not the URL of an object: expected s3://<bucket>/<key>",
    ],
    [
      { jobs: { outputs: rule('*', 's3://data/o/') }, sagemaker: { asyncOutput: 's3://data/out/' } },
      "sagemaker.asyncOutput: 's3://data/out/' is below no prefix of jobs.outputs.allow, so that every invocation would be refused",
    ],
    [{ objectStore: { endpoint: 'minio:9000' } }, 'objectStore.endpoint'],
  ])('%j: %s', (settings, problem) => {
    const found = problemOf(settings);
    if (problem === '') expect(found).toBe('');
    else expect(found).toContain(problem);
  });
});
