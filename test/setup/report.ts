import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, TestCase, TestModule, TestSpecification, TestSuite, Vitest } from 'vitest/node';

const LOG = 'coverage/tests.log';
/** Where the output is no terminal, a line after so many files. */
const FILES_PER_LINE = 25;
const MAX_FAILURES = 20;
const MAX_LINES_PER_FAILURE = 40;
const CLEAR_LINE = '\r\u001b[2K';

type Failed = TestCase | TestSuite | TestModule;
type Errors = readonly ReturnType<TestModule['errors']>[number][];

/**
 * Says how far the tests are while they run (in one line on a terminal, now and then elsewhere), and of what fails names,
 * messages and differences, as soon as its file is done. All of it, with what the tests printed, is in `coverage/tests.log`.
 */
export default class Report implements Reporter {
  readonly #startedAt = performance.now();
  #log = LOG;
  #failures = 0;
  #files = 0;
  #filesDone = 0;
  #passed = 0;
  #failed = 0;

  onInit(vitest: Vitest): void {
    this.#log = path.join(vitest.config.root, LOG);
    mkdirSync(path.dirname(this.#log), { recursive: true });
    writeFileSync(this.#log, '');
  }

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    this.#files = specifications.length;
  }

  onUserConsoleLog(log: { readonly content: string }): void {
    this.#write(log.content.trimEnd());
  }

  onTestCaseResult(test: TestCase): void {
    const { state } = test.result();
    // One that was skipped proves nothing.
    if (state === 'passed') this.#passed++;
    else this.#failed++;
    const duration = Math.round(test.diagnostic()?.duration ?? 0);
    this.#write(`${state} ${test.module.relativeModuleId} > ${test.fullName} (${duration} ms)`);
  }

  onTestModuleEnd(module: TestModule): void {
    this.#filesDone++;
    for (const failed of failuresOf(module)) this.#fail(nameOf(failed), errorsOf(failed));
    const seconds = Math.round((performance.now() - this.#startedAt) / 1_000);
    const failed = this.#failed === 0 ? '' : `, ${this.#failed} failed`;
    const text = `       ${this.#filesDone} of ${this.#files} files, ${this.#passed} tests passed${failed} (${seconds} s)`;
    const done = this.#filesDone === this.#files;
    if (process.stdout.isTTY) process.stdout.write(`${CLEAR_LINE}${done ? '' : text}`);
    else if (this.#filesDone % FILES_PER_LINE === 0 && !done) console.log(text);
  }

  onTestRunEnd(_modules: readonly TestModule[], unhandled: Errors): void {
    for (const error of unhandled) this.#fail('outside of any test', [error]);
    if (this.#failures === 0) return;
    if (this.#failures > MAX_FAILURES) console.log(`… and ${this.#failures - MAX_FAILURES} more`);
    console.log(`all of it: ${path.relative(process.cwd(), this.#log)}`);
  }

  #fail(name: string, errors: Errors): void {
    const failure = describeFailure(name, errors);
    this.#write(failure);
    if (++this.#failures > MAX_FAILURES) return;
    if (process.stdout.isTTY) process.stdout.write(CLEAR_LINE);
    console.log(`${shorten(failure)}\n`);
  }

  #write(text: string): void {
    appendFileSync(this.#log, `${text}\n`);
  }
}

/** Tests that did not pass, and what failed around them: hooks, and files that could not be loaded. */
function failuresOf(module: TestModule): readonly Failed[] {
  const around = [module, ...module.children.allSuites()].filter((each) => each.errors().length > 0);
  const tests = [...module.children.allTests()].filter((test) => test.result().state !== 'passed');
  // Tests behind a hook that failed are skipped; the hook says it all.
  return around.length > 0 ? [...around, ...tests.filter((test) => test.result().state === 'failed')] : tests;
}

function nameOf(failed: Failed): string {
  if (failed.type === 'module') return failed.relativeModuleId;
  return `${failed.module.relativeModuleId} > ${failed.fullName}`;
}

function errorsOf(failed: Failed): Errors {
  if (failed.type !== 'test') return failed.errors();
  return failed.result().errors ?? [{ message: 'was skipped', stacks: [] }];
}

function describeFailure(name: string, errors: Errors): string {
  const details = errors.map((error) => {
    const { message, diff, stacks = [] } = error as typeof error & { readonly diff?: string };
    const places = stacks
      .slice(0, 3)
      .map(({ file, line, column }) => `at ${path.relative('', file)}:${line}:${column}`);
    return [message, ...(diff === undefined ? [] : [stripVTControlCharacters(diff)]), ...places].join('\n');
  });
  return `FAILED ${name}\n${details.join('\n').replace(/^/gm, '  ')}`;
}

function shorten(failure: string): string {
  const lines = failure.split('\n');
  if (lines.length <= MAX_LINES_PER_FAILURE) return failure;
  return [...lines.slice(0, MAX_LINES_PER_FAILURE), `  … ${lines.length - MAX_LINES_PER_FAILURE} more lines`].join(
    '\n',
  );
}
