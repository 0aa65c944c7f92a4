import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Packages of very many files (250, 90 and 70) that a start would read, or with many dependencies of which hardly anything is used
 * (otlp-transformer), and what is imported from them: copied into dist, and so no dependencies (docs/decisions/0012, 0067).
 */
export const VENDORS = {
  '@sinclair/typebox': ['', '/value'],
  '@bufbuild/protobuf': ['', '/txtpb', '/wire', '/wkt'],
  '@opentelemetry/otlp-transformer': [''],
  yaml: [''],
};

const folderOf = (name) => `vendor/${path.basename(name)}`;
const entryOf = (name, subpath) => `${folderOf(name)}${subpath || '/index'}`;

/** The file in dist with the copy of an import; undefined = it is not copied. */
export function vendorFile(specifier) {
  const [, name = '', subpath = ''] = /^((?:@[^/]+\/)?[^/]+)(.*)$/.exec(specifier) ?? [];
  return VENDORS[name]?.includes(subpath) ? `${entryOf(name, subpath)}.js` : undefined;
}

/** A copied package: its folder in dist, `files` (imports by the entry that copies them), license text and manifest. */
export async function describeVendor(name) {
  const installed = path.join(path.dirname(import.meta.dirname), 'node_modules', name);
  const { version, license } = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8'));
  return {
    folder: folderOf(name),
    files: Object.fromEntries(VENDORS[name].map((subpath) => [entryOf(name, subpath), `${name}${subpath}`])),
    license: await readLicense(name, installed),
    manifest: { name, version, license, type: 'module' },
  };
}

/** The license file, or the comment at the head of the package's code. */
async function readLicense(name, installed) {
  const file = (await readdir(installed)).find((entry) => /^licen[cs]e/i.test(entry));
  if (file !== undefined) return readFile(path.join(installed, file), 'utf8');
  const [head] = /^(\/\/.*\n)+/.exec(await readFile(fileURLToPath(import.meta.resolve(name)), 'utf8')) ?? [];
  if (head === undefined) throw new Error(`${name} has no license file, and no license in its code`);
  return head;
}
