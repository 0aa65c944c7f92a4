/** What an answer says, ready to be shown. No DOM. */

/** @import { ApiOutput } from './types.js' */

import { formatType } from './tensors.js';

/** Rows and columns of a table that are shown. */
const MAX_ROWS = 20;
const MAX_COLUMNS = 16;
const MAX_TEXTS = 50;

/** @typedef {{ readonly label: string; readonly score: number }} ClassScore */
/**
 * @typedef {{ readonly name: string; readonly type: string } & (
 *   | { readonly kind: 'classes'; readonly rows: readonly (readonly ClassScore[])[] }
 *   | { readonly kind: 'table'; readonly rows: readonly (readonly unknown[])[]; readonly more: string }
 *   | { readonly kind: 'texts'; readonly texts: readonly string[]; readonly more: string }
 * )} View
 */
/** @typedef {{ readonly name: string; readonly datatype: string; readonly shape: readonly number[]; readonly data?: readonly unknown[] }} AnsweredTensor */

/**
 * @param {readonly AnsweredTensor[]} outputs Of an infer response in JSON.
 * @param {readonly ApiOutput[]} known What the model says of its outputs.
 * @returns {readonly View[]}
 */
export function viewsOf(outputs, known) {
  return outputs.map((output) => {
    const { name, datatype, shape, data = [] } = output;
    const type = formatType(datatype, shape);
    const declared = known.find((each) => each.name === name);
    // Numbers that come as texts are classes: that is how the protocol ranks them.
    const isRanked = datatype === 'BYTES' && declared !== undefined && declared.datatype !== 'BYTES';
    if (isRanked) return { name, type, kind: 'classes', rows: classRows(shape, data.map(String)) };
    if (datatype === 'BYTES') {
      return {
        name,
        type,
        kind: 'texts',
        texts: data.slice(0, MAX_TEXTS).map(String),
        more: rest(data.length, MAX_TEXTS, 'texts'),
      };
    }
    return { name, type, kind: 'table', ...tableOf(shape, data) };
  });
}

/**
 * @param {readonly number[]} shape
 * @param {readonly string[]} elements
 * @returns {readonly (readonly ClassScore[])[]}
 */
function classRows(shape, elements) {
  const count = shape.at(-1) ?? elements.length;
  const rows = count === 0 ? 0 : Math.min(MAX_ROWS, Math.ceil(elements.length / count));
  return Array.from({ length: rows }, (_, row) => elements.slice(row * count, (row + 1) * count).map(classScore));
}

/** `score:index:label`. @param {string} text @returns {ClassScore} */
function classScore(text) {
  const [score = '', index = '', ...label] = text.split(':');
  return { score: Number(score), label: label.length === 0 ? `class ${index}` : label.join(':') };
}

/** The last axis across, all others down. @param {readonly number[]} shape @param {readonly unknown[]} data */
function tableOf(shape, data) {
  const width = shape.at(-1) ?? 1;
  const columns = Math.min(width, MAX_COLUMNS);
  const height = width === 0 ? 0 : Math.ceil(data.length / width);
  const rows = Array.from({ length: Math.min(height, MAX_ROWS) }, (_, row) =>
    data.slice(row * width, row * width + columns),
  );
  const more = [rest(height, MAX_ROWS, 'rows'), rest(width, MAX_COLUMNS, 'columns')].filter((each) => each !== '');
  return { rows, more: more.join(', ') };
}

/** @param {number} count @param {number} shown @param {string} what */
function rest(count, shown, what) {
  return count > shown ? `${(count - shown).toLocaleString('en')} more ${what}` : '';
}

/** A number as a table shows it. @param {unknown} value */
export function formatCell(value) {
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(6)));
}

/** How far a bar goes, of 1: scores that are no probabilities are put between the least and the greatest. @param {readonly ClassScore[]} row */
export function barsOf(row) {
  const scores = row.map(({ score }) => score);
  if (scores.every((score) => score >= 0 && score <= 1)) return scores;
  const least = Math.min(0, ...scores);
  const range = Math.max(...scores) - least;
  return scores.map((score) => (range === 0 || Number.isNaN(score) ? 0 : (score - least) / range));
}
