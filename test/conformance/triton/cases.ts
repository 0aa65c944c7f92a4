import { readFileSync } from 'node:fs';
import { inRoot } from '../harness/paths.js';

/** An answer as expected. Error texts are not compared. */
export interface Expected {
  /** 0 = no answer at all: the server died. */
  readonly status: number;
  readonly encoding?: 'gzip' | 'deflate';
  /** The outputs came as bytes behind the JSON; here they are written as elements all the same. */
  readonly binary?: true;
  /** Of infer answers all of it, of others what must be in it; `<number>` stands for any number. Missing = no body. */
  readonly answer?: unknown;
  /** Server-sent events, all of them. */
  readonly events?: readonly unknown[];
  /** The whole body in base64, where it is no valid JSON. */
  readonly raw?: string;
}

/** One exchange with Triton 2.51, and where this server answers otherwise on purpose, how and why. */
export interface TritonCase {
  readonly name: string;
  /** Port that is asked; the one for requests when missing. */
  readonly port?: 'metrics';
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly base64?: string;
  };
  readonly triton: Expected;
  readonly here?: Expected & {
    /** First column of the row of docs/protocols.md that tells of the difference. */
    readonly row: string;
  };
}

/**
 * The exchanges that do not change what is loaded; in order, since settings are changed and put back. Shared memory is
 * called `lt_…` there, and has `prefix` in the place of that here.
 */
export function readCases(prefix: string): readonly TritonCase[] {
  return readFileSync(inRoot('test/conformance/triton/cases.jsonl'), 'utf8')
    .replaceAll('/lt_', `/${prefix}`)
    .replaceAll('"lt_', `"${prefix}`)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as TritonCase);
}
