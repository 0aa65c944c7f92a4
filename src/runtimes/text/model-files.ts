import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { invalidArgument, messageOf } from '../../core/index.js';

/** Configurations are small; a list of classes is the most that they hold. */
const MAX_CONFIG_BYTES = 4_194_304;
/** The tokenizers of multilingual models have 17 to 33 MB. */
const MAX_TOKENIZER_BYTES = 134_217_728;
/** Weights in formats that run code when they are read, or that need the model's program. */
const OTHER_WEIGHTS = /\.(bin|pt|pth|ckpt|h5|safetensors|msgpack)$/;

/** A JSON file of a model: its members, of which nothing is known. */
export type ConfigFile = Readonly<Record<string, unknown>>;

const NO_MEMBERS: ConfigFile = Object.freeze({});

/** An object in a JSON file of the model; {} where there is no such file. Rejects with `invalid_argument` for what is no object. */
export async function readConfigFile(folder: string, name: string): Promise<ConfigFile> {
  const value = await readJson(folder, name);
  if (value === undefined) return NO_MEMBERS;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidArgument(`${name}: expected an object`);
  }
  return value as ConfigFile;
}

/** The same of a list; undefined where there is no such file. */
export async function readConfigList(folder: string, name: string): Promise<readonly ConfigFile[] | undefined> {
  const value = await readJson(folder, name);
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw invalidArgument(`${name}: expected a list`);
  return value.map((each) => (typeof each === 'object' && each !== null ? (each as ConfigFile) : NO_MEMBERS));
}

/** Whether a model has a file. */
export function hasFile(folder: string, name: string): Promise<boolean> {
  return isFile(path.join(folder, name));
}

/** The text of the tokenizer's file. Rejects with `invalid_argument` where it is too large. */
export function readTokenizerFile(folder: string): Promise<string> {
  return readText(folder, 'tokenizer.json', MAX_TOKENIZER_BYTES);
}

/** Path of the graph that the option names, or of the usual one. Rejects with `invalid_argument` that says which files there are. */
export async function findGraph(folder: string, onnxFile: string): Promise<string> {
  if (onnxFile !== '') {
    const file = path.resolve(folder, onnxFile);
    if (!file.startsWith(folder + path.sep)) {
      throw invalidArgument(`text.onnxFile: expected a file in the model's folder, got '${onnxFile}'`);
    }
    if (await isFile(file)) return file;
    throw invalidArgument(`text.onnxFile: there is no file '${onnxFile}' in the model's folder`);
  }
  for (const usual of ['onnx/model.onnx', 'model.onnx']) {
    const file = path.join(folder, usual);
    if (await isFile(file)) return file;
  }
  const top = await readdir(folder);
  const inner = await readdir(path.join(folder, 'onnx')).catch(() => []);
  const graphs = [...top, ...inner.map((name) => `onnx/${name}`)].filter((name) => name.endsWith('.onnx'));
  const [only, other] = graphs;
  if (only !== undefined && other === undefined) return path.join(folder, only);
  if (only !== undefined)
    throw invalidArgument(`the model has several graphs (${graphs.join(', ')}); set text.onnxFile`);
  const weights = top.find((name) => OTHER_WEIGHTS.test(name));
  const found = weights === undefined ? '' : `; ${weights} is not read`;
  throw invalidArgument(
    `the model has no ONNX graph: expected onnx/model.onnx or model.onnx beside tokenizer.json${found}: export it with optimum-cli export onnx`,
  );
}

async function readJson(folder: string, name: string): Promise<unknown> {
  const file = path.join(folder, name);
  if (!(await isFile(file))) return undefined;
  const text = await readText(folder, name, MAX_CONFIG_BYTES);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalidArgument(`${name} is no JSON: ${messageOf(cause)}`, { cause });
  }
}

async function readText(folder: string, name: string, maxBytes: number): Promise<string> {
  const file = path.join(folder, name);
  const { size } = await stat(file);
  if (size > maxBytes) throw invalidArgument(`${name} has ${size} bytes; expected at most ${maxBytes}`);
  return readFile(file, 'utf8');
}

async function isFile(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() === true;
}
