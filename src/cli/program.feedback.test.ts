import { expect, it } from 'vitest';
import { run } from '../../test/support/cli-fixture.js';

it.each([
  [['feedback', 'x', '--value', ' '], "error: --value: expected true, false, a number or a class, got ' '\n"],
  [['feedback', 'x', '--value', ''], "error: --value: expected true, false, a number or a class, got ''\n"],
  [['feedback', 'x'], "error: required option '--value <value>' not specified\nAdd --help to see how to use it.\n"],
])('millrace %j is refused before a server is asked', async (argv, message) => {
  const { code, err } = await run(argv);
  expect([code, err]).toEqual([2, message]);
});
