import pLimit from 'p-limit';
import { type MillraceClient, MillraceClientError, type ModelMetadata } from '../../client/index.js';
import { invalidArgument, MillraceError } from '../../core/index.js';
import { suggestingModels } from '../server-options.js';

/** Models that are asked about at a time. */
const AT_A_TIME = 8;

/** The model of that name, or the server's only one that chats. Throws where there is none, or the choice is not ours. */
export async function chooseModel(client: MillraceClient, name: string | undefined): Promise<string> {
  if (name === undefined) return onlyModel(client);
  try {
    const metadata = await suggestingModels(client, name, () => client.model(name).metadata());
    if (chats(metadata)) return name;
  } catch (error) {
    // A key that may only infer is enough for the answers.
    if (error instanceof MillraceClientError && error.code === 'permission_denied') return name;
    throw error;
  }
  const message = `model '${name}' takes no conversations: that takes a language model with a chat template`;
  throw new MillraceError('failed_precondition', message);
}

async function onlyModel(client: MillraceClient): Promise<string> {
  const index = await client.models({ readyOnly: true });
  const limit = pLimit(AT_A_TIME);
  // One that has been unloaded meanwhile is none to chat with.
  const find = (name: string) =>
    limit(() =>
      client
        .model(name)
        .metadata()
        .then(chats, () => false),
    );
  const names = [...new Set(index.map((entry) => entry.name))];
  const able = await Promise.all(names.map(find));
  const found = names.filter((_, position) => able[position]);
  const [only] = found;
  if (only === undefined) {
    const message = 'the server has no model that chats: it takes a language model with a chat template';
    throw new MillraceError('failed_precondition', message);
  }
  if (found.length > 1) throw invalidArgument(`several models chat here; name one of ${found.sort().join(', ')}`);
  return only;
}

function chats({ inputs }: ModelMetadata): boolean {
  return inputs.some((input) => input.name === 'chat_input');
}
