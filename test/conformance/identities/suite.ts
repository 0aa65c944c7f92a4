import { Tally } from '../harness/tally.js';
import { checkCertificates } from './certificates.js';
import { checkTokens } from './tokens.js';

/** Callers whom somebody else vouches for. */
export async function run(): Promise<number> {
  const tally = new Tally();
  await checkTokens(tally);
  await checkCertificates(tally);
  return tally.close();
}
