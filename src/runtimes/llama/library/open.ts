import koffi, { type LibraryHandle } from 'koffi';
import { MillraceError } from '../../../core/index.js';
import { type LlamaFunctions, type Params, type Pointer, PROTOTYPES } from './functions.js';
import { findMismatch, LAYOUTS, SPARE_BYTES, type StructKind } from './layouts.js';
import { type LibraryFiles, locateLibraries } from './locate.js';
import { openThreadPools, type ThreadPools } from './thread-pools.js';
import { openThreadTime } from './thread-time.js';
import type { VocabularyFunctions } from './vocabulary.js';

/** llama.cpp, ready to use in this process. */
export interface Library extends LlamaFunctions {
  /** As it calls itself, e.g. `0.4.0`. */
  readonly version: string;
  /** Path of libllama, by which threads bind functions of it (see {@link bindVocabulary}). */
  readonly file: string;
  readonly modelDefaults: Params;
  readonly contextDefaults: Params;
  /** undefined = the library has none that are known. */
  readonly threadPools: ThreadPools | undefined;
  /** A list of no devices: as a parameter of models, it keeps llama.cpp from opening all that there are. */
  readonly noDevices: Pointer;
  /** A function of C that takes a pointer to a text and returns whether it is empty as 0: whether an evaluation is to be aborted. */
  readonly isNonEmpty: Pointer;
  /** See {@link openThreadTime}. */
  threadMs(): number;
}

let opened: Promise<Library> | undefined;

/**
 * The libraries in the folder that the server's settings name, or of the npm package (undefined), loaded once in a process. Rejects
 * with `failed_precondition` where there are none, or they are of a version whose structs are not known.
 */
export function openLibrary(folder: string | undefined): Promise<Library> {
  opened ??= locateLibraries(folder).then(load);
  return opened;
}

function load({ folder, llama, ggml }: LibraryFiles): Library {
  // The other way round, its libraries would not find ggml's where no path of libraries leads there.
  const base = koffi.load(ggml);
  const lib = koffi.load(llama);
  const libc = koffi.load(process.platform === 'win32' ? 'msvcrt.dll' : null);
  const version = readVersion(lib);
  koffi.struct('llama_chain_params', { no_perf: 'bool' });
  koffi.struct('llama_batch', {
    n_tokens: 'int32',
    token: 'void *',
    embd: 'void *',
    pos: 'void *',
    n_seq_id: 'void *',
    seq_id: 'void *',
    logits: 'void *',
  });
  const model = chooseLayout(lib, 'model', version);
  const context = chooseLayout(lib, 'context', version);
  const functions = Object.fromEntries(
    Object.entries(PROTOTYPES).map(([name, prototype]) => [
      name,
      lib.func(prototype.replace('$model', model.name).replace('$context', context.name)),
    ]),
    // Each prototype has its signature beside it.
  ) as unknown as LlamaFunctions;
  // A function that ignores what it gets: messages would come on threads that JavaScript must not run on.
  functions.llama_log_set(libc.symbol('abs'), null);
  base.func('void ggml_backend_load_all_from_path(str folder)')(folder);
  functions.llama_backend_init();
  return {
    ...functions,
    version,
    file: llama,
    modelDefaults: model.defaults,
    contextDefaults: context.defaults,
    threadPools: openThreadPools(base),
    noDevices: emptyList(),
    isNonEmpty: libc.symbol('strlen'),
    threadMs: openThreadTime(),
  };
}

/** Of pointers, ended by a null pointer. */
function emptyList(): Pointer {
  const list = koffi.alloc('void *', 1);
  koffi.encode(list, 'void *', null);
  return list;
}

const VOCABULARY_FUNCTIONS = [
  'llama_vocab_n_tokens',
  'llama_vocab_bos',
  'llama_vocab_eos',
  'llama_vocab_sep',
  'llama_vocab_get_add_bos',
  'llama_vocab_get_add_eos',
  'llama_vocab_get_add_sep',
  'llama_vocab_is_control',
  'llama_vocab_fim_pre',
  'llama_vocab_fim_suf',
  'llama_vocab_fim_mid',
  'llama_tokenize',
  'llama_detokenize',
  'llama_token_to_piece',
] as const;

/** What a thread needs to read a vocabulary, of the library that its process has opened. */
export function bindVocabulary(file: string): VocabularyFunctions {
  const lib = koffi.load(file);
  const functions = VOCABULARY_FUNCTIONS.map((name) => [name, lib.func(PROTOTYPES[name])]);
  // Each prototype has its signature beside it.
  return Object.fromEntries(functions) as VocabularyFunctions;
}

function readVersion(lib: LibraryHandle): string {
  try {
    return lib.func('str llama_version()')();
  } catch {
    return 'of an unknown version';
  }
}

let structs = 0;

/** Declares the struct in the layout that this library has. */
function chooseLayout(lib: LibraryHandle, kind: StructKind, version: string): { name: string; defaults: Params } {
  const mismatches: string[] = [];
  for (const layout of LAYOUTS[kind]) {
    const name = `llama_${kind}_params_${structs++}`;
    const struct = koffi.struct(name, { ...layout.fields, spare: koffi.array('uint8', SPARE_BYTES, 'Typed') });
    const defaults: Params = lib.func(`llama_${kind}_default_params`, struct, [])();
    const mismatch = findMismatch(layout, defaults);
    if (mismatch === undefined) return { name, defaults };
    mismatches.push(mismatch);
  }
  throw new MillraceError(
    'failed_precondition',
    `libllama ${version}: its llama_${kind}_params has a layout that millrace does not know (${mismatches.join('; ')})`,
  );
}
