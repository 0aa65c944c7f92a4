import { type Call, type MillraceError, quoted } from '../../core/index.js';
import { formatObjectUrl, parseObjectUrl } from '../../object-store/index.js';
import type { JobInfo, JobUseCases } from '../../service/index.js';
import type { RouteRequest } from '../route.js';
import type { WireHeaders, WireResponse } from '../wire.js';
import { AwsError } from './errors.js';

const PREFIX = 'x-amzn-sagemaker-';
const SECOND_MS = 1_000;
/** SageMaker's own limits and defaults, in seconds. */
const TTL = { name: `${PREFIX}requestttlseconds`, least: 60, most: 21_600, otherwise: 21_600 } as const;
const TIMEOUT = { name: `${PREFIX}invocationtimeoutseconds`, least: 1, most: 3_600, otherwise: 900 } as const;
const MAX_ID_LENGTH = 64;
/** Headers that ask for what there is not, and what is said of it. */
const REFUSED: readonly (readonly [string, string])[] = [
  [`${PREFIX}s3outputpathextension`, 'answers are named by the server below sagemaker.asyncOutput'],
  [`${PREFIX}filename`, 'answers are named by the server, so that no caller writes over what another has asked for'],
];
/** Of the request, for the one that runs. */
const KEPT = [`${PREFIX}custom-attributes`, 'traceparent', 'tracestate'] as const;

export interface AsyncParts {
  readonly jobs: Pick<JobUseCases, 'enabled' | 'submit'>;
  /** `sagemaker.asyncOutput`: '' = none. */
  readonly output: string;
}

/**
 * Stores an invocation as a job: its request is an object that is read when it runs, or the body; its answer becomes an object below
 * `sagemaker.asyncOutput`. Answers as InvokeEndpointAsync. Neither is looked at before, so that nothing is said of whether an object exists.
 */
export async function invokeAsync(
  { jobs, output }: AsyncParts,
  call: Call,
  { model, request }: { readonly model: string; readonly request: RouteRequest },
): Promise<WireResponse> {
  const { headers, params, body } = request;
  checkSupported({ jobs, output }, headers);
  const input = inputOf(headers, body);
  const inferenceId = readInferenceId(headers);
  const stored = await jobs.submit(call, {
    model,
    dialect: 'sagemaker',
    request: {
      method: 'POST',
      url: `/endpoints/${encodeURIComponent(params.endpoint ?? '')}/invocations`,
      // Where it is an object, that has a type of its own.
      headers: headersToRun(call, headers, input === undefined ? headers['content-type'] : undefined),
    },
    body: input === undefined ? new Uint8Array(body) : new Uint8Array(),
    objects: (id) => ({
      ...(input !== undefined && { input }),
      output: `${output}${id}.out`,
      failure: `${output}${id}-error.out`,
    }),
    expiresInMs: readSeconds(headers, TTL) * SECOND_MS,
    runTimeoutMs: readSeconds(headers, TIMEOUT) * SECOND_MS,
  });
  return accepted(stored, inferenceId);
}

function accepted({ id, state, objects }: JobInfo, inferenceId: string | undefined): WireResponse {
  return {
    status: 202,
    headers: {
      'content-type': 'application/json',
      'x-amzn-sagemaker-outputlocation': objects?.output ?? '',
      'x-amzn-sagemaker-failurelocation': objects?.failure ?? '',
      location: `/millrace/v1/jobs/${id}`,
      'x-millrace-job': state,
    },
    body: JSON.stringify({ InferenceId: inferenceId ?? id }),
  };
}

function checkSupported({ jobs, output }: AsyncParts, headers: WireHeaders): void {
  if (output === '' || !jobs.enabled) {
    const [setting, what] = output === '' ? ['sagemaker.asyncOutput', 'is not set'] : ['jobs.enabled', 'is false'];
    const message = `there are no asynchronous invocations: the setting ${setting} ${what}; use InvokeEndpoint`;
    throw new AwsError('unimplemented', 'ValidationError', message);
  }
  for (const [name, reason] of REFUSED) if (headers[name] !== undefined) throw invalid(`header ${name}: ${reason}`);
}

/** The object of the request; undefined = the body is the request. */
function inputOf(headers: WireHeaders, body: Uint8Array): string | undefined {
  const name = `${PREFIX}inputlocation`;
  const location = headers[name];
  if (location === undefined) {
    if (body.byteLength > 0) return undefined;
    throw invalid(`expected the header ${name} or a body`);
  }
  if (body.byteLength > 0) throw invalid(`expected the header ${name} or a body, got both`);
  try {
    return formatObjectUrl(parseObjectUrl(String(location)));
  } catch (error) {
    throw invalid(`header ${name}: ${(error as MillraceError).message}`);
  }
}

/** As InvokeEndpoint has them. */
function headersToRun(
  { requestId }: Call,
  headers: WireHeaders,
  ownType: WireHeaders[string],
): Readonly<Record<string, string>> {
  const { [`${PREFIX}content-type`]: type = ownType, [`${PREFIX}accept`]: accept } = headers;
  const kept: Record<string, string> = { 'x-request-id': requestId };
  for (const name of KEPT) {
    const value = headers[name];
    if (typeof value === 'string') kept[name] = value;
  }
  if (typeof type === 'string') kept['content-type'] = type;
  if (typeof accept === 'string') kept.accept = accept;
  return kept;
}

function readInferenceId(headers: WireHeaders): string | undefined {
  const name = `${PREFIX}inference-id`;
  const value = headers[name];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value.length > 0 && value.length <= MAX_ID_LENGTH) return value;
  throw invalid(`header ${name}: expected 1 to ${MAX_ID_LENGTH} characters, got ${quoted(String(value))}`);
}

function readSeconds(headers: WireHeaders, { name, least, most, otherwise }: typeof TTL | typeof TIMEOUT): number {
  const value = headers[name];
  if (value === undefined) return otherwise;
  const seconds = /^\d{1,6}$/.test(String(value)) ? Number(value) : Number.NaN;
  if (seconds >= least && seconds <= most) return seconds;
  throw invalid(`header ${name}: expected ${least} to ${most} seconds, got ${quoted(String(value))}`);
}

function invalid(message: string): MillraceError {
  return new AwsError('invalid_argument', 'ValidationError', message);
}
