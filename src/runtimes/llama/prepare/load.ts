import type { LoadSpec, Preparer } from '../../contract.js';
import type { RuntimeContext } from '../../runtime-context.js';
import { contextOf } from '../estimate-memory.js';
import { readGgufHeader } from '../gguf-header.js';
import { openLibrary } from '../library/open.js';
import { Weights } from '../library/weights.js';
import { readLlamaOptions } from '../options.js';
import { LlamaPreparer } from './preparer.js';

/** Loads the vocabulary and the template of a language model, without its weights. */
export async function loadLlamaPreparer(spec: LoadSpec, { clock }: RuntimeContext): Promise<Preparer> {
  const options = readLlamaOptions(spec.options);
  const library = await openLibrary(spec.libraryFolder);
  const words = Weights.loadVocabulary(library, spec.path);
  try {
    // llama.cpp reads it together with the weights only.
    const contextTokens = contextOf((await readGgufHeader(spec.path)) ?? new Map(), options);
    const preparer = new LlamaPreparer({
      library: library.file,
      vocabulary: words.vocabulary,
      limits: { contextTokens, longestPieceBytes: words.longestPieceBytes },
      template: options.chatTemplate || words.chatTemplate,
      clock,
      free: () => words.free(),
    });
    await preparer.start();
    return preparer;
  } catch (error) {
    words.free();
    throw error;
  }
}
