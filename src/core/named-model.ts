import { type MentionRole, Message, quoted } from './message.js';
import { formatModelRef } from './model.js';

/** `model 'm'`, or `model 'm/1'` of a version. */
export function namedModel(model: string | { readonly name: string; readonly version: number }): Message {
  return typeof model === 'string'
    ? mention(model, `model ${quoted(model)}`, 'name')
    : mention(model.name, `model '${formatModelRef(model)}'`, 'name');
}

/** `version 1 of model 'm'`; without a version, {@link namedModel}. */
export function namedVersion(model: string, version: number | undefined): Message {
  const text = String(namedModel(model));
  return mention(model, version === undefined ? text : `version ${version} of ${text}`, 'name');
}

/** ` (model 'm')`, with the space: said of something else that is named already. */
export function modelAside(model: string): Message {
  return mention(model, ` (${namedModel(model)})`, 'aside');
}

/** `runner m/1#0`: that of one model alone. */
export function namedRunner(model: string, label: string): Message {
  return mention(model, `runner ${label}`, 'runner');
}

function mention(model: string, text: string, role: MentionRole): Message {
  return new Message([{ model, text, role }]);
}
