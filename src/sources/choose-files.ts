import path from 'node:path';
import { invalidArgument, MillraceError } from '../core/index.js';
import { didYouMean } from '../text/index.js';
import type { SourceFile } from './archive/entry-guard.js';

/** Which files are models; what runs in a server's own language is none of them, as nothing from elsewhere is to run. */
export interface ModelFileNames {
  isModel(fileName: string): boolean;
  /** `model.onnx, one *.onnx, …` */
  readonly expected: string;
  /** The section of `model.yaml` with the sampling defaults of such a model; undefined = it has none. */
  samplingSection(fileName: string): string | undefined;
}

export interface Choice<File extends SourceFile = SourceFile> {
  readonly files: readonly File[];
  /** Names a file or folder among them, with or without the folder that all of them lie in; undefined = any. */
  readonly wanted: string | undefined;
  /** How messages call what they lie in. */
  readonly name: string;
  readonly names: ModelFileNames;
  /** The source that would name one of them. */
  readonly sourceOf: (inside: string) => string;
}

/** A file of the model, and its name in the version folder. */
export type ChosenFile<File extends SourceFile = SourceFile> = File & { readonly target: string };

const MAX_LISTED = 5;

/**
 * The one model file, with the files beside it that belong to it by name (`x.onnx.data`). Alone it is called `model` with its
 * ending; with others all keep their names, which a graph may refer to. Throws `not_found` or `invalid_argument`.
 */
export function chooseFiles<File extends SourceFile>(
  choice: Choice<File>,
): readonly [model: ChosenFile<File>, ...others: ChosenFile<File>[]] {
  const models = choice.files.filter((file) => choice.names.isModel(path.posix.basename(file.path)));
  const found = choice.wanted === undefined ? models : models.filter((file) => isIn(file.path, choice.wanted ?? ''));
  const [model, other] = found;
  if (model === undefined) throw nothingFound(choice, models);
  if (other !== undefined) throw severalFound(choice, found);
  const companions = choice.files.filter((file) => belongsTo(file.path, model.path));
  if (companions.length > 0) {
    const named = (file: File): ChosenFile<File> => ({ ...file, target: path.posix.basename(file.path) });
    return [named(model), ...companions.map(named)];
  }
  return [{ ...model, target: `model${path.posix.extname(model.path)}` }];
}

/** `wanted` is the file, or a folder above it; what archives put all their files into (`package/`) may be left out. */
function isIn(file: string, wanted: string): boolean {
  const [, ...below] = file.split('/');
  return [file, below.join('/')].some((name) => name === wanted || name.startsWith(`${wanted}/`));
}

function belongsTo(file: string, model: string): boolean {
  return file.startsWith(model) && /^[._][^/]+$/.test(file.slice(model.length));
}

function nothingFound({ name, wanted, files, names }: Choice, models: readonly SourceFile[]): MillraceError {
  if (wanted === undefined || models.length === 0) {
    const message = `${name} holds no model file; expected ${names.expected}, found ${list(files.map((file) => file.path))}`;
    return new MillraceError('not_found', message);
  }
  const known = models.map((file) => file.path);
  const hint = didYouMean(wanted, known, "'") || `; it holds ${list(known)}`;
  return new MillraceError('not_found', `${name} holds no model file '${wanted}'${hint}`);
}

function severalFound({ name, sourceOf }: Choice, found: readonly SourceFile[]): MillraceError {
  const sources = list(found.map((file) => sourceOf(file.path)));
  return invalidArgument(`${name} holds ${found.length} model files; name one of them: ${sources}`);
}

function list(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  const shown = names.slice(0, MAX_LISTED).join(', ');
  return names.length > MAX_LISTED ? `${shown} and ${names.length - MAX_LISTED} more` : shown;
}
