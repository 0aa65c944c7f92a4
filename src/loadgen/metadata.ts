import { isDatatype, MillraceError, type TensorSpec } from '../core/index.js';

export interface MetadataSource {
  /** `http://host:port` of a server that speaks the Open Inference Protocol v2. */
  readonly url: string;
  readonly model: string;
  readonly version?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Default: Node's own. */
  readonly fetch?: typeof globalThis.fetch;
}

/** A model's inputs as its server describes them. Throws `unavailable`, or `not_found` and others with the server's words. */
export async function fetchInputs(source: MetadataSource): Promise<TensorSpec[]> {
  const version = source.version === undefined ? '' : `/versions/${encodeURIComponent(source.version)}`;
  const url = new URL(`/v2/models/${encodeURIComponent(source.model)}${version}`, source.url).href;
  const answer = await (source.fetch ?? fetch)(url, {
    headers: { ...source.headers },
    signal: AbortSignal.timeout(source.timeoutMs ?? 10_000),
  }).catch((cause: unknown) => {
    throw new MillraceError('unavailable', `${source.url} does not answer`, { cause });
  });
  const text = await answer.text();
  if (!answer.ok) {
    const code = answer.status === 404 ? 'not_found' : 'failed_precondition';
    throw new MillraceError(code, `${url}: ${answer.status} ${text.slice(0, 300)}`);
  }
  return parseInputs(text, url);
}

function parseInputs(text: string, url: string): TensorSpec[] {
  const inputs = field(parse(text), 'inputs');
  if (!Array.isArray(inputs)) throw malformed(url);
  return inputs.map((input: unknown) => {
    const name = field(input, 'name');
    const datatype = field(input, 'datatype');
    const shape = field(input, 'shape');
    if (typeof name !== 'string' || typeof datatype !== 'string' || !isDatatype(datatype) || !Array.isArray(shape)) {
      throw malformed(url);
    }
    return { name, datatype, shape: shape.map(Number), batchAxis: null, optional: false };
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function malformed(url: string): MillraceError {
  return new MillraceError(
    'failed_precondition',
    `${url}: expected model metadata with inputs[].{name,datatype,shape}`,
  );
}
