import type { Runtime } from '../contract.js';
import type { RuntimeContext } from '../runtime-context.js';
import { type Decode, MediaModel } from './model.js';
import { type MediaOptions, readMediaOptions } from './options.js';

/** Decoders of pictures and sounds that callers send as they are. */
export function createRuntime(context: RuntimeContext): Runtime {
  return {
    name: 'media',
    async load({ options }) {
      return new MediaModel(await createDecoder(readMediaOptions(options)), context);
    },
  };
}

async function createDecoder({ kind, maxPixels, maxDurationMs }: MediaOptions): Promise<Decode> {
  if (kind === 'image') {
    const { createImageDecoder } = await import('./image/decode.js');
    return { kind, decode: await createImageDecoder(maxPixels) };
  }
  const { createAudioDecoder } = await import('./audio/decode.js');
  return { kind, decode: await createAudioDecoder(maxDurationMs) };
}
