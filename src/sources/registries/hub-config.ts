import path from 'node:path';
import { type Registry, registryAt, type Surroundings } from './registry.js';

const PUBLIC_HUB = 'https://huggingface.co';

/** The Hugging Face Hub, and the cache of its own client. */
export interface Hub extends Registry {
  /** Folder of `models--<owner>--<name>/blobs/<digest>`; it need not exist. */
  readonly cacheFolder: string;
}

/**
 * The hub that `huggingface_hub` would ask: `HF_ENDPOINT`, with the token in `HF_TOKEN`, else in the file `HF_TOKEN_PATH`, else in
 * `$HF_HOME/token`; none where `HF_HUB_DISABLE_IMPLICIT_TOKEN` is set. Its cache is `HF_HUB_CACHE`, else `$HF_HOME/hub`. Throws a
 * sentence where the endpoint is no URL.
 */
export async function hubOf(surroundings: Surroundings): Promise<Hub> {
  const { env } = surroundings;
  const home = homeOf(surroundings);
  const token = isSet(env.HF_HUB_DISABLE_IMPLICIT_TOKEN) ? undefined : await tokenOf(surroundings, home);
  const authorization = token === undefined ? undefined : `Bearer ${token}`;
  const registry = registryAt(env.HF_ENDPOINT || PUBLIC_HUB, authorization);
  return { ...registry, cacheFolder: env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || path.join(home, 'hub') };
}

function homeOf({ env, home }: Surroundings): string {
  return env.HF_HOME || path.join(env.XDG_CACHE_HOME || path.join(home, '.cache'), 'huggingface');
}

async function tokenOf({ env, readFile }: Surroundings, home: string): Promise<string | undefined> {
  const file = env.HF_TOKEN_PATH || path.join(home, 'token');
  const text = env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN || (await readFile(file));
  return text?.trim() || undefined;
}

/** As its own client reads switches. */
function isSet(text = ''): boolean {
  return ['1', 'on', 'yes', 'true'].includes(text.toLowerCase());
}
