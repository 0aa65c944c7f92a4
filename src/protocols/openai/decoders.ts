/** What the decoding thread runs for texts; see {@link DecodeFunction}. */
import type { Prompt } from '../../core/index.js';
import { promptBytes } from '../../generation/index.js';
import type { Decoded } from '../shared/decoding/jobs.js';
import { type Reply, replyOf } from '../shared/decoding/reply.js';
import { type ReadText, readText, type TextKind, type TextRequests } from './decode-text.js';
import { itemsPage } from './stored-response.js';
import type { PageJob, TextJob } from './text-jobs.js';

export function text<Kind extends TextKind>({ kind, ...body }: TextJob<Kind>): Decoded<Reply<ReadText<Kind>>> {
  const result = replyOf(() => readText(kind, body));
  return { result, tensors: 'result' in result ? dataOf(result.result.request) : [] };
}

function dataOf(request: TextRequests[TextKind]): Decoded<unknown>['tensors'] {
  if ('inputs' in request) return request.inputs;
  const prompts: readonly Prompt[] = 'prompts' in request ? request.prompts : [request.prompt];
  return prompts.map((prompt) => ({ data: promptBytes(prompt) }));
}

export function items({ stored, page }: PageJob): Decoded<Reply<string>> {
  return { result: replyOf(() => itemsPage(stored, page)), tensors: [] };
}
