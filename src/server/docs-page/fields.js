/** Fields of a form, one for each input. */

/** @import { ApiInput, ApiModel, CallInput, ChosenFile } from './types.js' */

import { exampleOf, inputOfFile, inputOfText } from './call.js';
import { element } from './dom.js';
import { countOf, formatType } from './tensors.js';

/** @typedef {{ readonly node: HTMLElement; readonly read: () => CallInput | undefined; readonly refuse: (message: string) => void; readonly focus: () => void }} Field */

let made = 0;

/** A control with its label, a hint, and room for what is wrong with it. */
export class Labelled {
  /** @param {string} label @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} control @param {string} [hint] */
  constructor(label, control, hint = '') {
    const id = `field-${++made}`;
    this.control = control;
    control.id = id;
    this.problem = element('p', { className: 'bad', id: `${id}-problem`, hidden: true });
    const hints = hint === '' ? [] : [element('span', { className: 'hint', id: `${id}-hint`, textContent: hint })];
    control.setAttribute('aria-describedby', [...hints.map((each) => each.id), this.problem.id].join(' '));
    const name = element('label', { htmlFor: id, textContent: label });
    this.node = element('div', { className: 'field' }, [
      element('div', { className: 'name' }, [name, ...hints]),
      control,
      this.problem,
    ]);
  }

  /** '' = nothing is wrong. @param {string} message */
  refuse(message) {
    this.problem.hidden = message === '';
    this.problem.textContent = message;
    this.control.ariaInvalid = String(message !== '');
  }
}

/** The field of one input, with something in it that suits the model. @param {ApiModel} model @param {ApiInput} input @returns {Field} */
export function inputField(model, input) {
  const { shape, text } = exampleOf(model, input);
  if (text === undefined) return largeField(model, input, shape);
  const labelled = textField(input, { shape, text });
  return {
    node: labelled.node,
    read: () => inputOfText(input, typedIn(labelled.control)),
    refuse: (message) => labelled.refuse(message),
    focus: () => labelled.control.focus(),
  };
}

/** @param {HTMLElement} control */
function typedIn(control) {
  if (control instanceof HTMLInputElement && control.type === 'checkbox') return String(control.checked);
  return /** @type {HTMLInputElement | HTMLTextAreaElement} */ (control).value;
}

/** @param {ApiInput} input */
function hintOf({ datatype, shape, optional }) {
  return formatType(datatype, shape) + (optional === true ? ', may be left empty' : '');
}

/** @param {ApiInput} input @param {{ readonly shape: readonly number[]; readonly text: string }} example */
function textField(input, { shape, text }) {
  const one = countOf(shape) === 1;
  const hint = hintOf(input);
  if (one && input.datatype === 'BOOL' && input.optional !== true) {
    return new Labelled(input.name, element('input', { type: 'checkbox', checked: text === 'true' }), hint);
  }
  if (one && input.datatype !== 'BYTES') {
    const control = element('input', { type: 'text', value: text, inputMode: 'decimal', autocomplete: 'off' });
    return new Labelled(input.name, control, hint);
  }
  const rows = Math.min(12, Math.max(one ? 3 : 2, text.split('\n').length, Math.ceil(text.length / 80)));
  const control = element('textarea', { value: text, rows, spellcheck: false });
  if (!one || input.datatype !== 'BYTES') control.className = 'code';
  return new Labelled(input.name, control, hint);
}

/** More than anybody types: zeros, a file of raw numbers, or JSON after all. @param {ApiModel} model @param {ApiInput} input @param {readonly number[]} shape @returns {Field} */
function largeField(model, input, shape) {
  const count = countOf(shape).toLocaleString('en');
  const source = element('select', {}, [
    element('option', { value: 'zeros', textContent: `${count} zeros, to try out` }),
    element('option', { value: 'json', textContent: 'JSON' }),
    ...(model.decoupled ? [] : [element('option', { value: 'file', textContent: 'A file of raw little-endian data' })]),
  ]);
  const labelled = new Labelled(input.name, source, hintOf(input));
  const text = element('textarea', {
    rows: 6,
    spellcheck: false,
    className: 'code further',
    hidden: true,
    ariaLabel: `${input.name} in JSON`,
  });
  const file = element('input', {
    type: 'file',
    className: 'further',
    hidden: true,
    ariaLabel: `File for ${input.name}`,
  });
  source.after(text, file);
  const show = () => {
    text.hidden = source.value !== 'json';
    file.hidden = source.value !== 'file';
  };
  source.addEventListener('change', show);
  const { name, datatype } = input;
  return {
    node: labelled.node,
    read: () => {
      if (source.value === 'json') return inputOfText(input, text.value);
      if (source.value === 'zeros') return { name, datatype, shape, content: { kind: 'zeros' } };
      const [chosen] = file.files ?? [];
      if (chosen === undefined) throw new Error('needs a file');
      return inputOfFile(input, { name: chosen.name, size: chosen.size, blob: chosen });
    },
    refuse: (message) => labelled.refuse(message),
    focus: () => source.focus(),
  };
}

const MEDIA = {
  image: {
    what: 'photo',
    accept: 'image/jpeg,image/png,image/webp,image/gif',
    formats: 'JPEG, PNG, WebP or GIF',
    example: 'photo.jpg',
  },
  audio: {
    what: 'sound',
    accept: 'audio/*,.wav,.flac,.mp3,.ogg',
    formats: 'WAV, FLAC, MP3 or Ogg',
    example: 'sound.wav',
  },
};

/** A place for a photo or a sound: chosen, or dropped there. */
export class DropZone {
  /** @param {string} input @param {'image' | 'audio'} media */
  constructor(input, media) {
    const { what, accept, formats, example } = MEDIA[media];
    this.what = what;
    /** @type {ChosenFile} */
    this.file = { name: example, size: 0 };
    this.control = element('input', { type: 'file', accept });
    this.labelled = new Labelled(`${input}: a ${what}`, this.control, formats);
    this.preview = element('img', { className: 'preview', hidden: true, alt: '' });
    this.told = element('p', { className: 'note', textContent: `Choose a ${what}, or drop one here.` });
    this.control.after(this.told, this.preview);
    this.node = this.labelled.node;
    this.node.classList.add('drop');
    this.#listen();
  }

  #listen() {
    this.control.addEventListener('change', () => this.#choose(this.control.files?.[0]));
    for (const name of ['dragenter', 'dragover']) {
      this.node.addEventListener(name, (event) => {
        event.preventDefault();
        this.node.classList.add('over');
      });
    }
    this.node.addEventListener('dragleave', () => this.node.classList.remove('over'));
    this.node.addEventListener('drop', (event) => {
      event.preventDefault();
      this.node.classList.remove('over');
      const { files } = event.dataTransfer ?? {};
      if (files === undefined || files.length === 0) return;
      // So that the browser names it, too.
      /** @type {HTMLInputElement} */ (this.control).files = files;
      this.#choose(files[0]);
      this.node.dispatchEvent(new Event('change', { bubbles: true }));
    });
  }

  /** @param {File | undefined} file */
  #choose(file) {
    if (file === undefined) return;
    this.file = { name: file.name, size: file.size, blob: file };
    this.told.textContent = `${file.name}, ${file.size.toLocaleString('en')} bytes`;
    this.labelled.refuse('');
    this.preview.hidden = true;
    if (!file.type.startsWith('image/')) return;
    const reader = new FileReader();
    reader.addEventListener('load', () => {
      this.preview.src = String(reader.result);
      this.preview.alt = `Preview of ${file.name}`;
      this.preview.hidden = false;
    });
    reader.readAsDataURL(file);
  }

  /** Says so and returns false where nothing has been chosen. */
  check() {
    const there = this.file.blob !== undefined;
    this.labelled.refuse(there ? '' : `Choose a ${this.what} first.`);
    if (!there) this.control.focus();
    return there;
  }
}
