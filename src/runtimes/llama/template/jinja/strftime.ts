const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const DAY_MS = 86_400_000;

const pad = (number: number, digits = 2) => String(number).padStart(digits, '0');
const dayOfYear = (date: Date) =>
  Math.round(
    (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - Date.UTC(date.getFullYear(), 0, 1)) / DAY_MS,
  ) + 1;
/** Weeks begin with the day of this number. */
const weekOfYear = (date: Date, first: number) =>
  Math.floor((dayOfYear(date) + 6 - ((date.getDay() - first + 7) % 7)) / 7);
const hour12 = (date: Date) => date.getHours() % 12 || 12;

const PARTS: Readonly<Record<string, (date: Date) => string>> = {
  a: (date) => DAYS[date.getDay()]?.slice(0, 3) ?? '',
  A: (date) => DAYS[date.getDay()] ?? '',
  b: (date) => MONTHS[date.getMonth()]?.slice(0, 3) ?? '',
  B: (date) => MONTHS[date.getMonth()] ?? '',
  c: (date) => strftime(date, '%a %b %e %H:%M:%S %Y'),
  d: (date) => pad(date.getDate()),
  D: (date) => strftime(date, '%m/%d/%y'),
  e: (date) => String(date.getDate()).padStart(2),
  f: (date) => pad(date.getMilliseconds() * 1000, 6),
  F: (date) => strftime(date, '%Y-%m-%d'),
  h: (date) => MONTHS[date.getMonth()]?.slice(0, 3) ?? '',
  H: (date) => pad(date.getHours()),
  I: (date) => pad(hour12(date)),
  j: (date) => pad(dayOfYear(date), 3),
  m: (date) => pad(date.getMonth() + 1),
  M: (date) => pad(date.getMinutes()),
  n: () => '\n',
  p: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  R: (date) => strftime(date, '%H:%M'),
  S: (date) => pad(date.getSeconds()),
  t: () => '\t',
  T: (date) => strftime(date, '%H:%M:%S'),
  u: (date) => String(date.getDay() || 7),
  U: (date) => pad(weekOfYear(date, 0)),
  w: (date) => String(date.getDay()),
  W: (date) => pad(weekOfYear(date, 1)),
  x: (date) => strftime(date, '%m/%d/%y'),
  X: (date) => strftime(date, '%H:%M:%S'),
  y: (date) => pad(date.getFullYear() % 100),
  Y: (date) => String(date.getFullYear()),
  z: () => '',
  Z: () => '',
  '%': () => '%',
};

/** A time of this machine as Python's `strftime()` writes one without a zone, in English; `%-d` and the like are without zeros. */
export function strftime(date: Date, format: string): string {
  return format.replace(/%(-?)([a-zA-Z%])/g, (all, bare: string, part: string) => {
    const text = PARTS[part]?.(date);
    if (text === undefined) return all;
    return bare === '' ? text : text.replace(/^[0 ]+(?=\d)/, '');
  });
}
