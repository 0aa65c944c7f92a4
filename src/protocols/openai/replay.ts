import { isObject } from '../../core/index.js';
import type { StreamedEvent } from './background-streams.js';
import { responseEvent } from './response-object.js';

/** A stored response as the events of a stream, each text in one piece, up to the last event; `number`: of the first one. */
export function* replay(response: Readonly<Record<string, unknown>>, number: number): Generator<StreamedEvent> {
  const { output } = response;
  let next = number;
  const event = (type: string, data: object): StreamedEvent => {
    const at = next++;
    return { number: at, text: responseEvent(type, at, data) };
  };
  yield event('response.in_progress', { response: { ...response, status: 'in_progress', output: [], usage: null } });
  for (const [index, item] of (Array.isArray(output) ? output : []).entries()) {
    if (!isObject(item)) continue;
    const place = { item_id: item.id, output_index: index };
    const empty = { ...item, status: 'in_progress', ...('content' in item ? { content: [] } : { arguments: '' }) };
    yield event('response.output_item.added', { output_index: index, item: empty });
    if (item.type === 'function_call') {
      const { name, arguments: given } = item;
      yield event('response.function_call_arguments.delta', { ...place, delta: given });
      yield event('response.function_call_arguments.done', { ...place, name, arguments: given });
    }
    for (const [at, part] of (Array.isArray(item.content) ? item.content : []).entries()) {
      const inPart = { ...place, content_index: at };
      const { text, logprobs, type } = part as Readonly<Record<string, unknown>>;
      const probabilities = type === 'output_text' ? { logprobs: logprobs ?? [] } : {};
      yield event('response.content_part.added', { ...inPart, part: { ...part, text: '' } });
      yield event(`response.${type}.delta`, { ...inPart, delta: text, ...probabilities });
      yield event(`response.${type}.done`, { ...inPart, text, ...probabilities });
      yield event('response.content_part.done', { ...inPart, part });
    }
    yield event('response.output_item.done', { output_index: index, item });
  }
}
