import { type CallContext, type InferRequest, ownValue } from '../../core/index.js';
import { parametersOfRequest } from '../../generation/index.js';
import { ANONYMOUS } from '../../governance/index.js';
import type { StickyKey } from '../../routing/index.js';

/** The key of a sticky route; undefined where the call has none, or the request is not decoded yet. */
export function routeKeyOf(
  sticky: StickyKey,
  call: CallContext,
  request: InferRequest | undefined,
): string | undefined {
  switch (sticky.by) {
    case 'header':
      return textOf(ownValue(call.metadata, sticky.name));
    case 'cookie':
      return cookieOf(textOf(call.metadata.cookie), sticky.name);
    case 'parameter':
      return request && scalarOf(ownValue(parametersOfRequest(request), sticky.name));
    case 'principal':
      // Anonymous callers: all of them together would get the same arm.
      return call.principal.name === ANONYMOUS.name ? undefined : call.principal.name;
    case 'trace':
      // The caller's own, where it goes on as a new one here.
      return call.trace?.link?.traceId ?? call.trace?.traceId;
    default:
      return sticky satisfies never;
  }
}

/** A header of which there are several is one with commas. */
export function textOf(value: string | readonly string[] | undefined): string | undefined {
  const text = typeof value === 'string' ? value : value?.join(', ');
  return text === '' ? undefined : text;
}

function cookieOf(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at >= 0 && pair.slice(0, at).trim() === name) return textOf(pair.slice(at + 1).trim());
  }
  return undefined;
}

function scalarOf(value: unknown): string | undefined {
  return typeof value === 'string' ? textOf(value) : typeof value === 'object' ? undefined : textOf(value?.toString());
}
