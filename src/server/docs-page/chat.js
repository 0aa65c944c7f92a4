/** Conversations with language models, and texts that they go on with. */

/** @import { ApiModel, Call, Message, Place } from './types.js' */

import { runCall } from './answer.js';
import { element } from './dom.js';
import { Labelled } from './fields.js';
import { runControls, Snippets } from './form.js';

const DEFAULT_TOKENS = 200;

/** How an answer is to be. @param {ApiModel} model */
function answerSettings({ tasks: { generate } }) {
  const number = (/** @type {string} */ label, /** @type {Partial<HTMLInputElement>} */ properties) =>
    new Labelled(label, element('input', { type: 'number', ...properties }));
  const maxTokens = number('Most tokens', { min: '1', step: '1', value: String(DEFAULT_TOKENS) });
  const placeholder = generate === undefined ? '' : `default: ${generate.temperature}`;
  const temperature = number('Temperature', { min: '0', max: '2', step: 'any', placeholder });
  return {
    node: element('div', { className: 'settings' }, [maxTokens.node, temperature.node]),
    read: () => ({
      maxTokens: Math.max(1, Math.round(Number(maxTokens.control.value)) || DEFAULT_TOKENS),
      temperature: temperature.control.value === '' ? undefined : Number(temperature.control.value),
    }),
  };
}

/** @param {HTMLFormElement} form @param {Labelled} text */
function submitByEnter(form, text) {
  text.control.addEventListener('keydown', (event) => {
    const { key, shiftKey, isComposing } = /** @type {KeyboardEvent} */ (event);
    if (key !== 'Enter' || shiftKey || isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
}

/** A conversation that goes on. @param {ApiModel} model @param {Place} place */
export function chatForm(model, place) {
  /** @type {Message[]} */
  let said = [];
  const log = element('div', { className: 'log', role: 'log', ariaLabel: 'Conversation' });
  const system = new Labelled('Instructions', element('textarea', { rows: 2 }), 'for the model, may be left empty');
  const text = new Labelled(
    'Message',
    element('textarea', { rows: 3, value: 'Hello! Who are you?' }),
    'Enter sends it, Shift + Enter is a new line',
  );
  const settings = answerSettings(model);
  const runner = runControls('Send');
  const again = element('button', { type: 'button', textContent: 'New conversation' });
  runner.node.append(again);
  const form = element('form', { className: 'try' }, [system.node, log, text.node, settings.node, runner.node]);
  const snippets = new Snippets(place);
  const read = () => {
    const instructions = system.control.value.trim();
    /** @type {Message[]} */
    const messages = [
      ...(instructions === '' ? [] : [/** @type {Message} */ ({ role: 'system', content: instructions })]),
      ...said,
      { role: 'user', content: text.control.value },
    ];
    return /** @type {Call} */ ({ kind: 'chat', model: model.name, messages, ...settings.read() });
  };
  // What is shown goes on to be what was said last.
  const update = () => snippets.show(text.control.value === '' ? undefined : read());
  const show = () => log.replaceChildren(...said.map(showMessage));
  again.addEventListener('click', () => {
    said = [];
    show();
    runner.output.replaceChildren();
    update();
  });
  form.addEventListener('input', update);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const content = text.control.value;
    text.refuse(content.trim() === '' ? 'Say something first.' : '');
    if (content.trim() === '' || runner.output.ariaBusy === 'true') return;
    const answer = await runner.run((where) => runCall(read(), model, where));
    if (answer === '') return;
    said = [...said, { role: 'user', content }, { role: 'assistant', content: answer }];
    show();
    runner.output.querySelector('.written')?.remove();
    text.control.value = '';
    text.control.focus();
    update();
  });
  submitByEnter(form, text);
  update();
  return [form, runner.output, snippets.node];
}

/** @param {Message} message */
function showMessage({ role, content }) {
  return element('div', { className: `message ${role}` }, [
    element('p', { className: 'who', textContent: role === 'user' ? 'You' : 'Model' }),
    element('p', { className: 'written', textContent: content }),
  ]);
}

/** A text that the model goes on with. @param {ApiModel} model @param {Place} place */
export function completionForm(model, place) {
  const text = new Labelled(
    'Text',
    element('textarea', { rows: 4, value: 'Once upon a time' }),
    'the model goes on with it',
  );
  const settings = answerSettings(model);
  const runner = runControls();
  const form = element('form', { className: 'try' }, [text.node, settings.node, runner.node]);
  const snippets = new Snippets(place);
  const read = () =>
    /** @type {Call} */ ({ kind: 'completion', model: model.name, prompt: text.control.value, ...settings.read() });
  form.addEventListener('input', () => snippets.show(read()));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void runner.run((where) => runCall(read(), model, where));
  });
  snippets.show(read());
  return [form, runner.output, snippets.node];
}
