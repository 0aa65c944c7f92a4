import type { LoadSpec } from '../../contract.js';
import type { Preparer } from '../../preparer.js';
import type { RuntimeContext } from '../../runtime-context.js';
import { NO_HEADER, readGgufHeader } from '../gguf-header.js';
import { contextOf } from '../gguf-metadata.js';
import { openLibrary } from '../library/open.js';
import { Weights } from '../library/weights.js';
import { readLlamaOptions } from '../options.js';
import { loadPoolingPreparer } from '../pooling/load.js';
import { poolingOf } from '../pooling/pooling.js';
import { findTemplates } from '../template/find-templates.js';
import { LlamaPreparer } from './preparer.js';

/** Loads the vocabulary and the template of a model, without its weights. */
export async function loadLlamaPreparer(spec: LoadSpec, runtime: RuntimeContext): Promise<Preparer> {
  const options = readLlamaOptions(spec.options);
  const library = await openLibrary(spec.libraryFolder);
  // llama.cpp reads it together with the weights only.
  const header = (await readGgufHeader(spec.path).catch(() => undefined)) ?? NO_HEADER;
  const pooling = poolingOf(header, options);
  if (pooling !== undefined) return loadPoolingPreparer({ library, spec, options, header, pooling }, runtime);
  const words = Weights.loadVocabulary(library, spec.path);
  try {
    const preparer = new LlamaPreparer({
      library: library.file,
      vocabulary: words.vocabulary,
      limits: { contextTokens: contextOf(header, options), longestPieceBytes: words.longestPieceBytes },
      templates: await findTemplates(spec.path, options, words),
      toolFormat: options.toolFormat,
      clock: runtime.clock,
      free: () => words.free(),
    });
    await preparer.start();
    return preparer;
  } catch (error) {
    words.free();
    throw error;
  }
}
