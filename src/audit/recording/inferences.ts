import { createHash } from 'node:crypto';
import { type Events, formatModelRef, type InferRequest, type Tensor } from '../../core/index.js';
import { canonicalJson } from '../chain/canonical-json.js';
import { shorten } from './asker.js';

/** An inference as an entry in canonical JSON. Written out, as there are many: its members are in the order of their names. */
export function encodeInference(
  { call, target, request, ref, error, rows }: Events['inferFinished'],
  how: InferenceDetail,
): string {
  const { principal, from, requestId, trace } = call;
  const groups = principal.groups.length === 0 ? '' : `"groups":${canonicalJson(principal.groups)},`;
  const digest = how.withDigest && request !== undefined ? `"digest":"${digestOf(request)}",` : '';
  const model = ref === undefined ? '' : `"model":${quote(formatModelRef(ref))},`;
  const traced = trace === undefined ? '' : `"trace_id":"${trace.traceId}",`;
  return (
    `{"action":"model.infer",${digest}${groups}${model}"outcome":"${error?.code ?? 'ok'}","principal":${quote(principal.id)},` +
    `"remote_address":${quote(from.remoteAddress)},"request_id":${quote(requestId)},"resource":${quote(shorten(target.name))},` +
    `"rows":${rows},"time":"${how.time}",${traced}"transport":"${from.transport}","type":"inference"}`
  );
}

export interface InferenceDetail {
  readonly withDigest: boolean;
  /** ISO 8601. */
  readonly time: string;
}

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : canonicalJson(text);
}

/**
 * SHA-256 of the inputs in the order of their names: of each a line with its name, datatype and shape as canonical JSON, then its packed bytes.
 * What lies in shared memory is not read.
 */
export function digestOf({ inputs }: Pick<InferRequest, 'inputs'>): string {
  const hash = createHash('sha256');
  for (const { name, datatype, shape, data } of [...inputs].sort(byName)) {
    hash.update(`${canonicalJson({ name, datatype, shape })}\n`);
    hash.update(data);
  }
  return hash.digest('hex');
}

function byName(left: Tensor, right: Tensor): number {
  return left.name < right.name ? -1 : 1;
}
