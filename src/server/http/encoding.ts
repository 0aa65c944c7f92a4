import type { Compression } from '../compression.js';
import { HttpError } from '../http-error.js';

/** What `Content-Encoding` says; undefined = nothing to undo. Throws 415 for what cannot be undone. */
export function requestCompression(header: string | undefined): Compression | undefined {
  if (header === undefined) return undefined;
  const name = header.trim().toLowerCase();
  if (name === 'gzip' || name === 'x-gzip') return 'gzip';
  if (name === 'deflate') return 'deflate';
  if (name === 'identity' || name === '') return undefined;
  throw new HttpError(415, `content-encoding '${header}' is not supported: expected gzip, deflate or identity`, {
    'accept-encoding': 'gzip, deflate',
  });
}

/**
 * The better of gzip and deflate by the weights of `Accept-Encoding` (gzip on a tie); undefined where the client names
 * neither or would rather have the plain body. `*` asks for nothing in particular, as in Triton.
 */
export function responseCompression(header: string | string[] | undefined): Compression | undefined {
  if (typeof header !== 'string') return undefined;
  const weights = new Map<string, number>();
  for (const item of header.split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    weights.set(name, weight === undefined ? 1 : Number(weight.slice(2)) || 0);
  }
  const gzip = weights.get('gzip') ?? 0;
  const deflate = weights.get('deflate') ?? 0;
  const best = Math.max(gzip, deflate);
  if (best <= 0 || best < (weights.get('identity') ?? 0)) return undefined;
  return gzip === best ? 'gzip' : 'deflate';
}
