import type { DialectContext } from '../dialect.js';
import type { BodyHandlers } from '../shared/invocations/body-handlers.js';
import { createInvoker, type Invoker } from '../shared/invocations/invoke.js';
import type { WireHeaders, WireResponse, WireStream } from '../wire.js';
import { AwsError } from './errors.js';

const ATTRIBUTES_HEADER = 'x-amzn-sagemaker-custom-attributes';
const MAX_ATTRIBUTES_LENGTH = 1_024;
/** Headers that ask for what there is not, and what is said of it. */
const REFUSED_HEADERS: readonly (readonly [string, string])[] = [
  ['x-amzn-sagemaker-session-id', 'there are no stateful sessions: use the sequences of the Open Inference Protocol'],
  ['x-amzn-sagemaker-enable-explanations', 'there are no explanations'],
  ['x-amzn-sagemaker-target-container-hostname', 'there are no containers to choose from: name the model'],
];

/** Runs models for SageMaker's clients: refuses headers that would do nothing; `CustomAttributes` go back as they came. */
export function createInvokeModel(context: DialectContext, handlers: BodyHandlers): Invoker {
  const invoke = createInvoker(context, handlers, 'application/vnd.sagemaker-triton.binary+json');
  return async (call, model, request) => {
    checkHeaders(request.headers);
    return withAttributes(await invoke(call, model, request), request.headers);
  };
}

/** Throws where a header asks for what there is not. */
export function checkHeaders(headers: WireHeaders): void {
  for (const [name, reason] of REFUSED_HEADERS) {
    if (headers[name] !== undefined)
      throw new AwsError('invalid_argument', 'ValidationError', `header ${name}: ${reason}`);
  }
  const attributes = headers[ATTRIBUTES_HEADER];
  if (typeof attributes === 'string' && attributes.length > MAX_ATTRIBUTES_LENGTH) {
    const message = `header ${ATTRIBUTES_HEADER}: expected at most ${MAX_ATTRIBUTES_LENGTH} characters, got ${attributes.length}`;
    throw new AwsError('invalid_argument', 'ValidationError', message);
  }
}

function withAttributes<Answer extends WireResponse | WireStream>(answer: Answer, headers: WireHeaders): Answer {
  const attributes = headers[ATTRIBUTES_HEADER];
  if (typeof attributes !== 'string') return answer;
  return { ...answer, headers: { ...answer.headers, [ATTRIBUTES_HEADER]: attributes } };
}
