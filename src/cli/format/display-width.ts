import { stripVTControlCharacters } from 'node:util';

/** A column each: ASCII and Latin letters. */
const NARROW = /^[\x20-\x7e\xa1-\xac\xae-\u02ff]*$/;

/** Marks on the character before them, what is joined to it, and what has no picture. */
const NO_WIDTH = /\u200d\p{Extended_Pictographic}|[\p{Emoji_Modifier}\p{Cc}\p{Cf}\p{Mn}\p{Me}]/gu;

/** East Asian characters but for their narrow forms, and pictures; each half of a flag counts as one column. */
const WIDE =
  /(?![\uff61-\uffdc\u{1f1e6}-\u{1f1ff}])[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/gu;

const ASTRAL = /[\u{10000}-\u{10ffff}]/gu;

/** Columns that a line takes on a terminal: none for colours and combining marks, two for wide characters. */
export function displayWidth(line: string): number {
  if (NARROW.test(line)) return line.length;
  const shown = stripVTControlCharacters(line).replace(NO_WIDTH, '');
  return shown.length - count(shown, ASTRAL) + count(shown, WIDE);
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
