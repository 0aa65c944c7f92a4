import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { say, showCommand } from './show.mjs';

const ENTRY = path.join(import.meta.dirname, '../../dist/cli/main.js');

/** Runs `millrace` for the server at `url`, as the reader would. */
export function createCli(url) {
  const flags = url === 'http://127.0.0.1:8000' ? [] : ['--url', url];
  const line = (...argv) => ['npx millrace', ...[...argv, ...flags].map(quote)].join(' ');
  return {
    line,
    /** Prints the line and what it answers. */
    async run(...argv) {
      showCommand(line(...argv));
      const child = spawn(process.execPath, [ENTRY, ...(await expand(argv)), '--url', url], { stdio: 'inherit' });
      const [code] = await once(child, 'exit');
      if (code !== 0) throw new Error(`the demo's own request failed: ${line(...argv)}`);
    },
    /** Prints the curl command for the same request. */
    async showCurl(...argv) {
      const { stdout } = await promisify(execFile)(process.execPath, [ENTRY, ...argv, '--url', url]);
      say('');
      showCommand(stdout.trimEnd());
    },
  };
}

function quote(word) {
  return /^[\w@%+=:,./*-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What the shell makes of `folder/*.jpg`. */
async function expand(argv) {
  const words = [];
  for (const word of argv) {
    if (!word.includes('*')) words.push(word);
    else {
      const { dir, ext } = path.parse(word);
      const names = (await readdir(dir)).filter((name) => name.endsWith(ext)).sort();
      words.push(...names.map((name) => path.join(dir, name)));
    }
  }
  return words;
}
