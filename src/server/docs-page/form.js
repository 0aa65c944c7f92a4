/** The form of a model that takes tensors, photos or sounds; what is in it is also shown as code. */

/** @import { ApiModel, Call, CallInput, Place } from './types.js' */
/** @import { Field } from './fields.js' */

import { runCall } from './answer.js';
import { classesOf, exampleParameters, mediaInput, parseParameters, tensorsCall } from './call.js';
import { copyButton, element } from './dom.js';
import { DropZone, inputField, Labelled } from './fields.js';
import { snippetsOf } from './snippets.js';
import { tabList } from './tabs.js';
import { pretty } from './tensors.js';

/**
 * @param {ApiModel} model
 * @param {{ readonly media: boolean; readonly place: Place }} options `media`: it takes a file as it is.
 */
export function modelForm(model, { media, place }) {
  const parts = media ? eitherParts(model) : tensorParts(model);
  const snippets = new Snippets(place);
  const runner = runControls();
  const version = versionChoice(model);
  const form = element('form', { className: 'try', noValidate: true }, [
    ...parts.nodes,
    ...(version === undefined ? [] : [version.node]),
    runner.node,
  ]);
  const chosenVersion = () => version?.control.value || undefined;
  const update = () => snippets.show(parts.read(chosenVersion()));
  for (const name of ['input', 'change']) form.addEventListener(name, update);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!parts.check()) return;
    const call = parts.read(chosenVersion());
    if (call !== undefined) void runner.run((where) => runCall(call, model, where));
  });
  update();
  return [form, runner.output, snippets.node];
}

/** @typedef {{ readonly nodes: readonly HTMLElement[]; readonly read: (version: string | undefined) => Call | undefined; readonly check: () => boolean }} Parts */

/** A file as it is, or the numbers that it would become. @param {ApiModel} model @returns {Parts} */
function eitherParts(model) {
  const file = mediaParts(model);
  const tensors = tensorParts(model);
  const control = element('select', {}, [
    element('option', { value: 'file', textContent: 'A file' }),
    element('option', { value: 'tensors', textContent: 'Numbers' }),
  ]);
  const choice = new Labelled('Send', control);
  const groups = [file, tensors].map(({ nodes }) => element('div', { className: 'try' }, nodes));
  const chosen = () => (control.value === 'file' ? file : tensors);
  const show = () => {
    for (const [index, group] of groups.entries()) group.hidden = chosen() !== [file, tensors][index];
  };
  control.addEventListener('change', show);
  show();
  return {
    nodes: [choice.node, ...groups],
    read: (version) => chosen().read(version),
    check: () => chosen().check(),
  };
}

/** @param {ApiModel} model @returns {Parts} */
function mediaParts(model) {
  const input = mediaInput(model);
  if (input?.media === undefined) throw new Error(`${model.name} takes no media`);
  const { name, media } = input;
  const zone = new DropZone(name, media);
  return {
    nodes: [zone.node],
    read: (version) => ({
      kind: 'media',
      model: model.name,
      version,
      input: name,
      media,
      file: zone.file,
      classes: classesOf(model),
    }),
    check: () => zone.check(),
  };
}

/** @param {ApiModel} model @returns {Parts} */
function tensorParts(model) {
  const fields = model.inputs.map((input) => inputField(model, input));
  const canRank = !model.decoupled && Object.keys(classesOf(model)).length > 0;
  const rank = new Labelled(
    'Show the best classes instead of numbers',
    element('input', { type: 'checkbox', checked: true }),
  );
  const parameters = new Labelled(
    'Parameters',
    element('textarea', { rows: 3, spellcheck: false, className: 'code' }),
    'a JSON object',
  );
  const given = exampleParameters(model);
  const hasParameters = Object.keys(given).length > 0;
  if (hasParameters) parameters.control.value = pretty(given);
  const more = element('details', { open: hasParameters }, [
    element('summary', { textContent: 'Parameters' }),
    parameters.node,
  ]);
  rank.node.classList.add('check');
  const readParameters = () =>
    guarded(
      () => parseParameters(parameters.control.value),
      (text) => parameters.refuse(text),
    );
  return {
    nodes: [...fields.map(({ node }) => node), ...(canRank ? [rank.node] : []), more],
    read: (version) => {
      const inputs = readAll(fields);
      const read = readParameters();
      if (inputs === undefined || read === undefined) return undefined;
      const ranked = canRank && /** @type {HTMLInputElement} */ (rank.control).checked;
      return tensorsCall(model, { version, inputs, ranked, parameters: read });
    },
    check: () => {
      const wrong = fields.find(({ read, refuse }) => guarded(() => [read()], refuse) === undefined);
      wrong?.focus();
      if (wrong !== undefined || readParameters() !== undefined) return wrong === undefined;
      more.open = true;
      parameters.control.focus();
      return false;
    },
  };
}

/** Every input; undefined where one cannot be read, which its field says. @param {readonly Field[]} fields @returns {readonly CallInput[] | undefined} */
function readAll(fields) {
  const read = fields.map((field) => guarded(() => [field.read()], field.refuse));
  if (read.some((each) => each === undefined)) return undefined;
  return read.flatMap((each) => each ?? []).filter((input) => input !== undefined);
}

/**
 * What `read` gives, or undefined with the reason told.
 *
 * @template Value
 * @param {() => Value} read
 * @param {(message: string) => void} refuse
 * @returns {Value | undefined}
 */
function guarded(read, refuse) {
  try {
    const value = read();
    refuse('');
    return value;
  } catch (error) {
    refuse(/** @type {Error} */ (error).message);
    return undefined;
  }
}

/** Nothing to choose where there is one. @param {ApiModel} model */
function versionChoice({ versions }) {
  if (versions.length < 2) return undefined;
  const options = versions.map((version) => element('option', { value: version, textContent: version }));
  const control = element('select', {}, [
    element('option', { value: '', textContent: "the server's choice" }),
    ...options,
  ]);
  return new Labelled('Version', control);
}

/** A button that runs something, and one that stops it. */
export function runControls(label = 'Run') {
  const start = element('button', { type: 'submit', className: 'primary', textContent: label });
  const stop = element('button', { type: 'button', textContent: 'Stop', hidden: true });
  const output = element('div', { className: 'answer', role: 'status', ariaLabel: 'Answer' });
  let abort = new AbortController();
  stop.addEventListener('click', () => abort.abort());
  return {
    node: element('div', { className: 'buttons' }, [start, stop]),
    output,
    /** @param {(where: { readonly output: HTMLElement; readonly signal: AbortSignal }) => Promise<string>} work */
    async run(work) {
      abort = new AbortController();
      start.disabled = true;
      stop.hidden = false;
      output.ariaBusy = 'true';
      output.replaceChildren(element('p', { className: 'note', textContent: 'Running…' }));
      const result = await work({ output, signal: abort.signal });
      output.ariaBusy = 'false';
      start.disabled = false;
      stop.hidden = true;
      return result;
    },
  };
}

/** The same call in other languages; while it cannot be read, what it was before. */
export class Snippets {
  /** @type {Map<string, HTMLElement>} */
  #codes = new Map();
  #place;

  /** @param {Place} place */
  constructor(place) {
    this.#place = place;
    this.node = element('section', { className: 'snippets' });
  }

  /** @param {Call | undefined} call */
  show(call) {
    if (call === undefined) return;
    const snippets = snippetsOf(call, this.#place);
    if (this.#codes.size === 0) {
      const tabs = snippets.map(({ title }) => {
        const code = element('code');
        this.#codes.set(title, code);
        const box = element('pre', { tabIndex: 0, role: 'group', ariaLabel: `The call for ${title}` }, [code]);
        const copy = copyButton(() => code.textContent ?? '', `the call for ${title}`);
        return { title, panel: element('div', { className: 'snippet' }, [box, copy]) };
      });
      this.node.append(element('h3', { textContent: 'The same call' }), tabList('Language', tabs));
    }
    for (const { title, code } of snippets) this.#codes.get(title)?.replaceChildren(code);
  }
}
