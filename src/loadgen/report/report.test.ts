import { describe, expect, it } from 'vitest';
import type { LevelReport, LoadReport } from '../report.js';
import { formatCsv } from './csv.js';
import { formatHtml } from './html.js';
import { niceStep, plotSvg } from './plot.js';
import { formatMs, formatText } from './text.js';

const LATENCY = {
  count: 1000,
  meanMs: 1.25,
  standardDeviationMs: 0.5,
  minMs: 0.1,
  p50Ms: 1,
  p90Ms: 2,
  p95Ms: 3,
  p99Ms: 12.34,
  p999Ms: 123.4,
  maxMs: 1234,
};

function level(overrides: Partial<LevelReport> = {}): LevelReport {
  return {
    level: { kind: 'concurrency', concurrency: 32 },
    stable: true,
    windows: [],
    durationMs: 3_000,
    completed: 3_000,
    requestsPerSecond: 1_000,
    rowsPerSecond: 1_000,
    latency: LATENCY,
    sendDelay: undefined,
    distribution: [
      { percentile: 50, latencyMs: 1 },
      { percentile: 100, latencyMs: 1234 },
    ],
    outcomes: { 200: 3_000 },
    failed: 0,
    bytesSentPerSecond: 1,
    bytesReceivedPerSecond: 1,
    server: undefined,
    generatorCores: 0.5,
    ...overrides,
  };
}

function report(...levels: readonly LevelReport[]): LoadReport {
  return {
    url: 'http://127.0.0.1:8000',
    path: '/v2/models/<m>/infer',
    startedAt: '2026-01-02T03:04:05.000Z',
    measurement: { kind: 'duration', durationMs: 3_000 },
    rowsPerRequest: 1,
    requestBytes: 200,
    machine: { cpu: 'a CPU', cores: 2, platform: 'linux x64', node: 'v20.19.0' },
    levels,
  };
}

const POISSON = level({
  level: { kind: 'rate', requestsPerSecond: 2_000, arrivals: 'poisson' },
  stable: false,
  outcomes: { 200: 2_900, 503: 80, timeout: 20 },
  failed: 100,
  sendDelay: LATENCY,
  generatorCores: 1,
  server: { processes: 2, cpuMs: 60, cpuUsPerRequest: 20, cores: 0.02, memoryBytes: 104_857_600, memoryKind: 'pss' },
});

describe('the text report', () => {
  it('is a table', () => {
    expect(formatText(report(level()))).toBe(
      [
        'load        req/s  mean ms   p50   p90   p99  p99.9   max  failed',
        '32 clients   1000     1.25  1.00  2.00  12.3    123  1234       0',
      ].join('\n'),
    );
  });

  it('says what to be wary of', () => {
    const lines = formatText(report(level(), POISSON)).split('\n');
    expect(lines[2]).toContain('20.0        100');
    expect(lines.slice(3)).toEqual([
      '2000/s poisson: 100 failed (503: 80, timeout: 20)',
      '2000/s poisson: did not settle in 0 windows; treat with care',
      '2000/s poisson: the generator was busy all the time and may be the limit',
      '2000/s poisson: only 1000/s were answered; latency grows with the backlog',
    ]);
  });
});

describe('a latency', () => {
  it.each([
    [0.99949, '0.999'],
    [0.9996, '1.00'],
    [9.994, '9.99'],
    [9.996, '10.0'],
    [99.94, '99.9'],
    [99.96, '100'],
    [1234.4, '1234'],
  ])('has three significant digits: %d', (ms, text) => expect(formatMs(ms)).toBe(text));
});

describe('the CSV report', () => {
  it('has a header and a line a level', () => {
    const [header, first, second, end] = formatCsv(report(level(), POISSON)).split('\r\n');
    expect(header).toMatch(/^kind,concurrency,target_requests_per_second,arrivals,stable,/);
    expect(first).toBe('concurrency,32,,,true,3000,3000,0,1000,1000,1.25,1,2,3,12.34,123.4,1234,,200:3000,,,,0.5');
    expect(second).toBe(
      'rate,,2000,poisson,false,3000,3000,100,1000,1000,1.25,1,2,3,12.34,123.4,1234,12.34,200:2900 503:80 timeout:20,20,0.02,104857600,1',
    );
    expect(end).toBe('');
  });

  it('quotes what holds a comma or a quote', () => {
    expect(formatCsv(report(level({ outcomes: { 'a, "b"': 1 } })))).toContain(',"a, ""b"":1",');
  });
});

describe('the HTML report', () => {
  it('stands alone and escapes what it shows', () => {
    const html = formatHtml(report(level(), POISSON));
    expect(html).not.toMatch(/src=|href=|@import|<script/);
    expect(html).toContain('<title>Load on http://127.0.0.1:8000/v2/models/&lt;m&gt;/infer</title>');
    expect(html.match(/<svg /g)).toHaveLength(3);
  });

  it('has all that it shows in one main landmark, under one heading', () => {
    const html = formatHtml(report(level()));
    const [, main] = /<body>\n<main>\n(.*)\n<\/main>\n<\/body>/s.exec(html) ?? [];
    expect(main).toMatch(/^<h1>/);
    expect(html.match(/<h1>|<main>/g)).toHaveLength(2);
    expect(main).toContain('<th scope="col">p99.9</th>');
  });

  it('leaves out the plots over levels when there is only one', () => {
    expect(formatHtml(report(level())).match(/<svg /g)).toHaveLength(1);
  });
});

describe('plotSvg', () => {
  it('draws a line through its points, the y axis starting at 0', () => {
    const svg = plotSvg({
      title: 'T',
      xLabel: 'x',
      yLabel: 'y',
      xTicks: [{ x: 0, label: 'zero' }],
      series: [
        {
          name: 's',
          points: [
            { x: 0, y: 0 },
            { x: 10, y: 50 },
          ],
        },
      ],
    });
    expect(svg).toContain('<polyline points="70.0,272.0 680.0,48.0"');
    expect(svg).toContain('>zero</text>');
  });

  it('survives having nothing to draw', () => {
    expect(plotSvg({ title: 'T', xLabel: 'x', yLabel: 'y', xTicks: [], series: [] })).not.toMatch(/NaN|Infinity/);
  });
});

describe('niceStep', () => {
  it.each([
    [0, 1],
    [0.03, 0.05],
    [1, 1],
    [11, 20],
    [700, 1000],
  ])('of %d is %d', (value, step) => {
    expect(niceStep(value)).toBe(step);
  });
});
