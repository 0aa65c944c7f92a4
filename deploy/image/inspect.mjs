/** What must not be in an image: checked of the folder that becomes one, and by the conformance suite of a built one. */
import { closeSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';
import { PROCESSORS } from './flavours.mjs';

const SECRET_NAMES =
  /^(?:\.npmrc|\.netrc|\.pypirc|\.env(?:\..*)?|\.git|\.docker|\.ssh|id_(?:rsa|dsa|ecdsa|ed25519)|.*\.(?:pem|key|p12|pfx|jks))$/;
const SECRET_TEXT = /-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[\w+/=]{32}|_authToken\s*=\s*\w/;
const SET_ID = 0o6000;
const WRITABLE_BY_ALL = 0o002;
/** Longer text files are code that contains such a marker at most. */
const TEXT_HEAD_BYTES = 65_536;

/** All files, folders and links below `root`, as paths that begin with a slash, with their lstat. */
export function walk(root, folder = '/') {
  return readdirSync(path.join(root, folder)).flatMap((name) => {
    const file = path.join(folder, name);
    const stats = lstatSync(path.join(root, file));
    return [{ file, stats }, ...(stats.isDirectory() ? walk(root, file) : [])];
  });
}

function headOf(file) {
  const head = Buffer.alloc(TEXT_HEAD_BYTES);
  const fd = openSync(file, 'r');
  try {
    return head.subarray(0, readSync(fd, head));
  } finally {
    closeSync(fd);
  }
}

/** Why a program or library does not run on Linux of this processor; '' = it does, or is none. */
function foreignBinary(head, { machine }) {
  if (head.length < 20) return '';
  const magic = head.readUInt32BE(0);
  if (magic === 0x7f454c46) return head.readUInt16LE(18) === machine ? '' : 'an ELF file for another processor';
  if (head.toString('latin1', 0, 2) === 'MZ') return 'a program for Windows';
  return [0xcffaedfe, 0xcefaedfe, 0xcafebabe].includes(magic) ? 'a program for macOS' : '';
}

/** Problems of one file, each a sentence without a subject. */
function problemsOf(root, { file, stats }, processor) {
  const problems = [];
  if ((stats.mode & SET_ID) !== 0) problems.push('is setuid or setgid');
  if (SECRET_NAMES.test(path.basename(file))) problems.push('has the name of a secret');
  if (stats.isFile()) {
    if ((stats.mode & WRITABLE_BY_ALL) !== 0) problems.push('is writable by all');
    const head = headOf(path.join(root, file));
    const foreign = foreignBinary(head, processor);
    if (foreign !== '') problems.push(`is ${foreign}`);
    if (!head.includes(0) && SECRET_TEXT.test(head.toString('latin1'))) problems.push('contains a secret');
  }
  return problems.map((problem) => `${file} ${problem}`);
}

/** Bytes of the files below `root`, and what must be corrected before it may be an image for `arch` (amd64, arm64). */
export function inspect(root, arch) {
  const entries = walk(root);
  const sizeBytes = entries.reduce((sum, { stats }) => sum + (stats.isFile() ? stats.size : 0), 0);
  return { sizeBytes, problems: entries.flatMap((entry) => problemsOf(root, entry, PROCESSORS[arch])) };
}
