import type { PartialSettings } from '../../src/config/index.js';
import { type AppServer, jsonOf, startAppServer } from './app-server.js';
import type { FolderContents } from './model-folder.js';

/** A model that gives back what it gets. */
export const echoModel = (more = '', shape = '[1]'): string => `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: ${shape} }]
outputs: [{ name: x, datatype: INT32, shape: ${shape} }]
instances: { placement: inline }
${more}
`;

/** Versions 3 and 4 of `fraud`, without labels, and another model. */
export const CONTROL_MODELS: FolderContents = {
  'fraud/model.yaml': echoModel('versions: all'),
  'fraud/3/': '',
  'fraud/4/': '',
  'other/model.yaml': echoModel('', '[2]'),
  'other/1/': '',
};

export interface ControlAnswer {
  readonly status: number;
  // What a test expects of it is for the test to say.
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  readonly body: any;
  readonly etag: string | undefined;
}

/** Asks the server's own API: `PUT routes/live`, below `/millrace/v1/`. */
export async function control(
  { send }: Pick<AppServer, 'send'>,
  line: string,
  { body, headers = {} }: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<ControlAnswer> {
  const [method, path] = line.split(' ');
  const text = body === undefined ? '' : JSON.stringify(body);
  const answer = await send(`${method} /millrace/v1/${path}`, text, headers);
  return { ...jsonOf(answer), etag: answer.headers.etag };
}

/** What an error says, as `409 failed_precondition: …`. */
export function errorOf({ status, body }: ControlAnswer): string {
  return `${status} ${body.error?.code}: ${body.error?.message}`;
}

/** The version that answers for a name, or the status. */
export async function answererOf({ infer }: Pick<AppServer, 'infer'>, name: string): Promise<string> {
  const { status, body } = await infer(name, { inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] });
  return status === 200 ? body.model_version : `${status} ${body.error}`;
}

/** A server that anybody may change, with {@link CONTROL_MODELS} or others. */
export function startControlServer(
  settings: PartialSettings = {},
  models: FolderContents = CONTROL_MODELS,
): Promise<AppServer> {
  const repository = { controlMode: 'explicit', loadModels: ['*'], ...settings.repository } as const;
  return startAppServer(models, { ...settings, repository });
}
