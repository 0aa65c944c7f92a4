import { excerpt, invalidArgument, MillraceError } from '../../core/index.js';

/** A model that is to be loaded from where it lies. */
export interface Registration {
  readonly url: string;
  readonly modelName: string;
}

type Value = string | number | boolean;

/** What cannot be said with a registration, and where it is said instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  handler: 'models have no Python handlers here',
  runtime: 'the runtime follows from the files of the model',
  batch_size: 'batches are up to `maxBatchSize` and `batching` in model.yaml',
  max_batch_delay: 'the delay is `batching.maxQueueDelayMs` in model.yaml',
  response_timeout: 'the limit is `limits.executionTimeoutMs` in model.yaml',
  startup_timeout: 'the limit is `limits.loadTimeoutMs` in model.yaml',
};

/**
 * TorchServe's parameters of `POST /models`, whether they came in the query, as JSON or over gRPC. The name is the end of the URL where
 * none is given. Throws `invalid_argument` for missing, unknown and malformed ones, and `unimplemented` for those that would do nothing.
 */
export function decodeRegistration(parameters: Readonly<Record<string, Value>>): Registration {
  let url = '';
  let modelName = '';
  for (const [name, value] of Object.entries(parameters)) {
    switch (name) {
      case 'url':
        url = readText(name, value);
        break;
      case 'model_name':
        modelName = readText(name, value);
        break;
      case 'initial_workers':
        if (Number(value) !== 1)
          throw refused(name, value, 'the number of instances is `instances.count` in model.yaml');
        break;
      case 'synchronous':
        // Loads are waited for, in either case.
        readBoolean(name, value);
        break;
      case 's3_sse_kms':
        if (readBoolean(name, value)) throw refused(name, value, 'models are loaded from the repositories only');
        break;
      default: {
        const reason = Object.hasOwn(ELSEWHERE, name) ? ELSEWHERE[name] : undefined;
        if (reason === undefined) throw invalidArgument(`parameter '${excerpt(name)}' is unknown`);
        throw refused(name, value, reason);
      }
    }
  }
  if (url === '') throw invalidArgument('Parameter url is required.');
  return { url, modelName: modelName === '' ? nameOf(url) : modelName };
}

function readText(name: string, value: Value): string {
  if (typeof value === 'string') return value;
  throw invalidArgument(`parameter '${name}': expected a text, got ${value}`);
}

/** Throws `invalid_argument` for anything but `true` and `false`, in any case. */
export function readBoolean(name: string, value: Value): boolean {
  const text = String(value);
  const lower = text.toLowerCase();
  if (lower === 'true' || lower === 'false') return lower === 'true';
  throw invalidArgument(`parameter '${name}': expected true or false, got '${excerpt(text)}'`);
}

function nameOf(url: string): string {
  return (url.split(/[?#]/, 1)[0] ?? '').replace(/\/+$/, '').replace(/^.*\//s, '');
}

function refused(name: string, value: Value, reason: string): MillraceError {
  return new MillraceError('unimplemented', `parameter '${name}' cannot be ${excerpt(String(value))}: ${reason}`);
}
