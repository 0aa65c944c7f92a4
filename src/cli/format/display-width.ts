import { stripVTControlCharacters } from 'node:util';

/** A column each: ASCII and Latin letters. */
const NARROW = /^[\x20-\x7e\xa1-\xac\xae-\u02ff]*$/;

/** Combining marks, emoji joined to the one before, and invisible characters. */
const NO_WIDTH = /\u200d\p{Extended_Pictographic}|[\p{Emoji_Modifier}\p{Cc}\p{Cf}\p{Mn}\p{Me}]/gu;

/** Wide East Asian characters and emoji. Each half of a flag is one column. */
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
