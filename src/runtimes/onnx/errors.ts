import { invalidArgument, MillraceError } from '../../core/index.js';
import { memoryReason } from '../out-of-memory.js';
import { describeKind } from './file-kind.js';
import { onnxTypeName } from './types.js';

interface LoadFailure {
  readonly fileName: string;
  /** The first bytes of the file; fewer where it is short or cannot be read. */
  readonly beginning: Uint8Array;
  readonly providers: readonly string[];
  readonly ortVersion: string;
}

type Explanation = (match: RegExpExecArray, failure: LoadFailure) => MillraceError;

/** What ONNX Runtime says while it loads a file, and what that means to whoever has put the file there. */
const LOAD_EXPLANATIONS: readonly (readonly [RegExp, Explanation])[] = [
  [
    /Protobuf parsing failed|does not have a graph/,
    (_match, { fileName, beginning }) => {
      const kind = describeKind(beginning);
      return invalidArgument(
        kind === undefined
          ? `'${fileName}' is not a readable ONNX file: it is broken or incomplete`
          : `'${fileName}' is not an ONNX file: it is ${kind}`,
      );
    },
  ],
  [
    /File doesn't exist|ENOENT/,
    (_match, { fileName }) => invalidArgument(`the model file '${fileName}' does not exist`),
  ],
  [
    /initializer: (.+?)\. Error: [\s\S]*does not exist: "?([^"\n]*)"?/,
    (match, { fileName }) =>
      invalidArgument(
        `'${fileName}' keeps the data of '${match[1]}' in the file '${baseName(match[2] ?? '')}', which is missing: copy it beside '${fileName}'`,
      ),
  ],
  [
    /Opset (\d+) is under development[\s\S]*domain (\S+) is till opset (\d+)/,
    (match, { fileName, ortVersion }) =>
      invalidArgument(
        `'${fileName}' uses opset ${match[1]} of ${match[2]}; ONNX Runtime ${ortVersion} knows it up to ${match[3]}: export the model with opset ${match[3]} or lower`,
      ),
  ],
  [
    /Unsupported model IR version: (\d+), max supported IR version: (\d+)/,
    (match, { fileName, ortVersion }) =>
      invalidArgument(
        `'${fileName}' has IR version ${match[1]}; ONNX Runtime ${ortVersion} knows them up to ${match[2]}: set model.ir_version to ${match[2]} or lower in Python and save the model again`,
      ),
  ],
  [
    /Fatal error: ([^\s:]+):(\S+?)\(-?\d+\) is not a registered function|Node, \([^,]*, ([^,\s]+), "([^"]+)"[\s\S]*No opset import for domain/,
    (match, { fileName, ortVersion }) =>
      invalidArgument(
        `'${fileName}' uses the operator ${match[2] ?? match[3]} of the domain ${match[1] ?? match[4]}, which ONNX Runtime ${ortVersion} does not have: export the model with operators of ONNX alone`,
      ),
  ],
  [
    /Duplicate definition(?:-site)? (?:for|of)(?: name)? \(([^)]+)\)/,
    (match, { fileName }) =>
      invalidArgument(
        `'${fileName}' defines '${match[1]}' twice: give each input and each result of an operator its own name`,
      ),
  ],
  [
    /MLDataType for: tensor\((\w+)\) is not currently registered/,
    (match, { fileName }) => new MillraceError('unimplemented', heldByNobody(fileName, (match[1] ?? '').toUpperCase())),
  ],
  [
    /Could not find an implementation for (\w+)\((\d+)\)/,
    (match, { fileName, ortVersion }) =>
      new MillraceError(
        'unimplemented',
        `'${fileName}' uses ${match[1]} of opset ${match[2]} on a type of elements for which ONNX Runtime ${ortVersion} has no such operator: put a Cast to another type before it`,
      ),
  ],
  [
    /No Op registered for (\S+) with domain_version of (\d+)/,
    (match, { fileName, ortVersion }) =>
      invalidArgument(
        `'${fileName}' uses the operator ${match[1]} of opset ${match[2]}, which ONNX Runtime ${ortVersion} does not have: export the model with operators of ONNX alone`,
      ),
  ],
  [
    /Failed to construct locale with name:\s*([\w.-]+)/,
    (match, { fileName }) =>
      new MillraceError(
        'failed_precondition',
        `'${fileName}' changes the case of texts, for which the system needs the locale ${match[1]}: install it (Debian: package locales-all)`,
      ),
  ],
  [
    /Unsupported data type: (\d+)/,
    (match, { fileName }) => new MillraceError('unimplemented', heldByNobody(fileName, onnxTypeName(Number(match[1])))),
  ],
];

function heldByNobody(fileName: string, type: string): string {
  const remedy = type.startsWith('COMPLEX')
    ? 'export real and imaginary parts as tensors of their own'
    : 'put a Cast to FLOAT there before the export';
  return `'${fileName}' has an input or output of type ${type}, which onnxruntime-node cannot hold: ${remedy}`;
}

const PROVIDER_TROUBLE = /ExecutionProvider|providers_shared|webgpu|CoreML|DirectML/i;

/** The error for a file that ONNX Runtime refused; the original is its cause. */
export function explainLoadError(error: unknown, failure: LoadFailure): MillraceError {
  if (error instanceof MillraceError) return error;
  const text = messageOf(error);
  if (failure.providers.some((name) => name !== 'cpu') && PROVIDER_TROUBLE.test(text)) {
    const message = `onnx.executionProviders: ${failure.providers.join(', ')} cannot be started on this machine (is the driver there?); 'cpu' always can`;
    return new MillraceError('failed_precondition', message, { cause: error });
  }
  for (const [pattern, explain] of LOAD_EXPLANATIONS) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const { code, message } = explain(match, failure);
    return new MillraceError(code, message, { cause: error });
  }
  const why = cleanMessage(text);
  return invalidArgument(`ONNX Runtime refused '${failure.fileName}': ${why}`, {
    cause: error,
    reason: memoryReason(why),
  });
}

/** The error for a run that failed; the original is its cause. */
export function explainRunError(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const text = messageOf(error);
  const missing = /^input '(.+)' is missing in 'feeds'/.exec(text);
  if (missing !== null) return invalidArgument(`input '${missing[1]}' is missing`);
  const isInput = /invalid (dimensions|rank) for input|Unexpected input data type/i.test(text);
  const why = cleanMessage(text);
  if (isInput) return invalidArgument(why, { cause: error });
  return new MillraceError('internal', `the model failed: ${why}`, { cause: error, reason: memoryReason(why) });
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Without source locations, C++ signatures and paths of the machine. */
function cleanMessage(text: string): string {
  return text
    .replace(/^Load model from .+? failed:/, '')
    .replace(
      /\/onnxruntime_src\/\S+:\d+ (?:[^()\n]*?[\w>~]\([^\n]*?\)(?:::<lambda\([^)]*\)>)?(?: const)? (?=[\w"'[]))?/g,
      '',
    )
    .replace(/\b\w+\.(?:h|cc):\d+ /g, '')
    .replace(/(?:[A-Za-z]:)?[\\/](?:[^\s"'\\/:]+[\\/])+([^\s"'\\/:]+)/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}

function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
