import type { Call, Clock, InferTarget } from '../core/index.js';
import { readJobHeaders, storedHeaders } from './job-headers.js';
import type { JobUseCases, LaterOutcome, LaterRequest } from './types.js';

/**
 * Checks a request as far as its inference (rights, quotas, signature), and stores it with what its headers ask of its job. Rejects as
 * `answer` does, and as the submission.
 */
export async function submitRequest<Answer>(
  { submit, clock }: Pick<JobUseCases, 'submit'> & { readonly clock: Clock },
  call: Call,
  later: LaterRequest<Answer>,
): Promise<LaterOutcome<Answer>> {
  const { dialect, method, url, headers, answer } = later;
  const { priority = later.priority, ...wishes } = readJobHeaders(headers, clock.wallNow());
  // Decoders may move the body to another thread, and the memory of large ones is used again.
  const body = new Uint8Array(later.body);
  const outcome = await checked(call, answer);
  if ('answer' in outcome) return outcome;
  const request = { method, url, headers: storedHeaders(headers, call) };
  return { job: await submit(call, { ...wishes, priority, model: outcome.target.name, dialect, request, body }) };
}

/** Answers until the inference has been checked, or otherwise. */
async function checked<Answer>(
  call: Call,
  answer: () => Answer | Promise<Answer>,
): Promise<{ readonly target: InferTarget } | { readonly answer: Answer }> {
  const deferred = new Promise<{ readonly target: InferTarget }>((resolve) => {
    call.deferral = { checked: (target) => resolve({ target }) };
  });
  const answering = Promise.resolve(answer()).then((given) => ({ answer: given }));
  // Once it is deferred, how the route ends means nothing.
  answering.catch(() => undefined);
  // It stays on the call: a route may have more inferences than one, and none of them is to run.
  return Promise.race([deferred, answering]);
}
