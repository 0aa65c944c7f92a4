import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { modelInfo } from '../../../test/support/model-info.js';
import type { ModelState } from '../../core/index.js';
import type { ModelInfo, ModelStatus } from '../../engine/index.js';
import { ENSEMBLE } from '../../runtimes/ensemble/manifest.js';
import { suggestConfig } from '../suggest-config.js';
import { formatCheck, summarizeRuns, toJsonCheck } from './check.js';
import { formatReady, formatServing, reportServing, type ServingReport } from './serving.js';
import type { TableStyle } from './table.js';

const PLAIN = pc.createColors(false);

const textOf = (report: ServingReport, style: TableStyle = { colors: PLAIN }) =>
  [...formatServing(report, style)].join('');

const status = (info: ModelInfo, state: ModelState = { kind: 'ready' }): ModelStatus => ({
  name: info.ref.name,
  version: 1,
  state,
  info,
});
const gauge = (info: ModelInfo, ...pids: readonly number[]) => ({
  ref: info.ref,
  queuedRequests: 0,
  queuedBytes: 0,
  executingRequests: 0,
  activeSequences: 0,
  waitingSequences: 0,
  instances: pids.map((pid, index) => ({ id: `${info.ref.name}#${index}`, pid, up: pid > 0, restarts: 0 })),
});

describe('the report of a server', () => {
  const mlp = modelInfo('mlp');
  const OFF = { enabled: false, cause: 'configured', reason: '' } as const;
  const tiny = modelInfo('tiny', { placement: 'inline', maxBatchSize: 0, batching: OFF });
  const two = modelInfo('twice', { instances: 2, batching: OFF });
  const report = reportServing(
    [
      status(mlp),
      status(tiny, { kind: 'recovering', reason: 'died' }),
      status(two),
      { name: 'broken', version: 3, state: { kind: 'failed', reason: 'no input\nat line 2' }, info: undefined },
      { name: 'none', version: 0, state: { kind: 'failed', reason: 'no version' }, info: undefined },
      { name: 'late', version: 1, state: { kind: 'loading' }, info: undefined },
    ],
    [gauge(mlp, 10), gauge(tiny, 1), gauge(two, 20, 20, 0)],
    (pid) => pid * 1_000_000,
  );

  it('is a table, and below it what is not served and why', () => {
    expect(textOf(report)).toBe(
      [
        '',
        'MODEL   VERSION   INPUTS         OUTPUTS             BATCH   PLACEMENT       LOAD      MEMORY',
        'mlp           1   x FP32[-1,2]   y INT64[-1]       up to 8   process       120 ms     10.0 MB',
        'tiny          1   x FP32[-1,2]   y INT64[-1]          none   inline        120 ms   in server',
        'twice         1   x FP32[-1,2]   y INT64[-1]   8 a request   2 × process   120 ms     20.0 MB',
        '',
        'not served: broken version 3: no input',
        '    at line 2',
        'not served: none: no version',
        'not served: late version 1: loading',
        '',
        '3 of 6 served',
        '',
      ].join('\n'),
    );
  });

  it('names models that fail for the same reason together', () => {
    const failed = (name: string, reason: string) =>
      ({ name, version: 0, state: { kind: 'failed', reason }, info: undefined }) as const;
    const python = "config.pbtxt: backend 'python' is not available;\nport it";
    const statuses = [failed('a', `a/${python}`), failed('b', 'broken'), failed('c', `c/${python}`)];
    expect(textOf(reportServing(statuses, [], () => 0))).toBe(
      [
        '',
        "not served: 2 models: config.pbtxt: backend 'python' is not available;",
        '    port it',
        '    a, c',
        'not served: b: broken',
        '',
        '0 of 3 served',
        '',
      ].join('\n'),
    );
  });

  it.each([
    [100, []],
    [90, []],
    [80, ['LOAD']],
    [70, ['PLACEMENT', 'LOAD']],
    [30, ['OUTPUTS', 'BATCH', 'PLACEMENT', 'LOAD', 'MEMORY']],
  ])('does not wrap at %d columns, and says what it has no room for', (columns, missing) => {
    const text = textOf({ ...report, unserved: [] }, { colors: PLAIN, columns });
    const note = missing.length === 0 ? [] : [`no room for ${missing.join(', ')}; --json has all`];
    const lines = text.split('\n').slice(1, -3);
    expect(lines.slice(4)).toEqual(note);
    expect(lines.slice(0, 4).filter((line) => line.length > columns)).toEqual([]);
    for (const header of missing) expect(lines[0]).not.toContain(header);
  });

  it('is plain data for programs', () => {
    expect(JSON.parse([...formatReady(report)].join(''))).toMatchObject({
      event: 'ready',
      models: [
        { name: 'mlp', version: 1, maxBatchSize: 8, placement: 'process', memoryBytes: 10_000_000 },
        { name: 'tiny', memoryBytes: null },
        { name: 'twice', instances: 2 },
      ],
      unserved: [{ name: 'broken', version: 3, reason: 'no input\nat line 2' }, { name: 'none' }, { name: 'late' }],
    });
  });
});

const ensemble = modelInfo('ens', {
  source: {
    ...modelInfo('ens').source,
    runtime: 'ensemble',
    manifest: ENSEMBLE,
    config: {
      ensemble: {
        steps: [
          { model: 'scale', inputs: { raw: 'x' }, outputs: { scaled: 'mid' } },
          { model: 'mlp', version: 2, inputs: { x: 'mid', k: 'x' }, outputs: { y: 'y' } },
        ],
      },
    },
  },
  placement: 'inline',
  platform: 'ensemble',
  batching: { enabled: false, cause: 'configured', reason: 'configured' },
});

describe('an ensemble', () => {
  it('shows its steps in the table of what is served', () => {
    const report = reportServing([status(ensemble)], [gauge(ensemble, 1)], () => 1);
    expect(textOf(report)).toContain('8 a request   2 steps     120 ms   in server');
  });

  it('shows in a check what its steps read and write, and nothing of instances', () => {
    const served = { info: ensemble, memoryBytes: undefined };
    const model = { name: 'ens', version: 1, problem: undefined, served, notices: ['ens/config.pbtxt: one', 'two'] };
    expect(formatCheck([model], PLAIN).split('\n').slice(0, 10)).toEqual([
      'ens version 1 works',
      '  inputs     x FP32[-1,2]',
      '  outputs    y INT64[-1]',
      '  platform   ensemble',
      '  steps      scale: raw = x → scaled = mid',
      '             mlp version 2: x = mid, k = x → y = y',
      '  placement  in the server itself, which waits there for the models of the steps',
      '  loaded     in 120 ms',
      '  notices    ens/config.pbtxt: one',
      '             two',
    ]);
    expect(toJsonCheck(model)).toMatchObject({
      notices: ['ens/config.pbtxt: one', 'two'],
      steps: [{ model: 'scale' }, { model: 'mlp', version: 2 }],
    });
    const text = suggestConfig(ensemble, 1);
    expect(Object.keys(parse(text))).toEqual(['runtime', 'maxBatchSize', 'inputs', 'outputs', 'ensemble']);
    expect(parse(text).ensemble).toEqual(ensemble.source.config.ensemble);
  });
});

describe('suggestConfig', () => {
  it('is YAML with what was found out, the reasons beside it', () => {
    const text = suggestConfig(modelInfo('mlp'), 0.1);
    expect(text).toContain('  enabled: true # measured: it pays\n');
    expect(text).toContain(
      '  placement: process # inline would be faster for a model this small; see docs for its limits\n',
    );
    expect(parse(text)).toEqual({
      runtime: 'onnx',
      maxBatchSize: 8,
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [{ name: 'y', datatype: 'INT64', shape: [-1] }],
      batching: { enabled: true },
      instances: { count: 1, placement: 'process' },
    });
  });

  it('keeps what only a person can have said', () => {
    const info = modelInfo('mlp', { maxBatchSize: 0 });
    const inputs = [{ name: 'x', image: { layout: 'NHWC' as const, mean: [1, 2] } }];
    const source = { ...info.source, config: { inputs, outputs: [{ name: 'y', labels: 'labels.txt' }] } };
    const text = suggestConfig({ ...info, source }, undefined);
    expect(text).toContain('mean: [1, 2]');
    expect(parse(text)).toMatchObject({ inputs: [{ image: { layout: 'NHWC' } }], outputs: [{ labels: 'labels.txt' }] });
    expect(parse(text)).not.toHaveProperty('batching');
    expect(text).not.toContain('inline');
  });
});

describe('the report of a check', () => {
  const served = { info: modelInfo('mlp'), memoryBytes: 10_000_000 };
  const runs = summarizeRuns([3, 1, 2, 10]);

  it('tells models that work from models that do not', () => {
    const models = [
      { name: 'broken', version: 0, problem: 'no version' },
      { name: 'mlp', version: 1, problem: undefined, served, runs },
    ];
    const lines = formatCheck(models, PLAIN).split('\n');
    expect(lines.slice(0, 9)).toEqual([
      'broken fails: no version',
      '',
      'mlp version 1 works',
      '  inputs     x FP32[-1,2]',
      '  outputs    y INT64[-1]',
      '  platform   onnxruntime_onnx',
      '  placement  a process of its own',
      '  loaded     in 120 ms, 10.0 MB',
      '  one run    2.00 ms (median of 4, 1.00 ms to 10.0 ms)',
    ]);
    expect(lines.slice(-2)).toEqual(['1 of 2 models are fine', '']);
    expect(models.map(toJsonCheck)).toMatchObject([
      { name: 'broken', ok: false, problem: 'no version' },
      {
        name: 'mlp',
        ok: true,
        runs: { p50Ms: 2 },
        memoryBytes: 10_000_000,
        modelYaml: expect.stringContaining('runtime'),
      },
    ]);
  });

  it('says what inline gives up, and why a model was not run', () => {
    const inline = { info: modelInfo('mlp', { placement: 'inline' }), memoryBytes: undefined };
    const model = { name: 'mlp', version: 1, problem: undefined, notRun: 'say --shape x=…', served: inline };
    const text = formatCheck([model], PLAIN);
    expect(text).toContain('mlp version 1 loads; not run: say --shape x=…\n');
    expect(text).toContain('inline: in the server itself. Nothing stops it when it hangs, its memory has no limit,\n');
    expect(text).toContain('\n1 of 1 model is fine\n');
  });
});

it('says in a check of a model that it gives several answers, and that it keeps sequences', () => {
  const served = { info: modelInfo('writer', { decoupled: true, sequences: true }), memoryBytes: undefined };
  const model = { name: 'writer', version: 1, problem: undefined, served };
  const text = formatCheck([model], PLAIN);
  expect(text).toContain('  answers    any number for a request, through generate_stream and gRPC streams\n');
  expect(text).toContain('  requests   in sequences: each needs a sequence_id, the first one sequence_start\n');
  expect(toJsonCheck(model)).toMatchObject({ decoupled: true, sequences: true });
});
