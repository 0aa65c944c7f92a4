import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

interface Rule {
  readonly name: string;
  readonly pattern: RegExp;
  /** Folders it holds for. */
  readonly folders: readonly string[];
  /** Lines that break it. */
  readonly broken: readonly string[];
  /** Files that may break it, and why. */
  readonly exempt?: Readonly<Record<string, string>>;
}

const EVERYWHERE = ['src/', 'test/'];

const RULES: readonly Rule[] = [
  {
    name: 'no test is left out, or run alone',
    pattern:
      /\b(?:it|test|describe|suite)(?:\.\w+)*\.(?:only|skip|skipIf|runIf|todo|fails)\b|\bskip\(\)|\{ (?:skip|only): ?true\b/,
    folders: EVERYWHERE,
    broken: [
      "it.skip('works', () => {})",
      "describe.only('a', f)",
      "it.concurrent.skipIf(slow)('b', f)",
      'context.skip()',
      "it('a', { skip: true }, f)",
    ],
  },
  {
    name: 'no test is tried again',
    pattern: /\bretry: ?\d|\brepeats: ?\d/,
    folders: EVERYWHERE,
    broken: ["it('works', { retry: 3 }, f)"],
  },
  {
    name: 'no test sleeps',
    pattern: /\bsetTimeout\(|'(?:node:)?timers\/promises'|\bsystemClock\.sleep\(/,
    folders: EVERYWHERE,
    broken: [
      'setTimeout(() => controller.abort(), 50);',
      "import { setTimeout as pause } from 'node:timers/promises';",
      'await systemClock.sleep(60);',
    ],
    exempt: {
      'src/core/clock.test.ts': 'tests that sleep, with timers that Vitest replaces',
      'src/loadgen/measure.test.ts': 'puts its own in the place of the sleep of what it tests',
      'test/contract/server.pipelines.test.ts':
        "waits longer than a timer of Node's sockets, in whose place no clock can be put",
      'test/contract/runtimes.script.test.ts': 'code of a model that takes its time to close',
      'test/e2e/batch-kill.test.ts': 'code of a model that is slow',
      'test/e2e/fairness.test.ts': 'code of a model that waits for a file',
      'test/e2e/grpc-shutdown.test.ts': 'code of a model that waits for a file',
      'test/e2e/openai-batches-interrupted.test.ts': 'code of a model that is slow',
      'test/e2e/rollout-judged.test.ts': 'code of a model that is slow',
      'test/e2e/scripts.test.ts': 'code of a model that throws late',
      'test/judge/real-server.test.ts': 'code of models that take their time',
      'test/fuzz/lane.ts': 'limits how long an answer may take',
      'test/support/upgradable-server.ts': 'code of a model that takes its time',
      'test/support/until.ts': 'asks again after a pause, up to a limit',
    },
  },
  {
    name: 'no test asserts how long something takes',
    pattern:
      /(?:Ms|_ms)\)\s*\.toBe(?:Less|Greater)Than(?:OrEqual)?\(\s*[1-9]|expect\([^;]*\b(?:performance|Date)\.now\(\)[^;]*\)\s*\.toBe/,
    folders: EVERYWHERE,
    broken: [
      'expect(level.durationMs).toBeLessThan(2_000);',
      'expect(latency.maxMs).toBeGreaterThanOrEqual(39);',
      'expect(body.held_ms).toBeGreaterThan(400);',
      'expect(performance.now() - startedAt).toBeLessThan(100);',
    ],
  },
  {
    name: 'no test waits in a loop without a limit',
    pattern: /\b(?:while|for) \([^\n]*\)\s*\{?\s*await (?:new Promise\(setImmediate\)|pause\()/,
    folders: EVERYWHERE,
    broken: ['while (output.dropped < 2) await new Promise(setImmediate);', 'while (!(await gone())) await pause(20);'],
    exempt: {
      'test/support/upgradable-server.ts': 'code of a model that answers so often as it is asked to',
      'src/telemetry/logs/destination.test.ts': 'in a process that is ended after a while',
    },
  },
  {
    name: 'no test listens on a port of its choice',
    pattern: /\b(?:http|grpc|metrics|admin)Port: [1-9]|-port(?:'|",|=|,)+ ?'?[1-9]|\.listen\([1-9]/,
    folders: ['test/'],
    broken: ['server: { httpPort: 8080 }', "['--grpc-port', '8001']", "'--http-port=9000'", 'server.listen(8000)'],
  },
  {
    name: 'what is called end-to-end has nothing fake in it',
    pattern: /support\/(?:fake-(?!io)|http-server)/,
    folders: ['test/e2e/'],
    broken: ["import { createFakeService } from '../support/fake-service.js';"],
  },
];

/** The tests themselves and what they share; not the load over minutes and the foreign clients, which need the time of day. */
const TESTS = ['src', 'test']
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) =>
      path.posix.join(folder, ...name.split(path.sep)),
    ),
  )
  .filter((name) => (name.startsWith('test/') ? name.endsWith('.ts') : name.endsWith('.test.ts')))
  .filter((name) => !/^test\/(?:chaos|conformance|architecture)\//.test(name))
  .map((name) => ({ name, text: readFileSync(name, 'utf8') }));

describe.each(RULES)('$name', ({ pattern, folders, broken, exempt = {} }) => {
  const offenders = TESTS.filter(
    ({ name, text }) => folders.some((folder) => name.startsWith(folder)) && pattern.test(text),
  ).map(({ name }) => name);

  it('holds for all of them', () => {
    expect(offenders.filter((name) => exempt[name] === undefined)).toEqual([]);
  });

  it('has no exemption that is not needed', () => {
    expect(Object.keys(exempt).filter((name) => !offenders.includes(name))).toEqual([]);
  });

  it.each(broken)('sees %s', (line) => {
    expect(line).toMatch(pattern);
  });
});
