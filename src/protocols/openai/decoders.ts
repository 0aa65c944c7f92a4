/** What the decoding thread runs for texts; see {@link DecodeFunction}. */
import type { Prompt } from '../../core/index.js';
import { promptBytes } from '../../generation/index.js';
import type { Decoded } from '../shared/decoding/jobs.js';
import { readHead } from './body-head.js';
import { readText, type TextKind, type TextRequests } from './decode-text.js';
import { itemsPage } from './stored-response.js';
import { type FoundHead, type HeadJob, type PageJob, type Reply, replyOf, type TextJob } from './text-jobs.js';

export function head({ body, options }: HeadJob): Decoded<Reply<FoundHead>> {
  return { result: replyOf(() => ({ head: readHead(body, options), body })), tensors: [{ data: body }] };
}

export function text<Kind extends TextKind>({ kind, ...body }: TextJob<Kind>): Decoded<Reply<TextRequests[Kind]>> {
  const result = replyOf(() => readText(kind, body));
  const prompts = 'result' in result ? promptsOf(result.result) : [];
  return { result, tensors: prompts.map((prompt) => ({ data: promptBytes(prompt) })) };
}

function promptsOf(request: TextRequests[TextKind]): readonly Prompt[] {
  return 'prompts' in request ? request.prompts : [request.prompt];
}

export function items({ stored, page }: PageJob): Decoded<Reply<string>> {
  return { result: replyOf(() => itemsPage(stored, page)), tensors: [] };
}
